"""Chooses which open circulars people annotate: one seeded draw, stratified by sender and spread over the years.

It decides nothing about what a circular says; its patterns only sort subjects into strata. Run it with
`python benchmarks/gold/sample.py --data FOLDER` to get the same numbers again."""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEED = 3
LONGEST = 3600  # characters of body: two of the sweeping optical tables would cost as much as fifteen other circulars

BEFORE_SWIFT = (
    2900  # circulars below this number were sent up to 2004: one stratum, so that the young ones do not drown
)
BEFORE_SWIFT_QUOTA = 14

# Stratum, how many to draw, and the pattern a subject must match; the first stratum that matches takes the circular.
STRATA: tuple[tuple[str, int, str], ...] = (
    ("correction", 6, r"correct(?:ion|ed)|mistake|replaces GCN|retraction and"),
    ("lvk retraction", 3, r"LIGO.*retract"),
    ("not a burst", 7, r"not (?:a GRB|an astro|real|associated)|galactic bulge|retraction|rejection"),
    ("master report", 3, r"MASTER-Net"),
    ("lvk identification", 4, r"LIGO.*identification"),
    ("lvk update", 3, r"LIGO.*updated sky"),
    ("lvk follow-up", 9, r"LIGO|ZTF and SEDM|AT ?2023sva"),
    ("icecube background", 2, r"likely due to background|IceCube update"),
    ("icecube detection", 5, r"IceCube.*observation of a high"),
    ("icecube follow-up", 6, r"IceCube-\d|neutrino"),
    ("hawc, amon, tev", 3, r"HAWC|AMON|TeV"),
    ("gbm localization", 3, r"Fermi GBM Final|BALROG"),
    ("gbm observation", 5, r"GBM"),
    ("lat", 3, r"Fermi-LAT"),
    ("swift detection", 5, r"Swift detection"),
    ("guano", 3, r"GUANO"),
    ("bat lag", 2, r"lag"),
    ("bat refined", 6, r"BAT"),
    ("xrt position", 3, r"Enhanced|XRT position|XRT localization|ToO"),
    ("xrt", 6, r"XRT"),
    ("uvot", 6, r"UVOT"),
    ("konus and ipn", 8, r"Konus|IPN|KW"),
    ("integral and agile", 4, r"INTEGRAL|AGILE|SPI-ACS"),
    ("astrosat, calet, gecam", 7, r"AstroSat|CALET|GECAM"),
    ("maxi, suzaku, hete, rhessi", 6, r"MAXI|Suzaku|HETE|=H\d|RHESSI|RXTE"),
    ("small satellites", 3, r"GRBAlpha|VZLUSAT|Glowbug|NuSTAR|GRID"),
    ("svom and einstein probe", 4, r"SVOM|EP2\d|LEIA"),
    ("radio and submillimetre", 6, r"radio|VLA|ATCA|VLBI|submm|sub-milli|NOEMA|GMRT|AMI|EVN"),
    ("x-ray, other", 4, r"Chandra|XMM|NICER|X-ray"),
    ("interpretation", 3, r"pseudo|theoretical|energetics|Eiso"),
    ("optical limits", 7, r"limit|no afterglow|non-det"),
    ("spectroscopy", 12, r"redshift|spectr|X-shooter"),
    ("optical photometry", 10, r"."),
)

# A second draw, from what the first left: the fields that were scarce in the first (durations, fluences, links between
# events, corrections, limits) and the years that it saw least.
SCARCE: tuple[tuple[str, int, str], ...] = (
    ("more corrections", 8, r"correct(?:ion|ed)|replaces GCN|revis|refined redshift|update of"),
    ("more links", 10, r"candidate|counterpart|associat|coincid|galactic|host gal.*cand|not a GRB afterglow|rejection"),
    ("more not a burst", 5, r"not (?:a GRB|an astro|real)|probably not"),
    ("more bat", 6, r"BAT refined|BAT and|BAT joint|detection and joint"),
    ("more gbm", 5, r"GBM obs|GBM det"),
    ("more konus", 5, r"Konus|RHESSI|Suzaku"),
    ("more small detectors", 4, r"AstroSat|CALET|GECAM|GRBAlpha|VZLUSAT|Glowbug"),
    ("more limits", 6, r"limit"),
    ("more recent", 5, r"GRB 24|GRB 25|EP25"),
)

