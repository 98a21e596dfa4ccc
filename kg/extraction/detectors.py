"""Names of the instruments that positions, trigger times, durations and fluxes come from, as qualifiers of those facts.

Looked up word by word: a pattern of a hundred alternatives would cost more than all grammars together."""

from __future__ import annotations

from collections.abc import Iterator

from kg.openings import compiled

#: How we write an instrument, and the words by which circulars name it.
_WORDS: dict[str, str] = {
    "Swift-BAT": "BAT Burst_Alert", "Swift-BAT-GUANO": "GUANO NITRATES", "Swift-XRT": "XRT", "Swift-UVOT": "UVOT",
    "Fermi-GBM": "GBM BALROG RoboBA Gamma-ray_Burst_Monitor Gamma-Ray_Burst_Monitor",
    "Fermi-LAT": "LAT Large_Area", "Konus-Wind": "Konus KONUS KW KonusWind", "CALET-CGBM": "CALET CGBM",
    "INTEGRAL-SPI-ACS": "SPI SPI-ACS SPI/ACS", "INTEGRAL-IBIS": "IBIS ISGRI IBAS INTEGRAL",
    "AstroSat-CZTI": "CZTI AstroSat",
    "AGILE": "AGILE SuperAGILE", "AGILE-MCAL": "MCAL", "MAXI-GSC": "MAXI GSC", "EP-WXT": "WXT", "EP-FXT": "FXT",
    "LEIA": "LEIA", "SVOM-ECLAIRs": "ECLAIRs", "SVOM-GRM": "GRM", "SVOM-MXT": "MXT", "SVOM-VT": "VT",
    "GECAM": "GECAM", "GECAM-B": "GECAM-B", "GECAM-C": "GECAM-C", "GRBAlpha": "GRBAlpha",
    "VZLUSAT-2": "VZLUSAT VZLUSAT-2",
    "GRID": "GRID GRID-03B", "Glowbug": "Glowbug", "Insight-HXMT": "HXMT Insight-HXMT", "Suzaku-WAM": "WAM Suzaku",
    "RHESSI": "RHESSI", "HETE-2": "HETE HETE-2 FREGATE WXM SXC", "BATSE": "BATSE", "BeppoSAX": "BeppoSAX GRBM SAX",
    "RXTE": "RXTE ASM", "Ulysses": "Ulysses", "IPN": "IPN triangulated triangulation Triangulation",
    "IceCube": "IceCube", "ANTARES": "ANTARES", "KM3NeT": "KM3NeT", "HAWC": "HAWC", "Milagro": "Milagro",
    "HEGRA": "HEGRA", "MAGIC": "MAGIC", "LHAASO": "LHAASO", "H.E.S.S.": "HESS",
    "LVK": "LIGO Virgo KAGRA LVK LVC GraceDB", "Chandra": "Chandra", "XMM-Newton": "XMM XMM-Newton", "NICER": "NICER",
    "NuSTAR": "NuSTAR", "VLA": "VLA JVLA EVLA", "ATCA": "ATCA", "ALMA": "ALMA", "GMRT": "GMRT uGMRT",
    "MeerKAT": "MeerKAT", "WSRT": "WSRT Westerbork", "AMI": "AMI AMI-LA", "e-MERLIN": "MERLIN e-MERLIN",
    "NOEMA": "NOEMA", "PdBI": "PdBI Plateau", "SCUBA": "SCUBA SCUBA-2", "SMA": "SMA", "IRAM": "IRAM", "ASKAP": "ASKAP",
    "CARMA": "CARMA", "LOFAR": "LOFAR", "Ryle": "Ryle", "VLBA": "VLBA", "JVN": "JVN", "HST": "HST Hubble",
    "ZTF": "ZTF Zwicky", "ATLAS": "ATLAS", "GROND": "GROND", "MASTER": "MASTER", "GOTO": "GOTO",
    "Pan-STARRS": "Pan-STARRS PanSTARRS PS1", "2MASS": "2MASS", "SDSS": "SDSS",
}  # fmt: skip
_BY_WORD = {word.partition("_")[0]: (name, word) for name, words in _WORDS.items() for word in words.split()}
_WORD = compiled(r"(?<![\w])[A-Za-z0-9]{2,}(?:-[A-Za-z0-9]+){0,2}")

#: "the LAT boresight": where a detector looked, no measurement of it.
_AIM = (" boresight", " bore-sight", " field of view", " FoV")


def instruments(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, str]]:
    """(where, how we write it) of every instrument named in a part of a text, in order."""
    for match in _WORD.finditer(text, max(0, start), len(text) if end is None else end):
        word = match.group()
        found = _BY_WORD.get(word)
        if found is None and "-" in word:
            found = _BY_WORD.get(word.partition("-")[0]) or _BY_WORD.get(word.rpartition("-")[2])
        if found is None or text.startswith(_AIM, match.end()):
            continue
        name, phrase = found
        if "_" not in phrase or text.startswith(phrase.replace("_", " "), match.start()):
            yield match.start(), name


def last_instrument(text: str, start: int, end: int) -> str | None:
    """The instrument named last before a place: the one that speaks."""
    return next((name for _, name in reversed(list(instruments(text, start, end)))), None)


def first_instrument(text: str, start: int, end: int) -> str | None:
    """The instrument named first after a place."""
    return next((name for _, name in instruments(text, start, end)), None)
