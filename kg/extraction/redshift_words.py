"""The vocabulary of redshift statements: what words around a value speak for or against it. Patterns only."""

from __future__ import annotations

import re

from kg.openings import compiled


def words(pattern: str) -> re.Pattern[str]:
    """A pattern that takes no heed of case."""
    return compiled(pattern, re.I)


REDSHIFT = r"(?:red-?shifts?|z)\b"
#: An example, or what would follow: "e.g., A_V~3 mag at ", "If ... then the redshift is ".
EXAMPLE = words(
    r"\b(?:e\.g\.|say|for example|for instance)[^;]{0,40}$|"
    r"\b(?:thus|then|would|could|like),? an? $"
)
#: What comes behind makes it a condition: "z>3 if the break is ...".
IF_AFTER = words(r"^,? if\b")
#: Several systems on one line of sight, of which the farthest may be the burst's.
SYSTEMS = words(
    r"\b(?:absorption|absorbing|line)[- ](?:line )?systems?\b|\babsorbers?\b|\b\w+ systems\b|"
    r"\bcomponents\b|\bdoublets\b"
)
#: Immediately before the redshift: a number chosen for a computation, not measured.
ASSUMED = words(
    rf"(?:\b(?:assum\w+|adopt\w*|suppos\w+|typical|fiducial|median|mean GRB|average|hypothetical|arbitrary|using|"
    rf"as an example|if (?:the|it|this|we|at|located|placed|its|we were)[^.]{{0,40}}|if|scaled to|at an assumed|"
    rf"corrected to|for|with|given|were|beyond|out to|even for)\b"
    rf"(?: (?:a|an|the|this|that|its|our|our own|measured|reported|known|host|spectroscopic|GRB|burst|"
    rf"common|tentative|"
    rf"typical|standard|source|object|of|now|assumed|and))* ?(?:\(?{REDSHIFT})?[\w ,(=~:]{{0,14}}$)"
)
#: "lower limit on the redshift for this burst of": nothing is assumed.
OF_LIMIT = words(r"\b(?:lower|upper) (?:limit|bound) (?:on|to|of|for) [^.;\d]{0,50}$")
FOR = words(r"\b(?:for|with|given|using|beyond|were|even for|out to)\b")
ASSUMED_ANYWHERE = words(
    r"\b(?:assuming|assumed|adopting|assume that)\b[^.;]{0,30}\b(?:redshift|z\b)|"
    r"\bE_?\{?(?:iso|peak|p,i|gamma)|isotropic|\bL_?\{?iso|luminosity|rest[- ]frame|H_?0\b|Omega|"
    r"cosmolog\w+ parameters|"
    r"\bergs?\b|kpc\b|projected|M_?sun|absolute mag"
)
AT_THIS = words(
    r"\b(?:at|with|for|given) (?:the |this |that |a |its |the measured |the GRB )*(?:red-?shift|z)?\s?(?:of )?\W*$"
)
CITED_AFTER = words(
    r"^; (?:see )?(?-i:[A-Z])[\w'-]+ (?:et al|& |and (?-i:[A-Z]))|^(?:[^.;]|"
    r"(?<=\b[A-Z])\.){0,60}(?:(?<!HyperZ \()(?<!Hyper-z \()\bet al\b|\bGCN (?:Circ\w*\.? ?)?#?\d|\bGCNC|"
    r"\breported\b|\bATel|\bas (?:noted|reported|mentioned|found) (?:previously|earlier|before|by|in)\b|"
    r"\bet\. al|\bmeasured by\b|\bfound by\b)"
)
CITED_BEFORE = words(
    r"\b(?:reported|published|previous(?:ly)?|known|catalog\w*|announced|claimed|suggested by|proposed by|found by|"
    r"identified by|determined by|measured by|given by|obtained by|SDSS|NED|GLADE|2MASS|"
    r"Legacy Surveys?|DESI|Pan-?STARRS|HyperLEDA|SIMBAD|archival|DR\d+|literature)\b[^.;]{0,60}$|"
    r"\bGCN[^.;]{0,40}$|\bet al\.?[^;]{0,45}$"
)
SOFTWARE = words(r"\([^()]*(?:Bolzonella|Kalberla|Schlegel|Ilbert|Arnouts)[^()]*\)?")
CONFIRMED = words(
    r"\bconfirm\w*|(?<!not )(?<!position is )(?<!position )(?<!location is )(?<!source is )\bconsistent|"
    r"\bin (?:an? )?(?:full |good |excellent |perfect )?agreement|\bagrees?\b|"
    r"\brefin\w+|\bsimilar to|\bcompatible"
    r"|\bin line with|\bverif\w+|\b(?:lower|higher|larger|smaller|more precise|more accurate) than(?! the Galactic)"
)
#: "consistent with the redshift z = 2.49 reported by ...": the value is the other's, nothing was measured here.
BORROWED = words(
    rf"\b(?:consistent with|agree\w* with|agreement with|compatible with|(?:higher|lower|larger|smaller) than|given|"
    rf"considering|"
    rf"consideration for|in addition to|"
    rf"based on|taking) (?:\S+ ){{0,8}}(?:{REDSHIFT})?[ =~a-z]{{0,12}}$"
)
#: A catalogue's own value.
CATALOGUE_VALUE = words(
    r"\b(?:SDSS|NED|2MASS|6dF|DESI|Legacy Surveys?|Pan-?STARRS|PS1|"
    r"GLADE)\b(?: \w+){0,2} (?:photometric )?(?:red-?shift|photo-?z)"
    r"[ =~a-z]{0,12}$"
)
#: Behind a value: it is denied.
NOT_SO = words(
    r"^ (?:is|was|are) (?:therefore |thus |clearly )?(?:not (?:consistent|compatible)|inconsistent|ruled out|"
    r"excluded|incorrect|wrong)\b"
)
AT_KNOWN = words(
    rf"\bat (?:the|its) (?:(?:observed|measured|reported|known|spectroscopic|host|GRB|burst) )?{REDSHIFT}"
    r"[ =~a-z]{0,8}$"
)
#: Dust explains it as well: neither is claimed.
ONE_OF_TWO = words(
    r"\beither\b[^;]{0,60}\b(?:dust|extinct|redden)[^;]{0,50}\bor\b|"
    r"\beither\b[^;]{0,60}\bor\b[^;]{0,40}\b(?:dust|extinct|redden)"
)
COLUMN = words(r"^[^.;]{0,12}in addition to the Galactic|^[^.;]{0,30}\babsorbing column")
OF_COLUMN = words(r"\b(?:intrinsic|absorbing|absorption|column)[^;]{0,20} column[^;]{0,70}$|\bcolumn:[^;]{0,70}$")
THEORY = words(
    r"\btheoretical|\bpseudo|\bcalculations? (?:below )?use|\bprototype|\bAmati|\bE_?p,i|"
    r"\blag[- ]luminosity|\bspectral lag"
)
THEORY_OPENING = words(r"theoretical|pseudo")
PSEUDO = words(r"\bpseudo|\bpz\b|E_?H ?-|T_?90,?i\b")
MEASURED = words(
    r"\b(?:we (?:\w+ ){0,3}(?:infer|derive|measure|determine|find|obtain|conclude|report|propose|suggest|identify|"
    r"estimate|get|interpret|associate|detect|establish|place|deduce|see|calculate|constrain|set)\w*|"
    r"lines?\b|doublet|absor\w+|"
    r"emission|features?|systems?|absorbers?|common|corresponding to|identified|yields?|gives?|gave|results? in|"
    r"leads? to|reports?|impl\w+|indicat\w+|plac(?:es?|ing)|consistent with|photometric|limits?|limiting|constrain\w*|"
    r"best[- ]fit|reveal\w*|spectroscop\w+)\b"
)
WE_MEASURED = words(
    r"\bwe (?:\w+ ){0,2}(?:infer|derive|measure|determine|find|obtain|conclude|propose|suggest|estimate)"
)
#: Lines found here at the redshift of others confirm it.
LINES_AT = words(
    r"\bwe (?:also |clearly |further )?(?:detect|identify|see|find)\b[^.;]{0,160}\b(?:lines?|features?|emission|"
    r"absorption)\b"
    r"[^.;]{0,80}\bat (?:the|this|that) (?:same )?red-?shift\b"
)
OWN = words(
    r"\b(?:redshift|z) of (?:the |this )?(?:GRB|burst|afterglow|host|source|transient|object|event|FXT|EP|OT\b)|"
    r"(?:as|be) the redshift|likely redshift|derived redshift|common redshift|GRB redshift|"
    r"redshift of the|\bits redshift is\b|final redshift|redshift (?:for|to be)|redshift is most likely"
)
OWN_AFTER = words(
    r"^[ ,;()]*(?:which|and|that|this|for|as|is|\(?[\w ,-]{0,40}\),? which)?[^.;]{0,45}(?:(?:as|be|"
    r"is) (?:the|its) (?:\w+ ){0,3}redshift)"
)
#: A limit or a range that is the burst's own in so many words.
OWN_LIMIT = words(
    r"\b(?:on|to|for|of) the redshift of (?:the |this )?(?:GRB|burst|afterglow|EP|transient|source)|"
    r"\b(?:GRB|burst|afterglow)(?:'s)? redshift\b|"
    r"redshift (?:range|limit)s? (?:\w+ ){0,5}(?:for|of|on) (?:this |the )?(?:GRB|burst)|"
    r"redshift of (?:the |this )?(?:GRB|burst)"
)
HOST = words(r"\bhosts?\b")
#: A sentence that is about a galaxy.
GALAXY_SUBJECT = words(r"^\W*(?:the|this|a|an|another|one|that) (?:[\w-]+ ){0,4}galaxy\b")
#: A sentence that finds a galaxy in the region and measures it.
GALAXY_THERE = words(r"^[^.;]{0,60}\bthere (?:is|are) (?:an?|one|two|three|several) (?:[\w-]+ ){0,4}galax(?:y|ies)\b")
UNRELATED = words(
    r"\bunrelated|\bno relation|\bnot (?:be |physically )?(?:related|associated|connected)|\boutside\b|"
    r"\bchance (?:coincidence|alignment)|\bforeground"
)
FIELD_GALAXY = words(r"\bgalax|\bcluster|\bAbell|\bNGC|\bgroup\b")
CORRECTED = words(r"\b(?:correct(?:ed)?|refined|revised|improved|accurate|updated|new value)\b[^.;]{0,40}$")
INTERVENING = words(
    r"\b(?:additional|second|third|another|other|further|also|weaker|secondary|two more|several)\b[^.;]{0,60}"
    r"\b(?:absor(?:ption|bing) systems?|systems?|absorbers?|doublet|DLA)\b[^.;]{0,25}$|"
    r"\b(?:second|third|another|other) one (?:is )?at\b"
)
INTERVENING_STRICT = words(
    r"\binterven\w+|\bforeground|\bunrelated|\blower[- ]redshift (?:absor|system)|\bline[- ]of[- ]sight"
)
OTHER_OBJECT = words(
    r"\b(?:SN ?\d{4}|SN ?Ia|supernova\w*|1998bw|cluster|quasar|QSO|AGN|blazar|FSRQ|BL ?Lac\w*|Abell|"
    r"another galaxy|nearby galaxy|group of galaxies|galaxies|"
    r"other (?:GRBs?|bursts?|galax\w+)|GRBs|field galaxy|sample|population|NGC|\d+ bursts|"
    r"bursts? studied|median|average|(?:like|such as|similar to|example) GRB)"
)
HEDGED = words(
    r"^\W{0,3}(?:if|assuming)\b|"
    r"\b(?:tentative\w*|possibl\w+|probabl\w+|likely|may|might|could|if (?:real|this|confirmed|"
    r"associated|so|it)|uncertain|"
    r"would|suggests?|suggestive|provisional\w*|preliminary|plausibl\w+|hint\w*|marginal\w*|"
    r"candidate|presumabl\w+|caution)\b"
)
#: Of several solutions the one that the authors prefer.
PREFERRED = words(r"\b(?:best[- ]fit\w*|preferred|favou?red|most (?:likely|probable)|best solution)\b[^.;]{0,60}$")
#: What follows is another's.
AGREES_WITH = words(r"\b(?:agree\w*|consistent|compatible|confirm\w*|in line|similar|than)\b")
DOUBTED = words(
    r"\b(?:could|might|may) be (?:at |around |about )?(?:z ?)?[=~]*\s*$|\b(?:claim|hypothesis|refute)\w*[^.;]{0,40}$|"
    r"\balternative\w*\b[^.;]{0,60}$"
)
#: The value stands for hardly more than that one was looked for.
OPEN = words(r"^[^.;]{0,80}\b(?:includes? all (?:values|redshifts)|(?:un|poorly |not well |not )constrained)")
EXPECTED = words(r"^[^.;]{0,10}, (?:we|one) would (?:have )?expect")
NEGATED = words(
    r"\b(?:inconsistent|not (?:at|consistent|compatible)|rule[sd]? out|excluded?|exclud\w+|reject\w*|"
    r"disfavou?r\w*|instead of|rather than|no longer|erroneous|incorrect|misidentif\w+)\b[^.;]{0,45}$"
)
PHOTOMETRIC = words(
    r"photometric(?:ally)? (?:red-?shift|estimate|analysis)|photo-?z|hyper-?z|\bphot\.? ?z|z_?phot|"
    r"\bSED\b|spectral energy distribution|"
    r"template|drop-?out|photometric redshift|broad-?band|GROND|\bfilters?\b|X-ray spectr|NH excess"
)
SPECTROSCOPIC = words(
    r"spectr(?:um|a\b|oscop\w*|ograph)|\blines?\b|doublet|absorption|emission|\[O ?II|Mg ?II|Fe ?II|"
    r"C ?IV|Si ?II|H-?(?:alpha|beta)|grism|slit"
)