# Hard ones from the project's list of forty that are in the open data.
EXPLICIT = (603, 1007, 3096, 3176, 10081, 10106, 12477, 21209, 33749, 34378, 34532, 34600, 34724, 34753, 38773)

# Chosen by their subjects for what is rarest: links that are claimed, doubted or denied, and things taken back.
RARE = (7389, 9383, 10027, 10068, 11563, 32983, 33313, 34316, 34407, 34688, 34709, 34717, 34738, 34748)

# A third draw: a second development sample of what the first has little of. A pattern may match subject or body, and
# only circulars that name no event of the test side are drawn. The bodies are shorter, to be read faster.
SECOND_SEED = 7
SECOND_LONGEST = 2400
SECOND: tuple[tuple[str, int, str], ...] = (
    ("second: links", 9, r"(?:\A|\n)[^\n]*(?:SN ?20|supernova|coincid|/ ?AT ?20|ZTF2|AMON)[^\n]*\Z"),
    ("second: links in the body", 8, r"supernova|coincident with|unrelated|chance (?:alignment|coincidence)|blazar"),
    ("second: corrections", 8, r"correction|mistake|revis(?:ed|ion)|refined (?:spectroscopic )?redshift|update of"),
    ("second: corrections in the body", 5, r"erratum|typo|supersede|should read|instead of|correct(?:s|ing|ion)"),
    ("second: not a burst", 8, r"\b(?:is|are) not (?:a )?(?:GRB|an? astro|astro)|likely due to background"),
    ("second: classes", 6, r"short[- /](?:hard|duration|GRB)|short burst|magnetar|\bSGR\b|X-ray (?:flash|transient)"),
    ("second: candidates", 8, r"afterglow candidate|candidate afterglow|not the afterglow|rule[sd]? out|not related"),
    ("second: gravitational waves", 4, r"LIGO/Virgo/KAGRA"),
    ("second: neutrinos", 4, r"IceCube-\d{6}A"),
    ("second: einstein probe and svom", 3, r"EP2\d{5}|SVOM|EP-WXT"),
    ("second: radio", 4, r"\bradio\b|VLA|ATCA|GHz"),
    ("second: swift", 4, r"UVOT|XRT (?:team|refined)|Enhanced Swift-XRT"),
    ("second: before swift", 6, r"GRB ?(?:9[789]|0[0-4])\d{4}|SN2002ap"),
    ("second: redshifts otherwise", 6, r"photo(?:metric)?[- ]?(?:z|redshift)|assum(?:e|ing)[^.]{0,40}(?:z|redshift)"),
    ("second: hosts and fields", 4, r"host galaxy|field galax|nearby galax|cluster"),
    ("second: not found", 5, r"not detect|no (?:credible |optical |new )?(?:source|afterglow|counterpart)|upper limit"),
)

