"""What the words around a redshift say about it: whose it is, how it was measured, and whether it is claimed at all.

Precision comes first: a value that is assumed, borrowed from others or belongs to something else is never asserted.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from kg.extraction.fact import Assertion

Whose = Literal["afterglow", "host", "intervening", "other"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`score` orders the redshifts of one circular: the highest is what the circular is about."""

    assertion: Assertion
    whose: Whose
    sort: Literal["spectroscopic", "photometric"]
    score: float


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


_REDSHIFT = r"(?:red-?shifts?|z)\b"
#: Immediately before the redshift: a number chosen for a computation, not measured.
_ASSUMED = _words(
    rf"(?:\b(?:assum\w+|adopt\w*|suppos\w+|typical|fiducial|median|mean GRB|average|hypothetical|arbitrary|using|"
    rf"as an example|if (?:the|it|this|we|at|located|placed|its|we were)[^.]{{0,40}}|if|scaled to|at an assumed|"
    rf"corrected to|for|with|given|were|beyond|out to|even for)"
    rf"(?: (?:a|an|the|this|that|its|our|our own|measured|reported|known|host|spectroscopic|GRB|burst|"
    rf"common|tentative|"
    rf"typical|standard|source|object|of|now|assumed|and))* ?(?:\(?{_REDSHIFT})?[\w ,(=~:]{{0,14}}$)"
)
_FOR = _words(r"\b(?:for|with|given|using|beyond|were|even for|out to)\b")
_ASSUMED_ANYWHERE = _words(
    r"\b(?:assuming|assumed|adopting|assume that)\b[^.;]{0,30}\b(?:redshift|z\b)|"
    r"\bE_?\{?(?:iso|peak|p,i|gamma)|isotropic|\bL_?\{?iso|luminosity|rest[- ]frame|H_?0\b|Omega|"
    r"cosmolog\w+ parameters|"
    r"\bergs?\b|kpc\b|projected|M_?sun|absolute mag"
)
_AT_THIS = _words(
    r"\b(?:at|with|for|given) (?:the |this |that |a |its |the measured |the GRB )*(?:red-?shift|z)?\s?(?:of )?\W*$"
)
_CITED_AFTER = _words(
    r"^[^.;]{0,60}(?:(?<!HyperZ \()(?<!Hyper-z \()\bet al\b|\bGCN (?:Circ\w*\.? ?)?#?\d|\bGCNC|"
    r"\breported\b|\bATel|\bet\. al|\bmeasured by\b|\bfound by\b)"
)
_CITED_BEFORE = _words(
    r"\b(?:reported|published|previous(?:ly)?|known|catalog\w*|announced|claimed|suggested by|proposed by|found by|"
    r"determined by|measured by|given by|obtained by|SDSS|NED|GLADE|2MASS|literature)\b[^.;]{0,60}$|"
    r"\bGCN[^.;]{0,40}$|\bet al\.?[^;]{0,45}$"
)
_SOFTWARE = _words(r"\([^()]*(?:Bolzonella|Kalberla|Schlegel|Ilbert|Arnouts)[^()]*\)?")
_CONFIRMED = _words(
    r"\bconfirm\w*|\bconsistent|\bin (?:full |good |excellent |perfect )?agreement|\bagrees?\b|"
    r"\brefin\w+|\bsimilar to|\bcompatible"
    r"|\bin line with|\bverif\w+|\b(?:lower|higher|larger|smaller|more precise|more accurate) than"
)
#: "consistent with the redshift z = 2.49 reported by ...": the value is the other's, nothing was measured here.
_BORROWED = _words(
    rf"\b(?:consistent with|agree\w* with|agreement with|compatible with|given|considering|"
    rf"consideration for|in addition to|"
    rf"based on|taking) (?:\S+ ){{0,5}}(?:{_REDSHIFT})?[ =~a-z]{{0,12}}$"
)
_COLUMN = _words(r"^[^.;]{0,12}in addition to the Galactic|^[^.;]{0,30}\babsorbing column")
_OF_COLUMN = _words(r"\b(?:intrinsic|absorbing|absorption|column)[^;]{0,20} column[^;]{0,70}$|\bcolumn:[^;]{0,70}$")
_THEORY = _words(
    r"\btheoretical|\bpseudo|\bcalculations? (?:below )?use|\bprototype|\bAmati|\bE_?p,i|"
    r"\blag[- ]luminosity|\bspectral lag"
)
_MEASURED = _words(
    r"\b(?:we (?:\w+ ){0,3}(?:infer|derive|measure|determine|find|obtain|conclude|report|propose|suggest|identify|"
    r"estimate|get|interpret|associate|detect|establish|place|deduce|see|calculate|constrain|set)\w*|"
    r"lines?\b|doublet|absor\w+|"
    r"emission|features?|system|common|corresponding to|identified|yields?|gives?|gave|results? in|"
    r"leads? to|reports?|impl\w+|indicat\w+|places?|consistent with|photometric|limit|constrain\w*|"
    r"best[- ]fit|reveal\w*|spectroscop\w+)\b"
)
_OWN = _words(
    r"\b(?:redshift|z) of (?:the |this )?(?:GRB|burst|afterglow|host|source|transient|object|event|FXT|EP|OT\b)|"
    r"(?:as|be) the redshift|likely redshift|common redshift|GRB redshift|redshift of the|final redshift|"
    r"redshift (?:for|to be)|redshift is most likely"
)
_OWN_AFTER = _words(
    r"^[ ,;()]*(?:which|and|that|this|for|as|is|\(?[\w ,-]{0,40}\),? which)?[^.;]{0,45}(?:(?:as|be|"
    r"is) (?:the|its) (?:\w+ ){0,3}redshift)"
)
_CORRECTED = _words(r"\b(?:correct(?:ed)?|refined|revised|improved|accurate|updated|new value)\b[^.;]{0,40}$")
_INTERVENING = _words(
    r"\b(?:additional|second|third|another|other|further|also|weaker|secondary|two more|several)\b[^.;]{0,60}"
    r"\b(?:absor(?:ption|bing) systems?|systems?|absorbers?|doublet|DLA)\b[^.;]{0,25}$|"
    r"\b(?:second|third|another|other) one (?:is )?at\b"
)
_INTERVENING_STRICT = _words(
    r"\binterven\w+|\bforeground|\bunrelated|\blower[- ]redshift (?:absor|system)|\bline[- ]of[- ]sight"
)
_OTHER_OBJECT = _words(
    r"\b(?:SN ?\d{4}|SN ?Ia|supernova\w*|1998bw|cluster|quasar|QSO|AGN|blazar|FSRQ|BL ?Lac\w*|Abell|"
    r"another galaxy|nearby galaxy|group of galaxies|galaxies|"
    r"other (?:GRBs?|bursts?|galax\w+)|GRBs|field galaxy|sample|population|NGC|\d+ bursts|"
    r"bursts? studied|median|average|(?:like|such as|similar to|example) GRB)"
)
_HEDGED = _words(
    r"\b(?:tentative\w*|possibl\w+|probabl\w+|likely|may|might|could|if (?:real|this|confirmed|"
    r"associated|so|it)|uncertain|"
    r"would|suggests?|suggestive|provisional\w*|preliminary|plausibl\w+|hint\w*|marginal\w*|"
    r"candidate|presumabl\w+|caution)\b"
)
_DOUBTED = _words(
    r"\b(?:could|might|may) be (?:at |around |about )?(?:z ?)?[=~]*\s*$|\b(?:claim|hypothesis|refute)\w*[^.;]{0,40}$|"
    r"\balternative\w*\b[^.;]{0,60}$"
)
_EXPECTED = _words(r"^[^.;]{0,10}, (?:we|one) would (?:have )?expect")
_NEGATED = _words(
    r"\b(?:inconsistent|not (?:at|consistent|compatible)|rule[sd]? out|excluded?|exclud\w+|reject\w*|"
    r"disfavou?r\w*|instead of|rather than|no longer|erroneous|incorrect|misidentif\w+)\b[^.;]{0,45}$"
)
_PHOTOMETRIC = _words(
    r"photometric(?:ally)? (?:red-?shift|estimate|analysis)|photo-?z|hyper-?z|\bphot\.? ?z|z_?phot|"
    r"\bSED\b|spectral energy distribution|"
    r"template|drop-?out|photometric redshift|broad-?band|GROND|\bfilters?\b|X-ray spectr|NH excess"
)
_SPECTROSCOPIC = _words(
    r"spectr(?:um|a\b|oscop\w*|ograph)|\blines?\b|doublet|absorption|emission|\[O ?II|Mg ?II|Fe ?II|"
    r"C ?IV|Si ?II|H-?(?:alpha|beta)|grism|slit"
)


