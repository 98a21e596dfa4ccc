"""Would a rule have chosen the neutrino alerts that people chose? The published criteria of the ZTF programme as a rule
(`benchmarks/rules/neutrino-follow-up.yaml`), set against its table of what was followed up and why not.

    python -m benchmarks.neutrino_decisions --data FOLDER [--json]

FOLDER holds `gold/neutrino_followup_decisions` (desy-multimessenger/nuztf), and for the moments of the alerts
`gold/icecube_alerts`. An alert that is not in that list is taken to have come at noon, universal time, of its day.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.event import Event, Tense
from reactors.deciding import settling
from reactors.rulebook import RuleBook
from reactors.trial import Trial

RULE = Path(__file__).parent / "rules" / "neutrino-follow-up.yaml"
#: What people wrote of an alert, and which line of the rule says the same; None: no notice can know it.
REASONS = {
    "Pre-ZTF": "2018-03-01",
    "Poor Signalness and Localization": "ev.signalness",
    "Southern Sky": "ev.dec",
    "Separation from galactic plane": "separation",
    "Proximity to sun": "reach",
    "Low Altitude": "reach",
    "Alert retraction": "retraction",
    "Telescope Maintenance": None,
    "Bad Weather": None,
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: what people did and why not, and what the rule says and by which lines."""

    name: str
    followed: bool
    people: str
    rule: str
    lines: list[str]

    @property
    def agrees(self) -> bool:
        """Whether rule and people did the same."""
        return self.followed == (self.rule == "shadow")

    @property
    def same_reason(self) -> bool:
        """Whether, where both passed an alert by, the rule names what people named (among its lines)."""
        word = REASONS.get(self.people)
        return word is not None and any(word in line for line in self.lines)


def alerts(data: Path) -> list[tuple[Event, bool, str]]:
    """The alerts of the table as notices, with what people decided."""
    moments = _moments(data / "gold" / "icecube_alerts" / "IceCube_Gold_Bronze_Tracks.csv")
    folder = data / "gold" / "neutrino_followup_decisions" / "overview"
    rows: list[tuple[Event, bool, str]] = []
    for path in sorted(folder.glob("*.csv")):
        followed = not path.stem.endswith("NOT_FU")
        with path.open(encoding="utf-8") as lines:
            told = csv.DictReader(lines)
            rows += [(_event(row, moments), followed, row.get("Rejection reason", "")) for row in told]
    return sorted(rows, key=lambda item: item[0].received)


def _moments(path: Path) -> dict[str, datetime]:
    with path.open(encoding="utf-8") as lines:
        return {row["NAME"]: datetime.fromisoformat(row["START"]).replace(tzinfo=UTC) for row in csv.DictReader(lines)}


def _event(row: dict[str, str], moments: dict[str, datetime]) -> Event:
    name = row["Event"]
    noon = datetime.strptime(name[2:8], "%y%m%d").replace(hour=12, tzinfo=UTC)
    moment = moments.get(name, noon)
    data: dict[str, Any] = {"mission": "IceCube", "instrument": "IC86", "event_name": [f"IceCube-{name[2:]}"]}
    retracted = row.get("Rejection reason") == "Alert retraction"
    if row["Signalness"]:
        data["signalness"] = float(row["Signalness"])
    if row["RA"] and row["Dec"]:
        data |= _place(row)
    return Event(
        id=f"icecube:{name}",
        kind=f"gcn.notice.icecube.ic86.{row['Class'].lower().replace('+', '_')}",
        source="gold",
        received=moment,
        trigger_time=moment,
        object=f"http://odahub.io/ontology/nuncius/object/{name}",
        tense=Tense.RETRACTION if retracted else Tense.INITIAL,
        data=data,
    )