# The third sample, kept apart in third.jsonl: circulars that no grammar was written on, to be scored before anybody
# tunes on them. Four in ten are drawn evenly over all years and senders ("."), six in ten from what is read worst.
THIRD_SEED = 11
THIRD_LONGEST = 2000
THIRD: tuple[tuple[str, int, str], ...] = (
    ("third: any", 40, r"."),
    (
        "third: corrections",
        8,
        r"(?i)typo|mistake|supersede|should (?:be )?read|correction to|revised|instead of",
    ),
    ("third: taken back", 8, r"not (?:a |an )?(?:GRB|astrophysical|real)|retract(?:ed|ion)|withdraw|spurious"),
    ("third: neutrinos", 4, r"IceCube-|neutrino"),
    ("third: links", 5, r"coincident with|associat(?:ed|ion) (?:with|of) (?:the |a )?(?:GRB|SN|S2|gala|nearby)|blazar"),
    ("third: links in the subject", 5, r"\n[^\n]*(?:SN ?\d{4}|SN\b|supernova|AT ?20|ZTF|EP ?2\d|LXT|HAWC)[^\n]*\Z"),
    (
        "third: classes",
        8,
        r"[Tt]ype I[abcIP]|SN I[abc]|short[- ](?:hard|dur)|BBH|XRF|SGR|X-ray [Ff]lash|merger",
    ),
    (
        "third: candidates",
        8,
        r"(?i)afterglow candidate|candidate (?:counter|after|host)|unrelated|not related",
    ),
    ("third: positions", 7, r"EP2\d|EP-WXT|SVOM|ATCA|MeerKAT|ANTARES|IBIS|Chandra|2MASS|AT ?20\d\d|XMM|ALMA|LVC"),
    ("third: redshifts", 7, r"photo(?:metric)?[- ]?(?:z\b|redshift)|redshift (?:limit|range)|pseudo|z ?[<>]"),
)

# The fourth sample, in fourth.jsonl: blind as the third, after the grammars had been widened on that one.
FOURTH_SEED = 13
FOURTH_LONGEST = 2200
FOURTH: tuple[tuple[str, int, str], ...] = (
    ("fourth: any", 24, r"."),
    ("fourth: corrections", 9, r"(?i)typo|mistake|supersed|should (?:be )?read|correction|corrected|revised|erratum"),
    (
        "fourth: links",
        14,
        r"(?i)coinciden(?:t|ce)|spatially|associated with|blazar|supernova|unrelated|same (?:source|obj)",
    ),
    ("fourth: links in the subject", 6, r"\n[^\n]*(?:SN ?\d{4}|SN\b|supernova|AT ?20|ZTF|EP ?2\d|LXT|HAWC|/)[^\n]*\Z"),
    ("fourth: candidates", 12, r"(?i)candidate|counterpart|afterglow identif|new source|fading source"),
    ("fourth: classes", 8, r"(?i)type I[abc]|short[- ]|BBH|BNS|magnetar|SGR|X-ray (?:flash|transient|binary)|not an? "),
    ("fourth: redshifts", 10, r"(?i)photo-?z|photometric redshift|redshift (?:limit|range)|z ?[<>~]|absor|break|host"),
    ("fourth: positions", 10, r"EP2\d|EP-WXT|SVOM|ATCA|MeerKAT|ANTARES|INTEGRAL|Chandra|AT ?20\d\d|ALMA|LVC|MAXI"),
    (
        "fourth: not found",
        8,
        r"(?i)IceCube|neutrino|LIGO|no (?:new |credible )?(?:source|candidate|counterpart)|limits?",
    ),
    ("fourth: durations", 4, r"T_?90|T\(90\)|duration"),
)


def stratum_of(number: int, subject: str) -> str:
    """The first stratum whose pattern the subject matches; old circulars have one of their own."""
    if number < BEFORE_SWIFT:
        return "before swift"
    return next(name for name, _, pattern in STRATA if re.search(pattern, subject, re.IGNORECASE))


