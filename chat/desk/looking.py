"""What anyone may ask: what is known of an object, why a rule acted or not, how things stand, a picture. Reads only."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from chat.desk.answers import Answer, Declined, escaped
from chat.desk.words import near
from chat.dossier import read
from chat.head import head_report, standing, utc
from kg.names import normalise_name
from kg.objects import resolve
from kg.vocabulary import object_label
from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Picture
from nuncius.core.result import Table
from nuncius.journal import Journal
from reactors.deciding import line_text
from reactors.explaining import Explanation, explain
from reactors.ruleset import RuleSet

if TYPE_CHECKING:
    from kg.knowledge import Reader
    from kg.store import GraphStore

#: Rows of an answer: it is read on a phone.
_TAILS = ("p_astro_", "properties_")
MOST_ROWS, MOST_EXPLAINED, MOST_SUGGESTED = 12, 3, 500


def object_of(journal: Journal, name: str, thread: str) -> str:
    """The object of a name, or that of the thread where no name is said. Raises Declined with what is near."""
    if not name:
        if thread:
            return thread
        raise Declined("Which object?", "name one, for example `show GRB 230307A`")
    obj = resolve(journal, name) if len(name) < 200 else None
    if obj is None:
        raise Declined(f"Nothing is known of '{name[:80]}'", _suggestion(journal, name))
    return obj


def _suggestion(journal: Journal, name: str) -> str:
    """Objects of nearly that name, else the last ones spoken of."""
    summaries = journal.objects(limit=MOST_SUGGESTED)
    names = [n for item in summaries for n in item.names if ":" not in n]
    if hint := near(normalise_name(name) or name, names):
        return escaped(hint)
    last = ", ".join(names[:6])
    return f"The last objects spoken of: {escaped(last)}" if last else "Nothing has been journalled yet."


def show(journal: Journal, graph: GraphStore | None, name: str, thread: str) -> Answer:
    """The present state of an object, and what circulars and papers claim."""
    obj = object_of(journal, name, thread)
    dossier = read(journal, obj)
    if dossier.present is None:
        raise Declined(f"No event is about {object_label(obj)} yet", "its name is known, and nothing else")
    head = head_report(dossier.present)
    reports = standing(dossier.reports)[-MOST_ROWS:]
    said = "".join(f"\n- {escaped(report.title)}" for report in reports)
    tables = _claims(graph, obj) if graph is not None else []
    return Answer(title=head.title, text=f"{head.text}\n\n**Reports**{said}" if said else head.text, tables=tables)


def _claims(graph: GraphStore, obj: str) -> list[Table]:
    from kg import computed

    # What notices state stands above; the long tails of a classification are nobody's question on a phone.
    rows = [row for row in computed.known(_reader(graph), obj) if not str(row["predicate"]).startswith(_TAILS)]
    rows.sort(key=lambda row: row.get("circular") is None)
    shown = [[str(row["predicate"]), str(row["said"])[:60], _source(row), _note(row)] for row in rows[:MOST_ROWS]]
    cells: list[list[str | float | None]] = [list(row) for row in shown]
    more = f" (and {len(rows) - MOST_ROWS} more)" if len(rows) > MOST_ROWS else ""
    return [Table(name=f"Claimed{more}", columns=["what", "value", "by", ""], rows=cells)] if cells else []


def _source(row: dict[str, object]) -> str:
    number = row.get("circular")
    return f"GCN {number}" if number is not None else str(row.get("by") or "?")[:40]


def _note(row: dict[str, object]) -> str:
    status = str(row.get("status", "stands"))
    return " ".join((["disputed"] if row.get("contested") else []) + ([] if status == "stands" else [status]))


def _reader(graph: GraphStore) -> Reader:
    from kg.knowledge import Reader

    return Reader(graph)


def plot(journal: Journal, graph: GraphStore | None, name: str, thread: str) -> Answer:
    """Pictures of an object: the newest of each kind that reports show, and the light curve that circulars give."""
    obj = object_of(journal, name, thread)
    newest: dict[str, Picture] = {}
    for report in standing(journal.reports(thread=obj, limit=500)):
        newest |= {picture.name: picture for picture in report.pictures}
    pictures = list(newest.values())[-3:]
    curve = _curve(journal, graph, obj) if graph is not None else None
    label = object_label(obj)
    if curve is None and not pictures:
        raise Declined(
            f"There is nothing to draw of {label}", "no report has a sky map, and no circular gives a magnitude"
        )
    missing = "" if curve is not None else "No circular gives a magnitude with a time, so there is no light curve."
    return Answer(title=f"{label} in pictures", text=missing, pictures=[*pictures, *([curve] if curve else [])])


def _curve(journal: Journal, graph: GraphStore, obj: str) -> Picture | None:
    from kg.lightcurve import light_curve
    from kg.plots import draw, timed

    reader = _reader(graph)
    t0 = reader.t0(obj)
    points = light_curve(reader.claims(obj, ("magnitude",)), t0)
    if not timed(points):
        return None
    label = object_label(obj)
    with TemporaryDirectory(prefix="nuncius-plot-") as folder:
        path = Path(folder) / "curve.png"
        count = draw(points, path, name=label, t0=t0)
        sha256 = journal.put_blob(path.read_bytes())
    caption = f"Light curve of {label}: {count} magnitudes and limits claimed in circulars"
    return Picture(name="light-curve", sha256=sha256, caption=caption, alt=f"{caption}, against time since T0")


def why(journal: Journal, rules: RuleSet, rule: str, event: str, now: datetime) -> Answer:
    """Why a rule did or did not act."""
    if not rule or not event:
        raise Declined("Why what?", "say `why RULE EVENT`: an event's id, or any name of an object")
    try:
        found = explain(journal, rules, rule, event, now=now)
    except ConfigurationError as error:
        raise Declined("Nothing to explain", escaped(str(error))) from error
    if not found:
        raise Declined("Nothing to explain", f"{escaped(rule)} has said nothing about {escaped(event)}")
    parts = [_explained(item) for item in found[-MOST_EXPLAINED:]]
    more = f"{len(found) - len(parts)} earlier ones are left out.\n\n" if len(found) > len(parts) else ""
    return Answer(title=f"{rule}: {found[-1].outcome}", text=more + "\n\n".join(parts))


def _explained(item: Explanation) -> str:
    lines = [f"**{item.outcome}** on `{item.event[:120].replace('`', '')}`: {escaped(item.reason)}"]
    lines += [f"- {escaped(line_text(line))}" for line in item.trace[:MOST_ROWS] if "if" in line]
    lines += [f"- would: {escaped(line[:200])}" for line in item.would[:4]]
    lines += [f"- {escaped(line)}" for line in item.circumstances[:4]]
    return "\n".join(lines)


def status(journal: Journal, rules: RuleSet, now: datetime) -> Answer:
    """Feeds and what waits or failed."""
    numbers = journal.statistics()
    feeds: list[list[str | float | None]] = [
        [feed.feed, feed.state or "seen", _ago(feed.last, now)] for feed in journal.feeds()[:MOST_ROWS]
    ]
    work = journal.unfinished()
    waiting = ", ".join(f"{count} {name}" for name, count in work.items() if count) or "nothing"
    failed = {name: states.get("failed", 0) for name, states in _states(numbers)}
    gone = ", ".join(f"{count} {name}" for name, count in failed.items() if count) or "none"
    asked = len(journal.reviews(open_only=True, limit=1000))
    lines = [
        f"**Events** {numbers['events']['total']}",
        f"**Rules** {len(rules.rules)}",
        f"**Waiting** {waiting}",
        f"**Questions to people** {asked}",
        f"**Failed** {gone}",
    ]
    tables = [Table(name="Feeds", columns=["feed", "state", "last"], rows=feeds)] if feeds else []
    return Answer(title=f"Nuncius at {utc(now)}", text="\n".join(lines), tables=tables)


def _states(numbers: dict[str, object]) -> list[tuple[str, dict[str, int]]]:
    found = []
    for name in ("reactions", "steps", "outbox"):
        states = numbers.get(name)
        if isinstance(states, dict):
            found.append((name, states))
    return found


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    seconds = max(0.0, (now - moment).total_seconds())
    for unit, length in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def questions(journal: Journal, now: datetime) -> Answer:
    """What waits for a person."""
    found = journal.reviews(open_only=True, limit=50)
    if not found:
        return Answer(title="Nothing waits for an answer")
    lines = [
        f"- **{review.id}** {escaped(review.question.partition(chr(10))[0])} (rule {escaped(review.rule)}, "
        f"until {review.due:%Y-%m-%d %H:%M} UTC)"
        for review in found[:MOST_ROWS]
    ]
    more = f"\n\nand {len(found) - MOST_ROWS} more" if len(found) > MOST_ROWS else ""
    return Answer(title=f"{len(found)} questions wait", text="\n".join(lines) + more)
