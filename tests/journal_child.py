"""Another process at a journal, for the tests that kill it: `python journal_child.py JOB URL ARGUMENT…`.

It says each thing it has done, one line on stdout, after the journal returned: what was said must be there.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from journal_samples import decision, event, reaction, report

from nuncius.journal import Decided, Journal


def append(journal: Journal, name: str, size: str) -> None:
    """Batches of `size` events, for ever."""
    batch = 0
    while True:
        told = [event(f"{name}/{batch}/{item}", raw=b"x" * 2000) for item in range(int(size))]
        done = journal.append(told)
        print(batch, done.new[0], done.new[-1], flush=True)
        batch += 1


def flow(journal: Journal, name: str) -> None:
    """Append, decide, work, report and deliver, for ever; says what went outward."""
    while True:
        now = datetime.now(UTC)
        cursor = journal.cursor("rules")
        stored = journal.read(cursor, limit=3)
        if not stored:
            last = journal.last_seq()
            journal.append([event(f"flow/{last + offset}") for offset in range(3)])
            continue
        told = [
            Decided(seq=s.seq, decisions=[decision()], reactions=[reaction(s.event.id, slot=s.event.id)])
            for s in stored
        ]
        journal.decide("rules", stored[-1].seq, told)
        for step in journal.lease_steps(name, now=now, lease_s=0.2):
            reports = [("out", report(f"{step.reaction.key}/{step.position}", thread=step.reaction.slot))]
            journal.finish_step(step.id, name, now=now, outcome="done", reports=reports)
        for leased in journal.lease_reports(name, target="out", now=now, lease_s=0.2):
            if journal.sending(leased.id, name, now):
                if not leased.in_doubt:
                    print("sent", leased.report.key, flush=True)
                journal.delivered(leased.id, name, now=now, reference={"by": name})


def consume(journal: Journal, name: str, upto: str) -> None:
    """Decide about all events up to a number, in rivalry with others of the same consumer name."""
    while (cursor := journal.cursor("rules")) < int(upto):
        stored = journal.read(cursor, limit=7)
        told = [Decided(seq=s.seq, decisions=[decision()], reactions=[reaction(s.event.id)]) for s in stored]
        created = journal.decide("rules", stored[-1].seq, told)
        print(len(created), flush=True)


def work(journal: Journal, name: str, count: str) -> None:
    """Do steps until the reports of all are there; says each step it finished."""
    while journal.statistics()["steps"].get("done", 0) < int(count):
        now = datetime.now(UTC)
        for step in journal.lease_steps(name, now=now, lease_s=30, limit=3):
            if journal.finish_step(step.id, name, now=now, outcome="done"):
                print(step.id, flush=True)


if __name__ == "__main__":
    job, url, *arguments = sys.argv[1:]
    with Journal.open(url) as opened:
        {"append": append, "flow": flow, "consume": consume, "work": work}[job](opened, *arguments)
