"""The vocabulary of what spectra and data show an object to be: types of supernova, stars, galaxies. Patterns only."""

from __future__ import annotations

from kg.cues import Cued
from kg.openings import compiled

#: "type Ic SN", "broad-lined Type Ic supernova", "SN Ic-BL", "SNe IIn", "supernova of type Ia".
SUPERNOVA_TYPE = compiled(
    r"\b(?P<broad>[Bb]road-?(?:ened )?[ -]?lined?,? )?(?:(?:stripped-envelope|energetic|young|normal|peculiar) )?"
    r"(?:[Tt]ype[- ]?(?P<a>I[abc](?:/?[bc])?(?:-?(?:BL|bl|pec))?|II[nbPL]?(?:-[PL])?)"
    r"(?: ?(?P<after>SN(?:e\b|\b)|supernova(?:e\b|\b)))?"
    r"|(?P<many>SNe|SN|supernova|supernovae) (?:of )?(?:[Tt]ype[- ]?)?(?P<b>I[abc](?:/?[bc])?(?:-?(?:BL|bl|"
    r"pec))?|II[nbPL](?:-[PL])?)\b"
    r"|(?P<c>I[abc](?:/?[bc])?(?:-?(?:BL|bl|pec))?|II[nbPL]) (?P<behind>SN(?:e\b|\b)|supernova(?:e\b|\b)))"
)
#: A spectrum that shows a supernova without its type.
SUPERNOVA = compiled(
    r"\b[Ss]pectroscopic\w* (?:(?:confirmation|detection|evidence|identification|signature)s? (?:of|for) )?"
    r"(?:an? |the )?(?:(?:associated|accompanying|emerging|underlying|rising) )*(?:SN|supernova)\b(?! ?\d)"
)
#: Only compared with, or of others.
COMPARED = compiled(
    r"\b(?:similar\w*|compar\w+|unlike|template|e\.g|such as|other|like|than|previous|known|search\w*|if|"
    r"whether|expect\w*|"
    r"predict\w*|would|will|no|not|without|rul\w+ out|exclud\w+|unusual|atypical|assum\w+|scaled|shifted|"
    r"different)\b[^.;]{0,70}$"
)
EVIDENCE = compiled(r"\b(?:typical|characteristic|features?|spectr\w+|lines?|resembl\w+|match\w*|consistent|"
    r"class\w*|identif\w+)\b"
                    r"[^.;]{0,60}$")  # fmt: skip