def _place(row: dict[str, str]) -> dict[str, Any]:
    """Position and 90 % ellipse; uneven errors move its centre to the middle of the rectangle."""
    ra, dec = float(row["RA"]), float(row["Dec"])
    errors = [_errors(row[f"{word} Unc (rectangle)"]) for word in ("RA", "Dec")]
    if not all(errors):
        return {"ra": ra, "dec": dec}
    (ra_plus, ra_minus), (dec_plus, dec_minus) = errors
    middle = dec + (dec_plus - dec_minus) / 2.0
    widths = [(ra_plus + ra_minus) / 2.0 * math.cos(math.radians(dec)), (dec_plus + dec_minus) / 2.0]
    sky = {
        "type": "ellipse",
        "ra": (ra + (ra_plus - ra_minus) / 2.0) % 360.0,
        "dec": middle,
        "semi_major": max(widths),
        "semi_minor": min(widths),
        "position_angle": 90.0 if widths[0] >= widths[1] else 0.0,
        "containment_probability": 0.9,
    }
    return {"ra": ra, "dec": dec, "sky": sky}


def _errors(text: str) -> tuple[float, ...]:
    found = [abs(float(number)) for number in re.findall(r"[-+]?\d+(?:\.\d+)?", text)]
    return (found[0], found[-1]) if found else ()


def choices(data: Path) -> list[Choice]:
    """What rule and people make of every alert."""
    book = RuleBook([RULE])
    trial = Trial(book.rules)
    found = []
    for event, followed, why in alerts(data):
        decision = next(d for heard in trial.hear(event) for d in heard.decided.decisions)
        lines = [str(line["if"]) for line in decision.trace if line["is"] in ("false", "unknown")]
        if settling(decision) is None and decision.outcome == "not":
            lines = [decision.reason]
        name = event.id.removeprefix("icecube:")
        found.append(Choice(name=name, followed=followed, people=why, rule=decision.outcome, lines=lines))
    return found


def summary(found: list[Choice]) -> dict[str, Any]:
    """Agreement, and where it ends."""
    reasons: dict[str, Counter[str]] = {}
    for one in found:
        row = reasons.setdefault(one.people or "followed up", Counter())
        row["alerts"] += 1
        row[one.rule] += 1
        row["same reason"] += one.same_reason
    known = [one for one in found if one.followed or REASONS.get(one.people) is not None]
    return {
        "alerts": len(found),
        "agree": sum(one.agrees for one in found),
        "alerts_decided_by_what_a_notice_says": len(known),
        "agree_there": sum(one.agrees for one in known),
        "followed": sum(one.followed for one in found),
        "followed_and_chosen": sum(one.followed and one.agrees for one in found),
        "same_reason": sum(one.same_reason for one in found if not one.followed and one.agrees),
        "by_reason": {reason: dict(row) for reason, row in sorted(reasons.items(), key=lambda r: -r[1]["alerts"])},
        "differ": [msgspec.to_builtins(one) for one in found if not one.agrees],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of real data")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    told = summary(choices(options.data))
    if options.json:
        print(json.dumps(told))
        return
    print(f"{told['agree']} of {told['alerts']} alerts: rule and people do the same", end="; ")
    print(f"{told['agree_there']} of the {told['alerts_decided_by_what_a_notice_says']} that a notice can decide")
    print(f"{told['followed_and_chosen']} of {told['followed']} that were followed up are chosen", end="; ")
    print(f"where both pass one by, the rule names people's reason {told['same_reason']} times\n")
    print(f"{'what people wrote':36}{'alerts':>8}{'chosen':>8}{'not':>6}{'unknown':>9}{'same reason':>13}")
    for reason, row in told["by_reason"].items():
        numbers = [row.get(word, 0) for word in ("alerts", "shadow", "not", "unknown", "same reason")]
        print(f"{reason:36}{numbers[0]:8}{numbers[1]:8}{numbers[2]:6}{numbers[3]:9}{numbers[4]:13}")
    print("\nwhere they differ:")
    for one in told["differ"]:
        people = one["people"] or "followed up"
        print(f"  {one['name']}: people: {people}; rule: {one['rule']} {'; '.join(one['lines'])[:90]}")


if __name__ == "__main__":
    main()
