"""The vocabulary around magnitudes: limits, stars, hosts, differences, depths, others' values. Patterns only."""

from __future__ import annotations

import re

from kg.openings import compiled


def words(pattern: str) -> re.Pattern[str]:
    """A pattern that takes no heed of case."""
    return compiled(pattern, re.I)


#: In front of a value, nothing of its own between: it is a limit.
LIMIT_BEFORE = words(
    r"\b(?:upper|lower|detection|magnitude|mag|photometric|sensitivity|sigma|flux|limiting|brightness)[- ]limits?\b|"
    r"\blimits?\b|\blimiting\b|\bmlim\b|\bm_lim\b|"
    r"\bfainter than\b(?! (?:in|at the|reported|measured|found|that|those|GCN|by|we|our|previous|its|during)\b|"
    r" the (?:\w+ )?(?:value|magnitude|brightness|reported|previous|host|afterglow|one)\b)|"
    r"\bdeeper than\b|\bbelow (?:the|our)\b|\bdown to\b|\b(?:to|reach\w*) (?:a |an |"
    r"the )?(?:\w+[- ]){0,3}depths?\b|\bdepths? (?:of|to|is|are|was)|\bas (?:deep|faint) as\b|"
    r"\b(?:not|n't|NOT|never) (?:\w+ ){0,3}(?:detect\w*|visible|seen|found|see|find|present|"
    r"apparent)\b.{0,160}?\b(?:to|at|than|above|of|with)\b|\bUL\b|"
    r"\b(?:no|No|none|neither|nothing|without|nor|any)\b.{0,160}?\b(?:to|brighter than|above|down|until|up to)\b|"
    r"\bundetected\b.{0,60}\b(?:to|at|in)\b"
    r"|\b(?:non-?detections?|absent)\b"
)
#: The list mixes both: only signs tell which is which.
MIXED = words(
    r"\b(?:magnitudes?|detections?|photometry|values?|measurements?|mags?|results?)\b(?: \([^()]*\))?,? ?(?:and|or|/|"
    r"&|and/or) ?(?:\S+ ){0,3}?(?:upper |lower )?limits?|\blimits? (?:and|or) (?:\w+ ){0,2}(?:magnitudes|detections)"
)
#: The source is there; a limit in words in front of this belongs to something else.
SEEN = words(
    r"\b(?:is|was|are|were|clearly|well|marginally|we|still|can be) (?:\w+ ){0,2}(?:detect(?:ed)?|visible|seen|"
    r"measured?|estimated?|derived?)\b(?! (?:in|at) none)|\bfad(?:ed|ing)|\bdecay\w*|\bdropp\w+|\bdeclin\w+|"
    r"\bwe (?:\w+ ){0,2}(?:measure|find|estimate|obtain|derive|detect)"
)
#: "the limiting magnitude ... is estimated as": the limit itself is given.
GIVEN = words(
    r"[^,;]{0,60}\b(?:is|was|are|were) (?:\w+ ){0,2}?(?:estimated|derived|measured|calculated|determined|"
    r"found)"
)
NOT_SEEN = words(
    r"\b(?:not|no|nor|neither|undetected|nothing|without|non-?detect\w*|absent|any)\b|\bn't\b|\bfail\w* to"
)
#: Straight after the value.
LIMIT_AFTER = words(
    r"^ ?(?:mags?\.?|magnitudes?)? ?(?:AB|Vega)?\)? ?[,(\[]? ?(?:(?:at )?(?:\(?[1-9](?:\.\d)?[- ]?(?:sigma|sig|"
    r"\u03c3)\)?|90%|95%)?,? ?(?:confidence|c\.?l\.?)?[ ,]*(?:is |as )?(?:an? |the |our )?(?:upper|lower|limiting|"
    r"detection|magnitude)?[- ]?(?:limits?\b|limiting mag\w*|UL\b|U\.L\.))"
    r"|^ ?(?:mags?)? ?or fainter\b"
)
#: Only significance in brackets behind the value, as limits have it.
SIGMA_AFTER = words(r"^ ?(?:mags?)? ?(?:AB|Vega)?\)? ?[(\[,] ?(?P<sigma>[2-9](?:\.\d)?)[ -]?(?:sigma|sig\b|\u03c3)")
SIGMA = words(r"(?<![\d.])(?P<sigma>[1-9](?:\.\d)?)[ -]?(?:sigma|sig\b|\u03c3)")
#: Depth of an image or a survey, not a statement on the source.
DEPTH = words(
    r"\bdepths?\b|\blimiting\b|\bmlim\b|\bm_lim\b|\b(?:magnitude|mag|detection|sensitivity) limits?\b|\bdeep as\b|"
    r"\bcomplete(?:ness)?\b|\breach\w*"
)
#: "16.5 (limit 18.2)": behind a value, the depth of its image.
IN_BRACKET = words(r"^ ?m?(?:ag\w*)? ?[(\[](?:the )?limit(?:ing)?(?: mag\w*)? ?(?:is|of|was)? ?[=~:]? ?$")
REFERENCE_IMAGE = words(r"\breference images?\b")
COMPLETE = words(
    r"\b(?:complete(?:ness)?|sensitive)\b[^.;]{0,40}$|\b(?:objects|stars|sources) (?:with|of|having) [^.;]{0,30}"
    r"\b(?:fainter|brighter) than ?$"
)
ARCHIVE = words(
    r"\b(?:DSS(?:[ -]?\d)?|POSS\S*|DECaPS|archiv\w+|catalog(?:ue)?s?|reference image|pre-?(?:burst|explosion|imaging|"
    r"trigger|outburst)|template|Legacy Surveys?|SDSS|PS1|Pan-?STARRS\S*|2MASS|USNO\S*|VHS|UKIDSS|SkyMapper|DECaLS|"
    r"DES)\b"
)
#: Nothing stood there in an old image: its depth is a limit on what was there, the host.
NOTHING_THERE = words(
    r"\b(?:no|nothing|not)\b[^.;]{0,60}\b(?:visible|detected|seen|present|found|"
    r"apparent)\b[^;]{0,160}\bdown to\b[^.;]{0,40}$"
)
#: Which of several the value is of: "(source #1)".
LABEL_BEHIND = words(r"^ ?(?:mags?)?[ ,]*\((?:the )?(?:source|object|candidate) #?\w{1,2}\)")
CALIBRATED = words(
    r"\b(?:calibrat\w+|relative to|compar\w+|against|with respect to|using|standard|vs\.?|reference|based on|"
    r"zero ?points?|tied)\b"
)