def judge(text: str, begin: int, start: int, end: int, stop: int, *, where: str, about_redshift: bool) -> Judged:
    """Judge the value at `text[start:end]` (its "z =" included) in the sentence `text[begin:stop]`.
    `about_redshift` says that the subject announces one."""
    before, after, whole = text[begin:start], text[end:stop], text[begin:stop]
    near = before[-150:] + _lead(text, start, end)
    score = 0.0
    borrowed = bool(_BORROWED.search(text[max(begin, start - 70) : start] + _lead(text, start, end)))
    borrowed = borrowed and bool(_CITED_AFTER.search(after))
    confirmed = bool(_CONFIRMED.search(whole)) and not borrowed
    if where == "subject":
        score += 2.0
    if about_redshift:
        score += 0.75
    if _OWN.search(text[max(begin, start - 60) : end]) or _OWN_AFTER.search(after):
        score += 2.0
    if _MEASURED.search(near):
        score += 1.5
    if _CORRECTED.search(near):
        score += 1.5
    if confirmed:
        score += 0.5
    assertion: Assertion = "asserted"
    if _HEDGED.search(whole):
        assertion, score = "hedged", score - 0.25
    if _DOUBTED.search(near) or _EXPECTED.search(after):
        score -= 2.5
    lead = text[max(begin, start - 70) : start] + _lead(text, start, end)
    if _THEORY.search(whole) or re.search(r"theoretical|pseudo", text[:160], re.I):
        score -= 3.0
    assumed = _ASSUMED.search(lead)
    if assumed and not (_FOR.match(assumed.group()) and not _ASSUMED_ANYWHERE.search(whole)):
        assertion, score = "hypothetical", score - 4.0
    elif _AT_THIS.search(lead) and _ASSUMED_ANYWHERE.search(whole):
        score -= 2.0
    if _NEGATED.search(before[-60:]) and assertion != "hypothetical":
        assertion, score = "negated", score - 4.0
    if (borrowed and not re.search(r"\bconfirm", whole, re.I)) or _COLUMN.search(after) or _OF_COLUMN.search(near):
        assertion, score = "cited", score - 3.0
    if assertion in ("asserted", "hedged") and not confirmed:
        cited_after, cited_before = _CITED_AFTER.search(after), _CITED_BEFORE.search(_SOFTWARE.sub("", near))
        if cited_after or cited_before:
            measured = _words(
                r"\bwe (?:\w+ ){0,2}(?:infer|derive|measure|determine|find|obtain|conclude|propose|suggest|estimate)"
            ).search(near)
            score -= 1.0 if measured else 3.0
            assertion = assertion if measured else "cited"
    whose, penalty = _whose(before, after, whole)
    return Judged(assertion=assertion, whose=whose, sort=_sort(text, whole, start, end), score=score - penalty)


