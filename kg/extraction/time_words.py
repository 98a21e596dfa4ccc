"""What the words around a time of day say about it: a trigger's, an exposure's, a peak's. Patterns only."""

from __future__ import annotations

import re

import msgspec

from kg.openings import compiled


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern beside the time and how much it speaks for (or against) a trigger time; `says` is for people."""

    says: str
    pattern: re.Pattern[str]
    weight: float


def _sign(says: str, weight: float, pattern: str) -> Sign:
    return Sign(says=says, weight=weight, pattern=compiled(pattern, re.I))


_T0 = r"(?<![\w-])(?-i:T)_?\{?(?:0|trig\w*|(?-i:[oO])(?= ?[=~:]))\}?"
#: Patterns that end where the time begins.
BEFORE = (
    _sign(
        "T0 =",
        3.0,
        rf"{_T0}(?: ?\([\w/ -]+\))?,? ?(?:is|was|of|at|UTC?|choose\W|[=:~(,]| )+(?:{_T0}(?: ?\([\w/-]+\))? ?=+ ?)?"
        r"(?:(?:about )?[\d.]+ ?s?(?:ec)? ?(?:UTC?|SOD)? ?[(=]? ?)?(?:about |~)?$",
    ),
    _sign(
        "triggered at",
        2.0,
        r"(?<!no )(?<!after )(?<!after the )(?<!to )\btriggered\b(?! by noise)[^;\n]{0,110}?\b(?:at|on)\b "
        r"?(?:about |around |approximately |~|UTC? )*$",
    ),
    _sign(
        "trigger number beside it",
        3.0,
        r"\btrig(?:ger)?s? ?(?:No\.? ?|ID:? ?|number |[#=:]+ ?)?[\dH][\d.]{3,17}(?: ?/ ?\d+)?"
        r"(?:(?:,| and|, and) ?\d[\d./]{5,25}){0,4}[\"']?\)?,? "
        r"?(?:[(,]|at |on )+(?:about |~)?$",
    ),
    _sign(
        "its number in a list of triggers",
        3.0,
        r"\btriggers? [\dH][\d./]{5,25} (?:at|on) [\d:. -]{5,24}(?:UTC?)?(?: on [\w ,-]{6,22}?)?,?"
        r"(?: and|,) ?(?:and )?\d[\d./]{5,25} (?:at|on) $",
    ),
    _sign(
        "the burst began",
        3.0,
        r"\b(?:GRB|burst|event|outburst)(?: ?\d{6}\w?)? (?:itself )?(?:started|began|begins|starts|"
        r"commenced) (?:at|on) (?:about |~)?$",
    ),
    _sign(
        "trigger time",
        2.5,
        r"\btrigger(?:ing)? (?:date|time|epoch)?s?(?:/time)? ?(?:\([A-Za-z0-9_/ ]{1,20}\)|of (?:the "
        r")?[\w/-]+(?: trigger)?)? ?(?:is|was|of|at|on|UTC?|[:=~(,]| )*(?:T_?0 ?=? ?)?$",
    ),
    _sign(
        "the trigger in brackets",
        2.0,
        r"\btrigger,? ?(?:\((?:at |on |T_?0:? ?=? ?|UTC? |i\.?e\.?,? )*|on (?:UTC? )?|, (?:at )?)$",
    ),
    _sign("time of the trigger", 2.5, r"\btime of (?:the )?(?:[\w/-]+ ){0,3}(?:trigger|burst|event|merger|GRB|"
        r"detection)\b[^\d;.\n]{0,18}$"),
    _sign("time of the burst", 2.0, r"\b(?:event|burst|GRB|merger|explosion|Earth[- ]crossing|onset|arrival) "
        r"times?\b[^\d;.\n]{0,22}$"),
    _sign("detector data at", 3.0, r"(?:\((?:H1|L1|V1|K1)\)|LIGO|Virgo|KAGRA)[^;\n]{0,60}? at ?$"),
    _sign(
        "detected at",
        1.2,
        r"\b(?:GRB|burst|event|neutrino|candidate|transient|flare|outburst|signal|trigger|IceCube-?\d+\w?|"
        r"S\d{6}\w+|EP\d{6}\w|source)\b"
        r"(?! (?:counterpart|afterglow))[^;\n]{0,90}?\b(?:detected|observed|localized|occurred|discovered|found|"
        r"seen|identified|recorded|registered|happened|started|began|triggered)\b"
        r"(?: with [^;\n]{1,40}?| by [^;\n]{1,60}?| in(?:-flight)? [^;\n]{1,40}?)?,? (?:at|on) ?(?:about |"
        r"around |~|approximately |UTC? )*$",
    ),
    _sign("bright burst at", 1.2, r"\b(?:GRB|burst)\b(?: ?\d{6}\w?)?,? ?(?:\((?:at |on )?|at about |at ~?|, at |"
        r"on )$"),
    _sign("detection of an instrument", 2.0, r"(?:\bdetection(?: trigger)?(?: time)?(?: at)?|\btrig\. ?time|"
        r"\bNotice at)[:,]? ?(?:at )?~?$"),
    _sign("so far, at about", 1.5, r"so far,? at (?:about )?[\d.]+ ?s UT \($"),
    _sign("seconds of the day in front", 1.5, r"\)?,? at (?:about |~)?[\d.]{4,} ?s UTC? \($"),
    _sign("onset of the burst", 1.5, r"\b(?:burst|GRB|event|emission)(?:'s)? onset (?:is|was)? ?(?:determined |found |"
        r"measured |estimated )?(?:to be |at |to have occurred at )+(?:about |~)?$"),
    _sign("GRB detected by an instrument at", 1.2, r"\bdetected (?:the |a |an )?(?:[\w-]+ ){0,4}(?:GRB|burst|"
        r"transient|event|flash)\b[^;.\n]{0,50}? (?:at|on) (?:about |~|T_?0 ?= ?)*$"),
)  # fmt: skip
#: Patterns that begin where the time ends.
AFTER = (
    _sign("= T0", 3.0, rf"^ ?(?:s|UTC?)? ?\)?[(\[,=]{{1,2}} ?(?:hereafter|defined as|i\.?e\.?|denoted|our|"
        rf"the)?[ ,=:]{{0,3}}(?:as )?{_T0}(?! ?[+-])"),
    _sign("GPS time beside it", 2.5, r"^ ?\(GPS"),
    _sign(
        "then an instrument triggered",
        2.0,
        r"^ ?(?:\([^()]{0,40}\))?,? ?(?:the |an? )?"
        r"(?:(?!\b(?:after|before|since|began|started|observ\w+|afterglow|we)\b)[^;\n.]){0,150}?"
        r"(?<!after )\btriggered\b",
    ),
    _sign(
        "then an instrument detected a burst",
        1.8,
        r"^ ?(?:\([^()]{0,40}\))?,? ?(?:the |an? )?(?:(?!\b(?:after|before|since|began|started|afterglow|we|"
        r"optical|telescope)\b)[^;\n.]){2,110}?\b(?:detected|localized|observed|recorded|discovered|located)\b "
        r"(?:and \w+ )?"
        r"(?:an? |the |another )?(?:[\w-]+ ){0,5}?(?:GRB|XRF|event|burst|track|cascade|neutrino|transient|X-ray|"
        r"outburst|source)",
    ),
    _sign("seconds of the day beside it", 1.5, r"^ ?[(=] ?\d{2,5}(?:\.\d+)? ?(?:s\b|sec|SOD)"),
    _sign("trigger beside it", 1.5, r"^ ?,? ?\(?(?:(?:Swift|Fermi|BAT|GBM|Konus|the)[/ -]?)*trigger (?:time|"
        r"number|\d)"),
)  # fmt: skip
#: The same, against it.
NOT_BEFORE = (
    _sign(
        "an observation's time",
        -2.5,
        r"\b(?:start\w*|began|begin\w*|obtained|observations?|observing|exposures?|images?|imaged|taken|"
        r"acquired|mid-?(?:time|point|exposure)?|"
        r"centered|between|from|until|to(?! be\b)|pointed|slew\w*|spectr\w+|follow-?up|peak\w*|errorbox|window|"
        r"interval|epoch|ended|scan\w*|transit|"
        r"notice|sky-?map|updated|circular|received|distributed|search\w*|photometry|afterglow|telescope|"
        r"counterpart|next|previous|end\w*|rise|"
        r"visibility|optical|magnitude|upper limit|available|bright\w+)\b[^.;:\n]{0,45}$",
    ),
    _sign("after the trigger", -2.0, r"\b(?:after|since|post|from|before|prior to|"
        r"following)\b[^.;\n]{0,40}\btrigger(?: time)?\)?,? at ?$"),
    _sign("T0 plus something", -2.0, rf"{_T0} ?[+-] ?[\d.]+[^;\n]{{0,20}}$"),
    _sign("a coordinate", -4.0, r"\b(?:RA|R\.? ?A\.?|Dec\w*|alpha|"
        r"J2000(?:\.0)?)\W{0,6}(?:\(?J?2000(?:\.0)?\)?\W{0,4})?$"),
)  # fmt: skip
NOT_AFTER = (
    _sign("the beginning of a span", -3.0, r"^ ?(?:UTC?)? ?(?:-{1,2}|to|until|through|till) ?(?:\d{4}-|"
        r"\d{1,2}[:h-]|T_?0)"),
    _sign(
        "so long after the trigger",
        -3.0,
        r"^ ?\.?[(,; ]{0,3}(?:i\.?e\.?,? ?|that is,? ?|which is |about |approximately |around |~|=|"
        r"corresponding to |just |at |only |some |and )*"
        r"(?:T_?0? ?\+|\d+(?:\.\d+)?(?:st|nd|rd|th)? ?-?[a-z]+\.?,? (?:\([^)]*\) ?)?(?:after|post|since|from|"
        r"following|past|before|prior|later))",
    ),
    _sign("an exposure's time", -2.0, r"^ ?,? ?(?:we |the \w+ telescope |\w+ observ|with (?:the|a) [\d.]+-?m)"),
)  # fmt: skip
DATE_AND_TIME = _sign("Date: and Time:", 3.0, r"")
DETECTED_BY = BEFORE[-1]
#: Between the times of several triggers of one sentence.
JOINED = compiled(r" ?(?:UTC?)?,? ?(?:and|&|,) ?(?:at )?")