#: A star, or several, that the photometry is compared with.
STAR_BEFORE = words(
    r"\b(?:stars?|standards?|USNO\S*|GSC\S*|UCAC\S*)\b(?:(?!\b(?:yield\w*|gives?|gave|we|afterglow|measur\w*|"
    r"obtain\w*|result\w*|impl\w*|find|estimat\w*|deriv\w*|OT|transient|source|object|detect\w*|lead\w*|counterpart|"
    r"limit\w*|provid\w*|indicat\w*)\b)(?:\([^()]*\)|[^.;)]|\.\d|\b(?:R\.A|A|Dec|Decl)\.)){0,110}$"
    r"|\bassum\w+\b(?![^.;]*\b(?:afterglow|OT|we)\b)[^.;]{0,45}$"
    r"|\b(?:stars?|USNO)\b.{0,200}[+-]\d\d[: ]\d\d[: ]\d\d(?:\.\d+)?,? ?$|\b(?:for|of) (?:this|the|that|these|those|"
    r"our) (?:\w+[- ]){0,3}stars?\b(?!.*\b(?:afterglow|OT|transient|object|source|(?:is|was) not)\b)[^.]*$"
)
#: Places that are named by the source, but are not the source.
AT_SOURCE = words(
    r"\b(?:at|near|with|to|from|around|close to|next to|in) (?:the )?(?:position|location|coordinates|site|"
    r"direction)s? of (?:the |this )?(?:\w+[- ]){0,3}?(?:afterglow|OT|transient|counterpart|candidate|source)|"
    r"\b(?:at|near|of|to|from|with) the (?:\w+[- ]){0,2}?(?:OT|afterglow|transient|counterpart|candidate|"
    r"GRB)(?:'s)? (?:position|location|coordinates|site)|\b(?:\w*(?:west|east|north|south)\w*|left|right|[NSEW]{1,2}|"
    r"arcsec\w*|\"|from|next) (?:of|from|to) the (?:\w+ ){0,2}?(?:OT|afterglow|transient|counterpart|candidate|source)"
)
STAR_AFTER = words(
    r"^ ?(?:mags?)? ?(?:AB|Vega|\+/-[\d. ]+)?\)? ?[,(]? ?"
    r"(?:for|of|as (?:a )?(?=reference|comparison|standard)) ?(?:the |a |an |"
    r"this |our |its )?(?:\w+[ -]){0,3}?(?:stars?|USNO|U\d{4}|reference|standard|comparison)\b|"
    r"^ ?(?:(?:th|st|nd|rd)? ?mag(?:nitude)? )?(?:SDSS |USNO(?:[ -]?[AB]\d(?:\.0)?)? |"
    r"2MASS |field |GSC |reference )?stars?\b"
)
AFTERGLOW = words(
    r"\b(?:after-?glows?|OTs?|OA|transients?|counterparts?|object|source|SN|supernova|candidates?|magnitudes? of the|"
    r"(?:was|is|were) not (?:\w+ )?detected)\b"
)
NAMED_SOURCE = words(r"\b(?:after-?glow|OT|OA|transient|counterpart)\b")
MEASURES = words(
    r"\b(?:we|I) (?:\w+ ){0,2}(?:measure|derive|obtain|find|found|estimate|determine|calculate|detect|get)\b|"
    r"\bfollowing\b|"
    r"\bmagnitudes? (?:of|for) the\b|\b(?:afterglow|transient|counterpart|OT)\b"
)
#: Stars in the plural that the photometry rests on; what follows is not about them.
CALIBRATORS = words(
    r"\b(?:calibrat\w+|compar\w+|relative|with respect|using|based|against|vs\.?|tied|photometr\w+|"
    r"from)\b[^.;:]{0,70}?"
    r"\b(?:stars|standards|sources|objects|catalog\w*|USNO\S*)\b(?: in the field)?"
)
HOST = words(
    r"\bhosts?\b(?! (?:subtract|contamin|light|contribut))|\bunderlying (?:galaxy|source|object|extended)|"
    r"\bhost galaxy\b"
)
#: A circular about the host alone, by its subject.
HOST_SUBJECT = words(
    r"\bhost(?: galaxy)?(?:'s)? (?:detection|observations?|imaging|redshift|properties|photometry|spectr\w+)"
    r"|\b(?:detection|observations?|properties|imaging|spectr\w+|redshift) of (?:the |its )?host\b"
)
GALAXY = words(r"\bgalax(?:y|ies)\b|\bgal\.|\bcluster\b|\bQSO\b|\bquasar\b|\bAGN\b|\bblazar\b")
OTHER = words(
    r"\b(?:another|other|second|nearby|neighbou?r\w*|fainter|brighter|unrelated|catalogu?ed|known|additional|"
    r"adjacent|companion|field|red|blue|extended) (?:\w+ ){0,2}?(?:sources?|objects?|stars?)\b|\basteroids?\b|"
    r"\bminor planets?\b|\bM[- ]?dwarf|\bsources? (?:[B-Z]|#?[2-9]|S[2-9])\b|\bobjects? (?:[B-Z]|#?[2-9])\b"
)
#: "a faint (R = 24.6) galaxy": the noun stands behind the bracket.
NOUN_AFTER = words(
    r"^[^()]{0,45}\) ?(?:\w+ ){0,2}?(?:galaxy|star|quasar|(?:source|object) (?:\d|near|located|away|to the))"
)
#: Before or behind: a difference, an error, an extinction, a rate.
DIFFERENCE_BEFORE = words(
    r"(?:E_?[({]{0,2}B ?- ?V[)}]{0,2}|\bA_[({]{0,2}[A-Za-z]'?[)}]{0,2}|\bA\(?[VRIJHKv]\)?(?![A-Za-z])|\bextinction|"
    r"\breddening|\buncertaint\w+|\berrors?|\bscatter|\bsystematics?|\brms|\boffset|\baccura\w+|\bprecision|"
    r"\bcolou?rs?|\bdifference|\bamplitude|"
    r"\bbright?en(?:ed|ing|s)?(?: of)?|\bfad(?:ed|ing|es)|\bdropp?(?:ed)?|\brose|\brise|\bdecay\w*|\bdecline\w*|"
    r"\brate|\bslope|\bscale height|\bzero-?point|\bzp|\bdistance modulus|\bcorrection)"
    r"(?: (?:of|by|is|was|=|in|for|about|at|least|more|than|the|only|to|around|up|roughly|approximately|some|another|"
    r"over|within|nearly|almost|as|low|much|less|order|a|further|additional|magnitude|value|towards|direction|this|"
    r"line|sight|galactic|expected|estimated|corresponding|reddening|extinction|~|typical\w*)\b| ?[=~:<>(]){0,9} ?$"
    r"|\bby (?:\w+ ){0,3}[~>]? ?$|\b[ugrizyUBVRIJHK]s?'? ?- ?[ugrizyUBVRIJHK]s?'?\)? ?(?:colou?r )?(?:of |is |"
    r"[=~><]){0,3} ?$"
)
DIFFERENCE_AFTER = words(
    r"^ ?(?:mags?|magnitudes?|m)?\.? ?(?:/|per\b|\^-?1|fainter|brighter|below|above|deeper|shallower|"
    r"of (?:\w+ ){0,2}(?:extinction|reddening|fading|brightening)|of the|decay|difference|uncertaint|error|rms|"
    r"in (?:the )?(?:last|amplitude)|day\^?-|h\^?-|hr\^?-|too|more|less|redder|bluer)"
)
ABSOLUTE = words(
    r"\babsolute\b|(?-i:\bM_\{?[A-Za-z]|\bM\(?[UBVRIJHKgriz]\)? ?[=~])|\bintrinsic(?:ally)?\b|"
    r"\bluminosit"
)
ZEROPOINT = words(r"\b(?:zero-? ?points?|zeropoints?|zp)\b[^.;]{0,60}$")
#: Right in front of the value: it will, would or should be so.
EXPECTED = words(
    r"\b(?:should|would|will|could) (?:now |then |still )?(?:be|have|reach|fade|peak|appear|drop|rise)\b[^.;]{0,50}$"
    r"|\b(?:expected|predicted|extrapolated|anticipated) (?:\w+ ){0,4}?(?:mag\w*|brightness|be|at|of|"
    r"peak)\b[^.;]{0,30}$"
)
#: What will be, would be or should be.
FORECAST = words(
    r"\b(?:will|would|should|could|might|may|expect\w*|predict\w*|extrapolat\w*|if|implies|imply|anticipat\w*|"
    r"peak(?:ing)? (?:magnitude|brightness) of|like SN ?1998bw)\b[^.;]{0,80}$"
)
#: The value is another team's, or an earlier one, to compare with.
BORROWED = words(
    r"(?:\bcompar(?:ed|ing|ison) (?:it |this |our |these )?(?:to|with)|"
    r"\bthan (?:the|that|those|in|reported|measured|found|by)|\bconsistent with|"
    r"\bagree\w* with|\bagreement with|\bextrapolat\w+ (?:of|from)|\bwith respect to)\b[^.;,]{0,90}"
    r"(?:report\w*|GCN|et al|publish\w*|previous\w*|earlier|brightness of|magnitude of)[^;,]{0,60}$|\bcompar(?:ed|"
    r"ing) (?:to|with) (?:the |a )?(?:m\()?$"
)
CITED_AFTER = compiled(
    r"^(?:(?!\b(?:burst|trigger|GRB|event|stars?|catalog\w*|field|XRT|UVOT|BAT|position|location|images?|"
    r"we)\b)[^.;()]){22,45}"
    r"\((?:GCN\w* ?#?\d+|[A-Z][\w'-]+ et al\.?,? GCN ?#?\d+)\)|"
    r"^[^.;()]{0,22}\((?!this|calib|compar|relative|using|see also|consistent|similar|against|vs|converted|in agree|"
    r"AB|Vega|assum|based|the |wrt|with)[^()]{0,70}?(?:\bet ?\.? ?al\b|\bGCNC?S?\b|\bATel|\bTNS\b)"
    r"|^(?:(?!consist|agree|similar|compar|confirm|brighter|fainter|position|location|"
    r"coordinat)[^.;()]){0,40}\b(?:reported|measured|found|given|obtained|announced|published|quoted|derived|seen|"
    r"observed|claimed|listed) (?:(?:earlier|previously|initially) )?(?:by|in|on TNS|to TNS)\b"
    r"(?=[^.;]{0,60}?(?:\bet ?\.? ?al\b|GCN|ATel|TNS|\bteam|\bcollaborat|[A-Z][a-z]+ ?(?:&|and) [A-Z]|\b[12]\d{3}\)))"
    r"(?! (?:us|our|this|the same))"
    r"|^(?:[^.;()]|\b[A-Z][a-z]{2}\.){0,25}\b(?:in|by|from|at) (?:\w+ et al\.?|GCN)|^ ?(?:mags?)?\)? ?in GCN"
)
CITED_BEFORE = compiled(
    r"\([^()]{0,60}?(?:et ?\.? ?al\b|GCN ?#?\d)[^()]{0,25}[;,:][^()]{0,25}$|"
    r"\b(?:et ?\.? ?al\b\.?|GCN\w* ?(?:Circ\w*\.? ?)?#?\d+\)?|ATel ?#?\d+\)?)[^;()]{0,40}\b(?:reports?|reported|"
    r"measures?|(?<!the )(?<!an )(?<!and )(?:measured|estimated|detected)|found|find|gives?|gave|obtain|detects?|"
    r"quoted?|claim\w*|listed?|saw|discover\w*)\b[^;]{0,60}$"
    r"|\b(?:previously|earlier|initially|originally|already) (?:reported|published|announced|measured|detected|given|"
    r"found|known)\b[^;]{0,60}$|\b(?:reported|published|announced|discovered|found|measured|detected) (?:by|"
    r"in) [^;]{0,80}?(?:\bet ?\.? ?al\b\.?|GCN)[^;]{0,50}\b(?:at|of|with|to be|as|was|had)\b[^;]{0,30}$"
)
OWN_WORK = words(
    r"\b(?:we|our|I) (?:\w+ ){0,2}(?:measure|find|found|obtain|derive|estimate|detect|get|report|determine|calculate|"
    r"see|place|compute|infer)\w*"
)

