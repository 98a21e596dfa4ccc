"""An object, a picture and reports to deliver, for the tests of chat and console."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ready_journals
from local_slack import TOKEN, LocalSlack
from PIL import Image

from chat.courier import Courier, CourierSettings
from chat.slack import SlackSettings
from chat.slack_target import SlackTarget
from nuncius.core.clock import VirtualClock
from nuncius.core.event import Event, Tense
from nuncius.core.report import Picture, Report, Severity
from nuncius.core.result import Table
from nuncius.journal import Journal, ObjectLink

# GW170817: T0 and the GBM localization as published (Abbott et al. 2017, ApJL 848, L12 and L13).
T0 = datetime(2017, 8, 17, 12, 41, 4, 430000, tzinfo=UTC)
OBJECT = "http://odahub.io/ontology/nuncius/object/G298048"
MOCK = "http://odahub.io/ontology/nuncius/object/MS170817b"
CHANNEL, TEST_CHANNEL, PAGES = "C0ALERTS", "C0TESTS", "C0PAGES"


def notice(event_id: str = "gbm-1", *, minutes: float = 1, tense: Tense = Tense.INITIAL, **data: Any) -> Event:
    """A notice of Fermi GBM about the burst."""
    words = {"mission": "Fermi", "instrument": "GBM", "messenger": "EM", "event_name": ["GRB 170817A"]}
    return Event(
        id=event_id,
        kind="gcn.notice.fermi.gbm.FERMI_GBM_GND_POS",
        source="test",
        received=T0 + timedelta(minutes=minutes),
        trigger_time=T0,
        tense=tense,
        data={**words, "ra": 176.8, "dec": -39.8, "ra_dec_error": 11.6, "containment_probability": 0.68, **data},
    )


def know(journal: Journal, event: Event, obj: str = OBJECT, *names: str) -> None:
    """Journal an event as one about `obj`."""
    (seq,) = journal.append([event]).new
    journal.link([ObjectLink(name=name, object=obj, event_id=event.id, how="name") for name in names])
    journal.set_object([(seq, obj)])


def png(colour: str = "navy", size: tuple[int, int] = (36, 24)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def report(key: str = "k1", **changes: Any) -> Report:
    """A report in the thread of the object."""
    fields: dict[str, Any] = {
        "thread": OBJECT,
        "slot": "localization",
        "key": key,
        "title": "Localization of G298048",
        "text": "**90 % area** 190 deg²",
        "severity": Severity.NOTICE,
        "rule": "nearby-bns",
        "event_id": "gbm-1",
    }
    return Report(**{**fields, **changes})


def picture(journal: Journal, name: str = "sky", colour: str = "navy") -> Picture:
    sha256 = journal.put_blob(png(colour))
    return Picture(name=name, sha256=sha256, caption=f"The {name}", alt=f"Map of the {name}, all {colour}")


def table(area: float = 190.0) -> Table:
    return Table(name="Areas", columns=["level", "area [deg²]"], rows=[["50 %", area / 4], ["90 %", area]])


def slack_settings(slack: LocalSlack, **changes: Any) -> SlackSettings:
    fields = {"token": TOKEN, "channel": CHANNEL, "base_url": slack.base_url, "pace_s": 0.0, "timeout_s": 5}
    return SlackSettings(**{**fields, **changes})


def slack_target(slack: LocalSlack, clock: VirtualClock, **changes: Any) -> SlackTarget:
    return SlackTarget(slack_settings(slack, **changes), clock)


def courier(journal: Journal, target: Any, clock: VirtualClock, owner: str = "courier") -> Courier:
    return Courier(journal, target, clock, owner, settings=CourierSettings(lease_s=60.0))


def drain(carrier: Courier, clock: VirtualClock, *, tries: int = 60, patience: int = 8) -> None:
    """Deliver all that can be delivered; time passes between the tries."""
    idle = 0
    for _ in range(tries):
        idle = 0 if carrier.step() else idle + 1
        if idle > patience:
            return
        clock.sleep(31.0)


def open_journal(folder: Path) -> Journal:
    return Journal.open(ready_journals.sqlite(folder / "journal.db"), synchronous="normal")