def _lead(text: str, start: int, end: int) -> str:
    """The words of the redshift's own phrase before its first digit: "redshift of z = "."""
    return re.split(r"[\d<>]|(?<= )\.(?=\d)", text[start:end], maxsplit=1)[0]


def _whose(before: str, after: str, whole: str) -> tuple[Whose, float]:
    """Whose redshift it is, and how much that lowers its rank."""
    near = before[-90:] + " " + after[:40]
    if _INTERVENING_STRICT.search(before[-70:]) or re.search(
        r"^ ?(?:system |absorber )?(?:\w+ ){0,2}(?:interven|foreground)|^[^.;]{0,12} for the (?:unrelated|"
        r"foreground|nearby)",
        after,
    ):
        return "intervening", 3.0
    if _INTERVENING.search(before[-100:]) and not _OWN.search(near) and not _CONFIRMED.search(near):
        return "intervening", 1.5
    if _OTHER_OBJECT.search(before[-60:]):
        return "other", 2.5
    if re.search(r"\bhost\b|emission lines?", whole, re.I) and not re.search(r"absorption", whole, re.I):
        return "host", 0.0
    return "afterglow", 0.0


def _sort(text: str, whole: str, start: int, end: int) -> Literal["spectroscopic", "photometric"]:
    """How it was measured: the sentence decides; where it is silent, the whole text."""
    near = text[max(0, start - 60) : end + 30]
    if re.search(r"photometric|photo-?z|z_?phot", near, re.I):
        return "photometric"
    if re.search(r"spectroscop", near, re.I) or _SPECTROSCOPIC.search(whole):
        return "spectroscopic"
    if _PHOTOMETRIC.search(whole):
        return "photometric"
    return "spectroscopic" if _SPECTROSCOPIC.search(text) or not _PHOTOMETRIC.search(text) else "photometric"