#: The value stands in a catalogue or an old image, not in the observation.
ARCHIVE_AFTER = words(
    r"^ ?(?:mags?\.?)? ?(?:AB)?\)? ?,?\(? ?(?:as )?(?:\w+ )?(?:from|in|by) (?:the )?(?:\w+[- ]){0,3}?(?:SDSS|"
    r"Pan-?STARRS\S*|PS1|Legacy|2MASS|DSS|catalog\w*|archiv\w*|DR\d+)\b"
)
ARCHIVE_BEFORE = words(
    r"\b(?:archival|pre-?burst|pre-?explosion|pre-?outburst|template|DR\d+|DSS\S*) (?:\w+ ){0,2}?(?:images?|imaging|"
    r"data|magnitude|photometry)?\b[^.;]{0,60}$|\b(?:Legacy (?:\w+ )?Survey|images (?:downloaded|"
    r"taken) from)[^.;]{0,60}$"
)

EXTINCTION_NOT = words(
    r"\b(?:not|no|neither|none|without|un-?)(?: \w+){0,5}?[ -]?(?:correct\w*|account\w*|"
    r"de-?redden\w*)(?: \w+){0,8}? (?:extinction|reddening|absorption|dust)|\buncorrected\b|"
    r"\bno (?:\w+ ){0,3}(?:extinction|reddening) correction|\bno correction\b"
)
EXTINCTION_YES = words(
    r"(?<!not )(?<!not been )(?<!un)\b(?:are|were|is|was|been|has been|have been|also|already|and|magnitudes?,?|"
    r"mags?,?) (?:\w+ ){0,2}(?:corrected for|dereddened|de-reddened|extinction[- ]corrected)|\b(?:after|including|"
    r"incl\.?|with) (?:the )?(?:Galactic |foreground |MW )?(?:correct\w+ )?(?:for )?(?:\w+ ){0,3}(?:extinction|"
    r"reddening) (?:correction|corrected)|\bextinction-corrected mag"
)
EXTINCTION_BESIDE = words(
    r"^ ?(?:mags?)? ?(?:AB|Vega)?\)? ?[,(]? ?(?:when |once |if )?(?:after (?:(?:a |the )?correct\w+|de-?redden\w+)|"
    r"corrected for|dereddened|de-?reddened|extinction[- ]corrected|after (?:the )?(?:\w+ )?extinction)"
)