DOUBT = compiled(
    r"\b(?:possibl[ey]|may|might|could|suggest\w*|candidate|likely|probabl[ey]|tentative\w*|hints?|"
    r"potential(?:ly)?|appears?|favou?r\w*|"
    r"seems?|consistent|plausibl[ey]|perhaps|suspected|resembl\w+|best[- ]match\w*)\b"
)
CONFIRMED = compiled(
    r"\b[Cc]onfirm\w*|\b[Ss]pectroscopic (?:detection|identification|classification)|\bclassification\b"
)
CITED_BEHIND = compiled(r"^[^.;(]{0,40}\([^()]{0,60}(?:et al|GCN|CBET|ATel|TNS)")
OURS = compiled(
    r"\b(?:confirm\w*|spectrum (?:is|shows)|shows?|displays?|exhibits?)\b(?![^.;]{0,60}\breport(?:s|ed)?\b)"
)
#: A star or a galaxy that a candidate turned out to be.
STAR = compiled(
    r"\b(?:is|are|was|as|be|being|typical of|consistent with|that of|like|of) (?:(?:most |very )?(?:likely|"
    r"probably|possibly|"
    r"clearly|in fact|"
    r"therefore|thus|actually|rather|simply|consistent with|that of|identified (?:as|with)|just|indeed|instead|due to|"
    r"to be|also) )*"
    r"(?:an? |the )?(?:(?:early|late|faint|bright|nearby|known|cool|red|blue|flaring|variable)[ -])*"
    r"(?P<what>[OBAFGKM]\d?(?:\.\d)?V?[- ](?:type )?(?:dwarf|giant|star)(?: star)?|(?:white|brown|red|ultracool|"
    r"M/L) dwarf|"
    r"(?:foreground|Galactic|field|normal|late-type|early-type|main[- ]sequence|variable|RR Lyrae|eclipsing|"
    r"stellar) star|star\b(?!-| (?:form|trail|cluster|system)))"
    r"|\b(?:presents?|shows?|exhibits?|displays?|has) (?:[\w-]+ ){0,3}(?P<features>stellar) (?:absorption )?"
    r"(?:features|lines|spectrum)\b"
)
#: The sentence compares, or speaks of what stands near.
NOT_IT = compiled(
    r"\b(?:host|reference|comparison|near a|next to|[Nn]earest|[Cc]losest|[Nn]eighbou?ring|[Bb]righter|[Aa]nother)\b"
)
GALAXY = Cued(
    r"\b(?:is|was|as|be|being|that of) (?:(?:most |very )?(?:likely|probably|possibly|clearly|in fact|therefore|"
    r"thus|actually|"
    r"rather|simply|consistent with|that of|identified as|just|indeed|instead|to be|also) )*(?:an? |the )?"
    r"(?P<what>(?:(?:low-redshift|foreground|nearby|background|elliptical|spiral|early-type|late-type|passive|"
    r"unrelated|faint|"
    r"extended|resolved|SDSS) )*galaxy)\b(?! cluster| group)"
)
#: What a candidate is called.
CANDIDATE = compiled(r"\b(?:candidate|object|source|counterpart|OT|transient|it|spectrum|SED|colou?rs?)\b")
REJECTED = compiled(
    r"\b(?:not the host\b|not the (?:\w+[ /-]){0,3}(?:afterglow|counterpart)|not an? (?:\w+ ){0,2}(?:afterglow|"
    r"counterpart)|"
    r"unrelated|"
    r"not (?:\w+ ){0,2}(?:related|associated)|rather than|[Ii]nstead|rule[sd]? out|reject\w*|unlikely|chance)\b"
)
DARK = compiled(
    r"\bclassif\w+ (?:it |this burst )?as (?:an? )?\"?(?:optically[- ])?dark\b\"?|"
    r"\b(?:is|as|making (?:this|it)(?: burst| GRB)?|makes (?:this|it)|be) (?:an? |thus |therefore |also |"
    r"classified as |indeed |"
    r"truly |bona fide |considered |regarded as )*\"?(?:optically[- ])?dark\"? (?:burst|GRB|gamma-ray burst)\b"
)
#: "this makes it an X-ray rich burst", "the X-ray rich GRB 310101A".
X_RICH = compiled(
    r"\b(?:[Tt]he|[Aa]n|[Tt]his) \"?X-?[Rr]ay[- ][Rr]ich\"? (?:GRB|burst|gamma-ray burst)\b"
    r"|\b(?:burst|event|GRB(?: ?\d{6}\w?)?) (?:is|was) (?:therefore |thus |classified as )*(?:an? )?\"?X-?ray[- ]rich\b"
)
#: The value of a lag or a hardness, which is that of a class: "consistent with that of long GRBs".
AS_OF_CLASS = compiled(
    r"\b(?:consistent with|typical of|in agreement with|as expected for) (?:those |that |the (?:values?|"
    r"range)(?:/range)? |\"?zero lag\"? )?"
    r"(?:of |for |seen in |found for )?(?:other |previous |Swift |BAT |typical ){0,3}(?P<what>short|"
    r"long)(?:[- ](?:hard|soft|duration))?"
    r" (?:GRBs|bursts|gamma-ray bursts)\b(?! (?:afterglow|host))"
)
#: "consistent with the Type II (collapsar) bursts"; "type II (long)" is a matter of its duration.
BURST_TYPE = compiled(
    r"\b(?:with|as|to|is|of|(?:favou?r|suggest|indicat|support)\w*) (?:an? |the )?"
    r"[Tt]ype[- ](?P<type>II?)\b(?! ?\((?:[Ss]hort|[Ll]ong))"
    r"(?: \([^()\n]{3,70}\))? (?:GRBs?|bursts?|events?|population|class|origin)\b"
    r"|\b(?:collapsar|merger) origin \([Tt]ype[- ](?P<behind>II?)\)"
)
X_TRANSIENT = compiled(r"\b(?:[Tt]he|an?) (?:[Ff]ast |[Ss]oft |bright |new )*X-?ray transient\b")
#: Between a kind and the name of what is of it.
CALLED = compiled(r",? ?(?:(?:source )?(?:named|designated|called|dubbed|labell?ed)(?: as)?,? )?")
EXTRAGALACTIC = compiled(
    r"\bis (?:likely |clearly |indeed |therefore )*an? extragalactic (?:object|source|transient|event)"
)
