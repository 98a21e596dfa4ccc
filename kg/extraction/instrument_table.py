"""Names of telescopes and detectors: how we write each, and how circulars do. A table only."""

from __future__ import annotations

import re

from kg.openings import compiled, dealt

#: How we write an instrument, and the patterns of circulars' words for it. The finer before the coarser.
TABLE = r"""
Swift-BAT-GUANO = BAT[-/ ]?GUANO|GUANO|NITRATES
Swift-BAT = BAT|Burst Alert Telescope
Swift-XRT = XRT
Swift-UVOT = UVOT
Fermi-GBM = GBM|BALROG|RoboBA|Fermi Gamma-[Rr]ay Burst Monitor
Fermi-LAT = LAT
Konus-Wind = Konus[-/ ]?(?:Wind|WIND)?|KONUS[-/ ]?(?:WIND)?|KW
IPN = IPN|[Tt]riangulation
CALET-CGBM = CALET|CGBM
AstroSat-CZTI = AstroSat[- /]?(?:CZTI)?|CZTI
INTEGRAL-SPI-ACS = SPI[-/ ]?ACS
INTEGRAL-IBIS = IBIS(?:/ISGRI)?|ISGRI|IBAS
INTEGRAL = INTEGRAL
AGILE-MCAL = MCAL
AGILE = AGILE|SuperAGILE
MAXI-GSC = MAXI(?:/GSC)?
EP-WXT = WXT
EP-FXT = FXT
LEIA = LEIA
SVOM-ECLAIRs = ECLAIRs
SVOM-GRM = SVOM[/ -]?GRM|GRM
SVOM-VT = SVOM[/ -]?VT|VT
SVOM-MXT = MXT
SVOM-GWAC = GWAC
GECAM-B = GECAM-B
GECAM-C = GECAM-C
GECAM = GECAM
GRBAlpha = GRBAlpha|GRBALPHA
VZLUSAT-2 = VZLUSAT-?2
Insight-HXMT = (?:Insight[- ])?HXMT(?:/HE)?
Suzaku-WAM = Suzaku[-/ ]?(?:WAM)?|WAM
RHESSI = RHESSI
HETE-2 = HETE(?:-?2)?|FREGATE|WXM|SXC
BATSE = BATSE
BeppoSAX = Beppo-?SAX|GRBM|BSAX
RXTE = RXTE|ASM
Ulysses = Ulysses
NEAR = NEAR
Glowbug = Glowbug
EIRSAT-1 = EIRSAT-1
POLAR = POLAR(?:-2)?
IceCube = IceCube
ANTARES = ANTARES
KM3NeT = KM3NeT
Baksan = Baksan
Super-Kamiokande = Super-?K(?:amiokande)?
Pierre Auger = Pierre Auger(?: Observatory)?
HAWC = HAWC
Milagro = Milagro
HEGRA = HEGRA
MAGIC = MAGIC
H.E.S.S. = H\.?E\.?S\.?S\.?(?= )
VERITAS = VERITAS
LHAASO = LHAASO
FACT = FACT
Chandra = Chandra
XMM-Newton = XMM(?:-Newton)?
NICER = NICER
NuSTAR = NuSTAR
HST = HST|Hubble(?: Space Telescope)?
JWST = JWST
Spitzer = Spitzer
IXPE = IXPE
COSI = COSI
VLA = J?E?VLA|Very Large Array
ATCA = ATCA
ALMA = ALMA
GMRT = u?GMRT
MeerKAT = MeerKAT
WSRT = WSRT|Westerbork
AMI-LA = AMI(?:-?LA)?
e-MERLIN = e?-?MERLIN
NOEMA = NOEMA
SCUBA = SCUBA(?:-2)?
SMA = SMA
CARMA = CARMA
ASKAP = ASKAP
LOFAR = LOFAR
VLBA = VLBA
EVN = EVN
PdBI = PdBI|Plateau de Bure
MWA = MWA
JVN = JVN|Japanese VLBI Network
MASTER = MASTER(?:-?[Nn]et)?
GROND = GROND
NOT = (?<![Ii]s )(?<!are )NOT(?! (?:a|an|due|real|the|be|detect\w*|found|GRB|CONFIRMED)\b)|Nordic Optical Telescope
VLT = VLT|Very Large Telescope|X-?shooter|XSHOOTER|FORS[12]|UVES|MUSE|HAWK-I|ISAAC|SINFONI
Gemini = Gemini(?:-?(?:North|South|N|S)\b)?|GMOS(?:-[NS])?|GNIRS|NIRI
Keck = Keck|LRIS|DEIMOS|ESI|MOSFIRE|NIRES
Magellan = Magellan|LDSS-?3|IMACS|MagE|Baade|Clay
Subaru = Subaru|FOCAS
GTC = GTC|OSIRIS\+?|Gran Telescopio
WHT = WHT|William Herschel
TNG = TNG|Telescopio Nazionale Galileo
CAHA = CAHA|Calar Alto
LBT = LBT|MODS
MMT = MMT
HET = HET|Hobby-Eberly
NTT = NTT|EFOSC2?
REM = REM
TAROT = TAROT
ROTSE = ROTSE(?:-III\w?)?
RAPTOR = RAPTOR
KAIT = KAIT
Liverpool = Liverpool Telescope|LT(?= )
Faulkes = Faulkes|FTN|FTS
LCO = LCOGT?|Las Cumbres
PAIRITEL = PAIRITEL
UKIRT = UKIRT
CFHT = CFHT
RATIR = RATIR
COATLI = COATLI
DDOTI = DDOTI
COLIBRI = COLIBR[IÍ]
MITSuME = MITSuME
Kanata = Kanata
Lulin = Lulin|Kinder
Xinglong = Xinglong|TNT
GMG = GMG|Lijiang
TSHAO = TSHAO|Tien Shan
Mondy = Mondy|AZT-33IK
CrAO = CrAO
AbAO = AbAO|AS-32|Abastumani
Maidanak = Maidanak
SAO RAS = SAO RAS|BTA|Zeiss-1000
ISON = ISON(?:-\w+)?
Terskol = Terskol
RTT150 = RTT-?150|TUG
BOOTES = BOOTES(?:-\d\w?)?
OSN = OSN
Assy = Assy
CHILESCOPE = CHILESCOPE
Watcher = Watcher
Burke-Gaffney = Burke-Gaffney
iTelescope = iTelescope(?:\.[Nn]et)?
D50 = D50
FRAM = FRAM
GOTO = GOTO
ZTF = ZTF|Zwicky Transient Facility
P60 = P60|Palomar 60
P200 = P200|Palomar 200|DBSP|WIRC
SEDM = SEDM
GIT = GIT|GROWTH-India
DFOT = DFOT
HCT = HCT
ARIES = ARIES|DOT
ATLAS = ATLAS
Pan-STARRS = Pan-?STARRS\d?|PS1
DECam = DECam
SMARTS = SMARTS|ANDICAM
SOAR = SOAR
LDT = LDT|DCT|Discovery Channel
WFST = WFST
Skynet = Skynet|PROMPT
KMTNet = KMTNet
LOAO = LOAO
SRO = SRO
GRANDMA = GRANDMA
SAGUARO = SAGUARO
BlackGEM = BlackGEM
MeerLICHT = MeerLICHT
OHP = OHP|MISTRAL|T193
VIRT = VIRT
Asiago = Asiago
Mephisto = Mephisto
AST3 = AST3(?:-\d)?
TRT = TRT
UVEX = UVEX
Leavitt = Leavitt
Montarrenti = Montarrenti
OPD = OPD
LIGO/Virgo/KAGRA = LIGO[/-]Virgo(?:[/-]KAGRA)?|LVK|LVC
Swift = Swift
Fermi = Fermi
"""
PATTERNS = dict(line.split(" = ", 1) for line in TABLE.strip().splitlines())
BY_PATTERN = [(name, compiled(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])")) for name, pattern in PATTERNS.items()]
ANY = compiled(rf"(?<![A-Za-z0-9])(?:{dealt(('', p) for p in PATTERNS.values())})(?![A-Za-z0-9])")
#: A mission alone says less than its instrument.
OF_MISSION = {
    "Swift": ("Swift-",),
    "Fermi": ("Fermi-",),
    "INTEGRAL": ("INTEGRAL-",),
    "AGILE": ("AGILE-",),
    "GECAM": ("GECAM-",),
}
#: In front of an instrument: our own observation with it.
WITH = compiled(r"\b(?:with|using|by|at|on|from|via|through|aboard|onboard|the|our)\b(?:[^.;:()\n]|\.\d){0,60}$", re.I)
OBSERVED = compiled(
    r"\b(?:observ\w+|detect\w*|obtain\w*|imag\w+|spectr\w+|took|taken|trigger\w*|monitor\w*|data|start\w*|"
    r"carried|perform\w*|began|pointed|"
    r"follow\w*|acquired|located|slewed|measured|found|recorded|analysis|search\w*)\b",
    re.I,
)
PARENTHESIS = compiled(r"\([^()]*(?:et al|GCN|[Tt]eam|[Cc]ollab)[^()]*\)")
