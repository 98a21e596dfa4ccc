"""The vocabulary of what sort of report a circular is and what it corrects. Patterns only."""

from __future__ import annotations

import re

from kg.cues import Cued
from kg.openings import compiled

#: Instruments that see the prompt emission: their report is a detection, everybody else's a follow-up.
PROMPT = (
    r"\b(?:BAT|BAT-?GUANO|GUANO|GBM|Konus|Konus[-/ ]?\w+|KW|CALET|CGBM|AstroSat|CZTI|AGILE|MCAL|SuperAGILE|INTEGRAL|"
    r"SPI-?ACS|ACS|IBIS|IBAS|RHESSI|HETE(?:-2)?|FREGATE|WXM|SXC|WAM|Suzaku|MAXI|GRBAlpha|VZLUSAT(?:-2)?|GECAM|HXMT|"
    r"Insight-HXMT|GRM|ECLAIRs|SVOM|WXT|BATSE|BeppoSAX|RXTE|ASM|NEAR|Ulysses|Helicon|GRID|Glowbug|StarBurst|LEIA|"
    r"EIRSAT-1|SIRI-2|POLAR|Lomonosov|BDRG|GAP|IKAROS|LAT|BALROG|GRBM|WFC|Mars Odyssey|HEND|AMON|DAMPE|COSI|"
    # HETE's own numbers: "GRB 310101 (=H1234)".
    r"(?<==)[HU]\d{4,5})\b"
)
LATER = (
    r"\b(?:XRT|UVOT|FXT|NICER|NuSTAR|Chandra|XMM|NFI|optical|radio|infrared|near-?IR|NIR|X-ray|"
    r"afterglow|counterpart)\b"
)
#: Telescopes and spectrographs that take spectra of afterglows and hosts.
_TELESCOPES = (
    r"VLT|Gemini|Keck|Magellan|GTC|NOT|MMT|HET|LBT|UVES|FORS\d?|X-?shooter|MIKE|DEIMOS|LRIS|ESI|HIRES|IMACS|LDSS-?\d?|"
    r"GMOS|OSIRIS|ALFOSC|DOLORES|TNG|WHT|NTT|EFOSC\d?|MODS|BTA|KOSMOS|MMIRS|GNIRS|NIRSPEC|MOSFIRE|SALT|HST|JWST|ISIS|"
    r"Xinglong|LAMOST|Palomar|P200|DBSP|Lick|Kast|Subaru"
)
#: Sort of report by words of the subject; the first that fits names it, from the special to the common. The second
#: word is a finer sort, told in `detail`.
SORTS: list[tuple[str, str, Cued]] = [
    (sort, detail, Cued(pattern, re.I))
    for sort, detail, pattern in [
        ("retraction", "", r"\bretract(?:ion|ed|ing|s)?\b(?! of (?:the )?redshift)|\bcancell?ation\b|\bwithdraw\w*\b"),
        ("correction", "", r"\bcorrections?\b(?! to \w+ [Cc]lassification)|\bcorrected\b|\berrat(?:um|a)\b|"
                           r"\bcorrigendum\b|\(?replaces GCN|\bclarification\b|\btypo\b"),
        ("retraction", "", r"\b(?:is|are|was|were)\s+(?:\w+ ){0,2}not (?:\w+ ){0,2}(?:GRBs?\b|bursts?\b|astrophysical|"
                           r"real\b|gamma-ray bursts?)|\bnot (?:a|an) (?:real )?(?:GRB|gamma-ray burst|"
                           r"astrophysical)\b|"
                           r"\b(?:is|are) (?:\w+ )?(?:noise|false|spurious|background)|misidentification|"
                           r"\bdue to (?:\w+ ){0,3}(?:noise|background|[Ss]tar [Tt]racker)|\bfalse (?:trigger|alarm)|"
                           r"\bis (?:likely )?(?:caused by |due to |triggered by )?(?:a |an |the )?(?:known source|"
                           r"outburst of an? (?:known )?|stellar flare|solar)"),
        ("localization", "update", r"\bupdated (?:sky|localization)|\bupdated? .*sky locali[sz]ation"),
        ("service", "", r"\bnot observable\b|\bout of (?:the )?(?:FoV|field)|\bin SAA\b|\bin the SAA\b|\btest\b|"
                        r"\bsoftware\b|\bobserving (?:plan|run|constraint)|\bwebsite\b|"
                        r"\bToO\b.*\b(?:instructions|website)|"
                        r"\boutage\b|\bdowntime\b|\bresume[sd]?\b|\bnotices?\b.*\b(?:will|change)|\bdata publicly\b|"
                        r"\bannounce|\brequest for\b|\bfinding chart|\bobserving restriction|\bcall for\b|\bsafe mode|"
                        r"\banomaly\b|\boffline\b|\bmaintenance\b"),
        ("follow_up", "redshift", r"\b(?:observations?|detection|confirmation|imaging|photometry)\b.*\b(?:and|:) "
                                  r"(?:\w+ )?(?:photometric redshift|photo-?z|redshift estimate)|"
                                  r"\bphotometric redshift\b|\bphoto-?z\b|\bhigh[- ]redshift galax"),
        ("spectroscopy", "", r"\bclassification (?:as|of) an? (?:[Tt]ype|SN|supernova)|\b(?:SN|"
            r"supernova) classification\b"),
        ("interpretation", "", r"\bpseudo[- ]?(?:z|redshift)|\bempirical|\bstatement\b|\bimplications?\b|"
                               r"\bmodel(?:l?ing)?\b|"
                               r"\binterpretation\b|\btheor\w+|\bprediction|\bpossible origin|\banalog\w*|"
                               r"\bestimating\b|"
                               r"\bis similar to\b|\bsimilarit|\bsupernova bump\b.*expected|\bexpected\b|"
                               r"\bnature of\b|"
                               rf"^(?!.*\b(?:{_TELESCOPES})\b).*\bredshift estimat|"
                               r"\bAmati\b|\bproperties of the (?:low-significance|.*merger)|"
                               r"\bmeasurement of .*host|\bconstraints on\b|"
                               r"^(?!.*\b(?:spectroscop|photometr)).*\bevidence (?:for|against)\b|\bEiso\b|"
                               r"\benergetics\b|\bclassification as\b|\btwin\b|\bcomments? on\b|\bremarks?\b"),
        ("spectroscopy", "redshift", r"\b(?:redshift\w{0,2}|spec-z|z ?= ?\d)\b"),
        # Instruments that do nothing else.
        ("spectroscopy", "", r"^(?!.*\b(?:photometr|imag|detection|upper limit)).*\b(?:X-?shooter|UVES|HIRES|ESPRESSO|"
                             r"integral field)\b"),
        ("spectroscopy", "", r"(?<!for optical )(?<!for )\b(?:spectroscop|spectrograph|spectrosc)\w*|"
                             r"^(?!.*\b(?:BAT|GBM|Konus|XRT)\b).*\bspectra\b(?!l)|"
                             r"^(?!.*\b(?:BAT|GBM|Konus|XRT|X-ray|Chandra|XMM|NuSTAR|NICER|Swift|RHESSI|Suzaku|"
                             r"WAM|HETE|"
                             r"INTEGRAL|AGILE|LAT|radio|prompt|Band|joint|time-resolved|Fermi|HXMT|GECAM|CALET|"
                             r"SVOM|EP|"
                             r"fluences?|fluxes|duration|energy|spectral analysis|hard|soft|burst)\b)"
                             r".*\b[Ss]pectrum\b|"
                             r"\bspectral properties of (?:the )?(?:\w+ )?(?:GRB|SN|OT|afterglow|host|supernova)"
                             r"[^:]*$|"
                             rf"\b(?:{_TELESCOPES}|optical|NIR|low-resolution|high-resolution|host|absorption|"
                             r"emission)\b[^:]{0,30}\bspectrum\b|"
                             r"\bspectrum of (?:the )?(?:afterglow|OT|host|optical)|\babsorption lines?\b|"
                             r"\bspectral (?:type )?classification|\bspectroscopic"),
        ("localization", "", r"\btriangulation\b|\blocali[sz]ation\w{0,2}\b|\berror (?:box|circle|region)|\bIPN\b|"
                             r"\benhanced\b.*\bposition|\brefined position|\bposition\b(?!al)(?!s of)|\bsky ?map\b|"
                             r"\bannul(?:us|i)\b|\bcoordinates\b|\bastrometr"),
        ("detection", "", r"\bidentification of an? (?:GW|candidate|binary|burst|compact)|"
                          r"\bobservation of an? (?:[\w-]+ )*neutrino candidate|"
                          r"\bneutrino (?:candidate )?event\b(?!s? search)|\bcoincidence alert\b|"
                          r"\bSwift detect(?:ion|s)\b|\bspectral lag\b|"
                          r"\bnew (?:\w+ )?transient\b|\bEP-?WXT\b|\bdetection of (?:a|an|the) (?:new |bright |"
                          r"short |long |"
                          r"possible |fast |faint |very |weak |likely )*(?:\w+ )?(?:GRB|burst|gamma-ray burst|"
                          r"X-ray transient|transient|XRF|X-ray flash|SGR)|\bdiscovery of (?:a|"
                          r"an) (?:\w+ )*(?:transient|"
                          r"burst)|\bcandidate event\b|\bdetection of an? (?:[\w-]+ )*neutrino\b|"
                          r"\bprompt emission\b|\balerts? from\b|"
                          rf"^(?!.*{LATER}).*(?:\bdiscovery (?:with|by)\b|\bdurations? and\b|\bpeak flux(?:es)?\b|"
                          r"\bfluences?\b)"),
        ("follow_up", "upper limit", r"\bupper[- ]?limits?\b|\bnon-?detections?\b|\bno (?:\w+ ){0,3}(?:detections?|"
                                     r"counterparts?|candidates?|emission|afterglow|neutrino)\b"),
        ("follow_up", "", r"\bsearch(?:es)?\b|\bfollow-?up\b"),
        ("follow_up", "X-ray", r"\b(?:XRT|UVOT|FXT|NICER|NuSTAR|Chandra|XMM\S*)\b"),
        ("follow_up", "", r"\bafterglow\b(?!.*\bSwift detection\b)"),
    ]
]  # fmt: skip
PROMPT_RE = compiled(PROMPT)
LATER_RE = compiled(LATER, re.I)
BURST_WORDS = compiled(
    r"\b(?:observations?|detect(?:ion|ions|ed|s)?|refined|analysis|results?|spectral|spectrum|light ?curve|fit|"
    r"lag|burst|"
    r"duration|T90|fluence)\b",
    re.I,
)
#: What an instrument of gamma rays sees, or not, of these is a follow-up.
OTHER_MESSENGER = compiled(r"\b(?:IceCube|IC)-?\d{6}|\bG\d{6}\b|\bM?S\d{6}[a-z]|\bNuEm|\bneutrino", re.I)
SAYS_SO = Cued(
    r"\bcorrect(?:ion|ions|s|ed|ing)?\b|\berrat(?:um|a)\b|\bcorrigend|\btypo\b|\bmistakes?\b|\berroneous(?:ly)?\b|"
    r"\bshould (?:have )?be(?:en)?\b[^.;]{0,40}\binstead of\b|"
    r"\bincorrect(?:ly)?\b|\bsuperseded?s?\b|\breplaces?\b|\b(?:should|must) be replaced\b|"
    r"\b(?:error|mistake|misprint) in (?:our|my|the) (?:previous |earlier |last )?(?:GCN|[Cc]irc)|"
    r"\bcontrary to (?:what )?(?:is |was |we )?(?:stated|reported|said|written|claimed)\b|"
    r"\bsent in error\b|\bin error\b|\bwrong\b|\bshould read\b|"
    r"\bmis-?prints?\b|\bcontain(?:s|ed) an? (?:error|mistake)\b|\bshould have been\b|\bshould not be used\b|"
    r"\binstead of the\b|\bdisregard\w*\b|\bnot (?:likely |expected |believed )?(?:to be )?real\b|\bspurious\b|"
    r"\bregretted\b|\bmis-?identification\b|\bmisstated?\b|\bmis-?typed\b|\bunfortunately\b|"
    r"\bwas due to mis",
    re.I,
)
NOT_SO = compiled(
    r"(?:\b(?:extinction|reddening|galactic|bolometric|pile-?up|k|color|colour|bias|barycent\w+|dust|aperture|is|are) "
    r"|\w-|\b(?!in)\w+ly )correct\w*|\bcorrect(?:ed|ions?|ing)? for\b|\buncorrected|\bnot corrected|"
    r"\bif\b[^.]{0,60}\bcorrect",
    re.I,
)
#: "In GCN 40001 the date was given as ... This is incorrect."
IN_GCN = compiled(
    r"\b[Ii]n (?:the |our |my )?(?:previous |last )?(?:GCN\w*|[Cc]irc\w*\.?)(?: Circ\w*\.?)?(?: No\.?)? ?#?$"
)
THIS_IS_WRONG = compiled(
    r"\W*(?:This|These|That|Those|It)(?: \w+){0,2} (?:is|are|was|were) (?:\w+ly )?(?:incorrect|wrong|in error|"
    r"erroneous|"
    r"mistaken|a typo)\b"
)
#: Subjects of a circular that improves on an earlier one of the same team.
RENEWED = compiled(
    r"^(?!.*\b(?:XRT|IPN|Konus|BAT|GBM)\b).*(?:"
    r"\b(?:updat\w+|refined|revis\w+|improved|re-?analysis)\b.*\b(?:red-?shift|spectroscop)|"
    r"\b(?:red-?shift|spectroscop\w+)\b.*\b(?:updat\w+|revis\w+))",
    re.I,
)
#: "our previous circular (Doe et al., GCN 1234)": the citation is the team's own.
OWN_EARLIER = compiled(
    r"\b(?:our|my) (?:previous|earlier|preliminary|first|last|initial)(?: \w+){0,2} ?\(?(?:[\w'. -]{0,40}, )?"
    r"(?:GCN\w?|#|Circ\w*|\.|,| |No)*$",
    re.I,
)
