"""Telescopes and cameras by the names that circulars use, for those who need to know which one saw something."""

from __future__ import annotations

import re

from kg.openings import compiled, dealt

#: How we write it, and how circulars do; the first that fits at a place names it.
TELESCOPES: list[tuple[str, str]] = [
    ("Swift-UVOT", r"\bUVOT\b"),
    ("GROND", r"\bGROND\b"),
    ("RATIR", r"\bRATIR\b"),
    ("DDOTI", r"\bDDOTI\b"),
    ("COATLI", r"\bCOATLI\b"),
    ("MASTER", r"\bMASTER\b"),
    ("ZTF", r"\bZTF\b|\bZwicky Transient"),
    ("GOTO", r"\bGOTO\b"),
    ("ATLAS", r"\bATLAS (?:system|survey|\(|telescope|project|images|observ)"),
    ("Pan-STARRS", r"\bPan-STARRS ?[12]? (?:telescope|observ)|\bPS[12] telescope"),
    ("KAIT", r"\bKAIT\b"),
    ("BOOTES", r"\bBOOTES\b"),
    ("TAROT", r"\bTAROT\b"),
    ("ROTSE", r"\bROTSE\b"),
    ("PAIRITEL", r"\bPAIRITEL\b"),
    ("VLT", r"\bVLT\b|\bVery Large Telescope\b"),
    ("NOT", r"\bNordic Optical Telescope\b|\bNOT\b(?= [a-zA-Z(]|[,.)])|\bALFOSC\b"),
    ("GTC", r"\bGTC\b|\bGran Telescopio"),
    ("Gemini", r"\bGemini\b"),
    ("Keck", r"\bKeck\b"),
    ("Subaru", r"\bSubaru\b"),
    ("TNG", r"\bTNG\b"),
    ("LBT", r"\bLBT\b"),
    ("WHT", r"\bWHT\b|\bWilliam Herschel"),
    ("INT", r"\bIsaac Newton Telescope\b"),
    ("CAHA", r"\bCAHA\b|\bCalar Alto\b"),
    ("LCOGT", r"\bLCOGT\b|\bLCO\b|\bLas Cumbres"),
    ("Faulkes", r"\bFaulkes\b"),
    ("Liverpool Telescope", r"\bLiverpool Telescope\b"),
    ("GIT", r"\bGROWTH[- ]India\b|\bGIT\b"),
    ("DOT", r"\bDevasthal Optical Telescope\b"),
    ("HST", r"\bHST\b|\bHubble Space"),
    ("DECam", r"\bDECam\b"),
    ("SVOM-VT", r"\bSVOM[/ -]VT\b|\bVT telescope\b"),
    ("C-GFT", r"\bC-GFT\b"),
    ("COLIBRI", r"\bCOLIBR[IÍ]\b"),
    ("NEXT", r"\bNEXT\b(?=-| 0| tele|,)|\bNanshan\b"),
    ("TNT", r"\bTNT\b"),
    ("Xinglong", r"\bXinglong\b"),
    ("GRANDMA", r"\bGRANDMA\b|Kilonova-?Catcher"),
    ("MITSuME", r"\bMITSuME\b"),
    ("Zeiss-1000", r"\bZeiss-1000\b"),
    ("BTA", r"\bBTA\b"),
    ("AZT-33IK", r"\bAZT-33IK\b"),
    ("AZT-20", r"\bAZT-20\b"),
    ("Maidanak", r"\bMaidanak\b"),
    ("CrAO", r"\bCrAO\b"),
    ("Tautenburg", r"\bTautenburg\b(?=[ \n](?:1\.3|Schmidt|tele))"),
    ("Lick", r"\bLick\b"),
    ("Palomar", r"\bPalomar\b"),
    ("SALT", r"\bSALT\b"),
    ("SOAR", r"\bSOAR\b"),
    ("Magellan", r"\bMagellan\b"),
    ("PROMPT", r"\bPROMPT\b"),
    ("Skynet", r"\bSkynet\b"),
    ("iTelescope", r"\biTelescope\b"),
    ("WFST", r"\bWFST\b"),
    ("LDT", r"\bLowell Discovery|\bLDT\b"),
    ("DCT", r"\bDiscovery Channel Telescope\b"),
    ("UKIRT", r"\bUKIRT\b"),
    ("MMT", r"\bMMT\b"),
    ("SMARTS", r"\bSMARTS\b"),
    ("ANDICAM", r"\bANDICAM\b"),
    ("J-GEM", r"\bJ-GEM\b"),
    ("Konkoly", r"\bKonkoly\b|\bPiszk"),
    ("MeerLICHT", r"\bMeerLICHT\b"),
    ("BlackGEM", r"\bBlackGEM\b"),
]
#: The look-ahead passes over what begins no name at the cost of one comparison.
TELESCOPE = compiled(rf"(?<![A-Za-z0-9])(?=[A-Zi])(?:{dealt((f't{i}', p) for i, (_, p) in enumerate(TELESCOPES))})")


def telescope_of(match: re.Match[str]) -> str:
    """How we write the telescope that a match of `TELESCOPE` names."""
    return TELESCOPES[int((match.lastgroup or "t0")[1:].partition("_")[0])][0]