def _one_of_each_run(pool: list[int], quota: int, rng: random.Random) -> list[int]:
    """Cuts the pool into as many equal runs as the quota, and draws one number from each."""
    runs = min(quota, len(pool))
    return [rng.choice(pool[i * len(pool) // runs : (i + 1) * len(pool) // runs]) for i in range(runs)]


def draw(circulars: list[dict[str, object]], seed: int = SEED) -> dict[int, str]:
    """Circular number → stratum. Each stratum is in order of number and gives one circular from each of as
    many equal runs as its quota, so that every era is seen."""
    usable = sorted(
        (int(str(c["circularId"])), str(c["subject"]))
        for c in circulars
        if c.get("quality") == "full" and c["subject"] and len(str(c["body"])) <= LONGEST
    )
    quotas = {"before swift": BEFORE_SWIFT_QUOTA, **{name: quota for name, quota, _ in STRATA}}
    pools: dict[str, list[int]] = {name: [] for name in quotas}
    for number, subject in usable:
        if number not in EXPLICIT:
            pools[stratum_of(number, subject)].append(number)
    rng = random.Random(seed)  # a sampling seed, not a secret
    chosen = dict.fromkeys(EXPLICIT, "explicit")
    for name, quota in quotas.items():
        chosen.update(dict.fromkeys(_one_of_each_run(pools[name], quota, rng), name))
    for name, quota, pattern in SCARCE:
        pool = [n for n, subject in usable if n not in chosen and re.search(pattern, subject, re.IGNORECASE)]
        chosen.update(dict.fromkeys(_one_of_each_run(pool, quota, rng), name))
    chosen.update({number: "rare" for number in RARE if number not in chosen})
    return dict(sorted(chosen.items()))


def bare(text: object) -> str:
    """Letters and digits alone, so that names agree however they are set."""
    return re.sub(r"[^A-Z0-9]", "", str(text).upper())


def names_of_test(records: list[dict[str, Any]]) -> set[str]:
    """Every name that the annotated circulars of the test side give their events, bare of spaces and signs; of a
    trigger its number alone."""
    said = [
        str(name)
        for record in records
        if record["split"] == "test"
        for name in [
            record["event"],
            *(f["value"] for f in record["facts"] if f["predicate"] in {"event_name", "alias"}),
        ]
    ]
    return {bare(re.sub(r"^.*trigger ", "", name)) for name in said}


def draw_second(circulars: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[int, str]:
    """Circular number → stratum of the second development sample: none that the first draws chose, none that names
    an event of the test side in subject, index or body."""
    return _drawn_apart(circulars, records, set(draw(circulars)), SECOND_SEED, SECOND_LONGEST, SECOND)


def _drawn_apart(
    circulars: list[dict[str, Any]],
    records: list[dict[str, Any]],
    taken: set[int],
    seed: int,
    longest: int,
    strata: tuple[tuple[str, int, str], ...],
) -> dict[int, str]:
    """One of each run of each stratum, among what is not taken and names no event of the test side."""
    test = names_of_test(records)
    texts = {
        int(c["circularId"]): f"{c['body']}\n{c['subject']}"
        for c in sorted(circulars, key=lambda c: int(c["circularId"]))
        if c.get("quality") == "full" and c["subject"] and len(c["body"]) <= longest
        if int(c["circularId"]) not in taken
        if not any(
            name in bare([c["subject"], c["body"], c.get("eventId"), c.get("eventIdFromIndex")]) for name in test
        )
    }
    rng = random.Random(seed)  # a sampling seed, not a secret
    chosen: dict[int, str] = {}
    for name, quota, pattern in strata:
        pool = [n for n, text in texts.items() if n not in chosen and re.search(pattern, text)]
        chosen.update(dict.fromkeys(_one_of_each_run(pool, quota, rng), name))
    return dict(sorted(chosen.items()))


def draw_third(circulars: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[int, str]:
    """Circular number → stratum of the blind sample; its rules are those of the second development sample."""
    taken = {*draw(circulars), *draw_second(circulars, records)}
    return _drawn_apart(circulars, records, taken, THIRD_SEED, THIRD_LONGEST, THIRD)


def draw_fourth(circulars: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[int, str]:
    """Circular number → stratum of the second blind sample, by the same rules."""
    taken = {*draw(circulars), *draw_second(circulars, records), *draw_third(circulars, records)}
    return _drawn_apart(circulars, records, taken, FOURTH_SEED, FOURTH_LONGEST, FOURTH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds circulars.jsonl")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    lines = (arguments.data / "circulars.jsonl").read_text(encoding="utf-8").splitlines()
    circulars = [json.loads(line) for line in lines]
    records = [json.loads(line) for line in (HERE / "circulars.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = [draw(circulars, arguments.seed), draw_second(circulars, records), draw_third(circulars, records)]
    chosen.append(draw_fourth(circulars, records))
    for number, stratum in [pair for numbers in chosen for pair in numbers.items()]:
        sys.stdout.write(f"{number}\t{stratum}\n")


if __name__ == "__main__":
    main()
