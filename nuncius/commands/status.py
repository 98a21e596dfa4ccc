"""`nuncius status`: what runs, lags and failed, read from the journal. Changes nothing."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from nuncius.journal import Feed, Journal
    from nuncius.settings import Settings

#: A listener writes its pulse every few seconds; after this long without one it does not run.
PULSE_S = 60.0
#: A pace is not known from less time than this.
LEAST_SPAN_S = 3600.0
BAD = {"silent": "red", "disconnected": "red", "unauthorised": "red", "not running": "yellow", "quiet": "yellow"}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for machines.")
def command(config: Path | None, as_json: bool) -> None:
    """Show feeds, offsets, duties, events, work and rejects, as the journal has them.

    Works beside a running service and on its own. A feed is `ok`; `quiet`, when nothing came for longer than usual
    though broker and heartbeat are fine; `silent`, when the heartbeat stopped; `disconnected`; or `unauthorised`.

    \b
    Examples:
      nuncius status
      nuncius status --json | jq '.feeds[] | select(.state != "ok")'

    Exit status: 0 shown, 2 there is no journal yet or the configuration is wrong.
    """
    from nuncius.settings import load

    settings = load(config)
    with open_to_look(settings) as journal:
        found = picture(journal, settings, datetime.now(UTC))
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    from rich.console import Console

    show(found, Console())


def open_to_look(settings: Settings) -> Journal:
    """The journal, without making or upgrading it. Raises ConfigurationError when there is none yet."""
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal

    url = settings.journal_url
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise ConfigurationError(f"no journal at {path}: nothing has run here yet; try `nuncius demo` or `nuncius run`")
    return Journal.open(url, synchronous=settings.journal.synchronous, migrate=False)


def picture(journal: Journal, settings: Settings, now: datetime) -> dict[str, Any]:
    """Everything there is to show, as JSON values."""
    numbers = journal.statistics()
    rejects = journal.rejects(limit=1000)
    reasons = Counter((r.topic or r.source, r.error, r.reason.splitlines()[0][:160]) for r in rejects if not r.resolved)
    return {
        "journal": {key: numbers.get(key) for key in ("url", "revision", "bytes", "objects", "blobs")},
        "feeds": _feeds(journal.feeds(), settings, now),
        "offsets": _offsets(journal),
        "duties": _duties(journal, now),
        "events": numbers["events"],
        "consumers": _consumers(numbers),
        "work": {key: numbers[key] for key in ("decisions", "reactions", "steps", "outbox")},
        "oldest_waiting": numbers["oldest_pending_report"],
        "rejects": numbers["rejects"]
        | {
            "reasons": [
                {"from": place, "error": error, "reason": reason, "count": count}
                for (place, error, reason), count in reasons.most_common(5)
            ]
        },
    }


def _consumers(numbers: dict[str, Any]) -> dict[str, Any]:
    """Where each consumer is; one that never moved has no row yet, and everything is still before it."""
    none = {"cursor": 0, "lag": numbers["events"]["total"]}
    return {"kg": none, "reactors": none} | dict(numbers["consumers"])


def _feeds(rows: list[Feed], settings: Settings, now: datetime) -> list[dict[str, Any]]:
    from listeners.feeds import GCN_RATES, rate_of

    listeners = [row for row in rows if row.feed.startswith("kafka:")]
    pulses = [row.last_heartbeat for row in listeners if row.last_heartbeat]
    asleep = bool(listeners) and (not pulses or now - max(pulses) > timedelta(seconds=PULSE_S))
    rates = settings.kafka.rates if settings.kafka else GCN_RATES
    found = []
    for row in rows:
        rate = rate_of(row.feed, rates)
        listened = (row.last - row.first).total_seconds() if row.first and row.last else 0.0
        found.append(
            {
                "feed": row.feed,
                "state": "not running" if asleep else row.state,
                "since": max(pulses) if asleep and pulses else row.since,
                "detail": "" if asleep else row.detail,
                "last": row.last if row.count else None,
                "count": row.count,
                "per_day": round(86400.0 * (row.count - 1) / listened, 2)
                if row.count > 1 and listened >= LEAST_SPAN_S
                else None,
                "usually_within_s": rate.within_s if rate else None,
            }
        )
    return found


def _offsets(journal: Journal) -> list[dict[str, Any]]:
    """Per group and topic: partitions, messages read and still to read, and when it last moved."""
    topics: dict[tuple[str, str], dict[str, Any]] = {}
    for o in journal.offsets():
        empty = {"group": o.group, "topic": o.topic, "partitions": 0, "next": {}, "behind": 0, "updated": o.updated}
        row = topics.setdefault((o.group, o.topic), empty)
        row["partitions"] += 1
        row["next"][str(o.partition)] = o.next_offset
        row["behind"] += max(0, (o.high or o.next_offset) - o.next_offset)
        row["updated"] = max(row["updated"], o.updated)
    return list(topics.values())


def _duties(journal: Journal, now: datetime) -> list[dict[str, Any]]:
    """What is done again and again: whether it went well, when it last did, and when it is next due."""
    from nuncius.journal import Turns

    rows = []
    for turn in Turns(journal, "nobody").all():
        held = turn.owner is not None and turn.until is not None and turn.until > now
        state = "at it" if held else "failing" if turn.failures else "ok" if turn.succeeded else "waiting"
        row = {"duty": turn.name, "state": state, "succeeded": turn.succeeded, "due": turn.due}
        rows.append(row | {"failures": turn.failures, "error": turn.error})
    return rows


def show(found: dict[str, Any], console: Console) -> None:
    """Tables for people."""
    now = datetime.now(UTC)
    feeds = _table("Feeds", "feed", "state", "since", "last message", "messages", "a day", "usually within")
    for row in found["feeds"]:
        colour = BAD.get(row["state"], "green" if row["state"] == "ok" else "white")
        pace = [row["count"], "" if row["per_day"] is None else f"{row['per_day']:g}", _span(row["usually_within_s"])]
        times = [_ago(row["since"], now), _ago(row["last"], now)]
        feeds.add_row(row["feed"], f"[{colour}]{row['state']}[/]", *times, *map(str, pace))
    console.print(feeds)
    details: dict[str, list[str]] = {}
    for row in found["feeds"]:
        if row["detail"]:
            details.setdefault(row["detail"], []).append(row["feed"])
    for detail, names in details.items():
        console.print(f"  {', '.join(names)}: {detail}", markup=False, highlight=False)
    offsets = _table("Kafka", "group", "topic", "partitions", "behind", "moved")
    for row in found["offsets"]:
        cells = (row["group"], row["topic"], row["partitions"], row["behind"], _ago(row["updated"], now))
        offsets.add_row(*map(str, cells))
    if offsets.row_count:
        console.print(offsets)
    _show_duties(found, console, now)
    kinds = _table(f"Events: {found['events']['total']}", "kind", "count")
    ordered = sorted(found["events"]["kinds"].items(), key=lambda item: -item[1])
    for kind, count in ordered[:15]:
        kinds.add_row(kind, str(count))
    if len(ordered) > 15:
        kinds.add_row(f"… {len(ordered) - 15} more kinds", str(sum(count for _, count in ordered[15:])))
    console.print(kinds)
    _show_work(found, console, now)


def _show_duties(found: dict[str, Any], console: Console, now: datetime) -> None:
    duties = _table("Asked for news, and other duties", "duty", "state", "last success", "next", "failures")
    for row in found["duties"]:
        colour = {"ok": "green", "failing": "red"}.get(row["state"], "white")
        wait_s = (row["due"] - now).total_seconds()
        due = "" if row["state"] == "at it" else f"in {_span(wait_s)}" if wait_s > 0 else "due"
        cells = (_ago(row["succeeded"], now), due, str(row["failures"] or ""))
        duties.add_row(row["duty"], f"[{colour}]{row['state']}[/]", *cells)
    if duties.row_count:
        console.print(duties)
    for row in found["duties"]:
        if row["failures"]:
            console.print(f"  {row['duty']}: {row['error']}", markup=False, highlight=False)


def _show_work(found: dict[str, Any], console: Console, now: datetime) -> None:
    work = _table("Work", "what", "state", "count")
    for name, consumer in found["consumers"].items():
        work.add_row(f"consumer {name}", f"at {consumer['cursor']}", f"{consumer['lag']} behind")
    for name, states in found["work"].items():
        for state, count in states.items():
            work.add_row(name, f"[red]{state}[/]" if state == "failed" else state, str(count))
    if work.row_count:
        console.print(work)
    if found["oldest_waiting"]:
        console.print(f"Oldest report not yet delivered: {_ago(datetime.fromisoformat(found['oldest_waiting']), now)}")
    rejects = found["rejects"]
    console.print(f"Rejected messages: {rejects['total']}, {rejects['open']} of them open")
    for row in rejects["reasons"]:
        line = f"  {row['count']} × {row['from']}: {row['error']}: {row['reason']}"
        console.print(line, markup=False, highlight=False)


def _table(title: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False, expand=False)
    for column in columns:
        right = column in ("messages", "a day", "count", "behind", "partitions", "failures")
        table.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=column == "state")
    return table


def _ago(moment: datetime | None, now: datetime) -> str:
    return "never" if moment is None else f"{_span(max(0.0, (now - moment).total_seconds()))} ago"


def _span(seconds: float | None) -> str:
    from listeners.feeds import span

    return "" if seconds is None else span(seconds)
