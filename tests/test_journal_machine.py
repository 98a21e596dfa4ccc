"""Random lives of reactions, steps and reports, held against the few laws that must always be true."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from journal_samples import event, later, reaction, report

from nuncius.journal import Decided, Journal, LeasedReport, LeasedStep, Retraction

OBJECTS = st.sampled_from(["http://o/1", "http://o/2"])
OWNERS = st.sampled_from(["w1", "w2"])
FINAL = {"done", "failed", "skipped", "cancelled"}


class Lives(RuleBasedStateMachine):
    """Two workers, two objects, time that moves; any of them may go away at any moment (a lease is then dropped)."""

    steps = Bundle("steps")
    reports = Bundle("reports")

    @initialize()
    def open(self) -> None:
        self.journal = Journal.open("sqlite://")
        self.seconds = 0.0
        self.began: Counter[str] = Counter()
        self.delivered: list[tuple[str, str]] = []
        self.finished: Counter[int] = Counter()

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()

    @property
    def now(self) -> Any:
        return later(self.seconds)

    @rule(seconds=st.sampled_from([1.0, 5.0, 31.0]))
    def time_goes_on(self, seconds: float) -> None:
        self.seconds += seconds

    @rule(obj=OBJECTS, slot=st.integers(0, 1), version=st.integers(0, 3), count=st.integers(0, 3))
    def an_event_fires(self, obj: str, slot: int, version: int, count: int) -> None:
        name = f"{obj}#{slot}"
        wanted = reaction(
            f"{name}v{version}", slot=name, obj=obj, actions=[{"run": "x", "as": f"s{i}"} for i in range(count)]
        )
        self.decide(Decided(seq=self.arrive(), reactions=[wanted]))

    @rule(obj=OBJECTS)
    def an_object_is_retracted(self, obj: str) -> None:
        self.decide(Decided(seq=self.arrive(), retracts=[Retraction(object=obj)]))
        for found in self.journal.reactions(object=obj, limit=1000):
            assert found.retracts is not None or found.state not in ("queued", "running", "done")

    def arrive(self) -> int:
        return self.journal.append([event(f"e{self.journal.last_seq()}")]).new[0]

    def decide(self, told: Decided) -> None:
        self.journal.decide("rules", told.seq, [told])
        assert self.journal.decide("rules", told.seq, [told]) == []

    @rule(target=steps, owner=OWNERS)
    def a_worker_leases(self, owner: str) -> tuple[str, LeasedStep] | None:
        leased = self.journal.lease_steps(owner, now=self.now, lease_s=30, limit=1)
        for step in leased:
            before = self.journal.steps(step.reaction.id)[: step.position]
            assert all(found.state in ("done", "failed", "skipped") for found in before)
            assert set(step.earlier) == {f"s{found.position}" for found in before if found.result is not None}
        return (owner, leased[0]) if leased else None

    @rule(held=steps)
    def a_worker_renews(self, held: tuple[str, LeasedStep] | None) -> None:
        if held:
            owner, step = held
            mine = self.row(step)
            assert self.journal.renew(step.id, owner, self.now, 30) == (mine.state == "running" and mine.owner == owner)

    @rule(held=consumes(steps), outcome=st.sampled_from(["done", "failed", "skipped", "retry"]))
    def a_worker_finishes(self, held: tuple[str, LeasedStep] | None, outcome: Any) -> None:
        if not held:
            return
        owner, step = held
        mine = self.row(step)
        holds = mine.state == "running" and mine.owner == owner
        said = report(
            f"{step.reaction.key}/{step.position}", thread=step.reaction.object or "", slot=step.reaction.slot
        )
        done = self.journal.finish_step(
            step.id, owner, now=self.now, outcome=outcome, result={"n": 1.0}, retry_at=self.now, reports=[("t", said)]
        )
        assert done == holds
        if done and outcome != "retry":
            self.finished[step.id] += 1

    def row(self, step: LeasedStep) -> Any:
        return self.journal.steps(step.reaction.id)[step.position]

    @rule(target=reports, owner=OWNERS)
    def a_courier_leases(self, owner: str) -> tuple[str, LeasedReport] | None:
        leased = self.journal.lease_reports(owner, target="t", now=self.now, lease_s=30, limit=1)
        for found in leased:
            earlier = [r for r in self.journal.reports(thread=found.report.thread, limit=1000) if r.id < found.id]
            assert all(r.state in ("delivered", "failed", "cancelled") for r in earlier)
            if found.report.key in self.began:
                assert found.in_doubt
        return (owner, leased[0]) if leased else None

    @rule(held=consumes(reports), end=st.sampled_from(["delivered", "refused", "given up", "dies"]))
    def a_courier_sends(self, held: tuple[str, LeasedReport] | None, end: str) -> None:
        if not held:
            return
        owner, leased = held
        key = leased.report.key
        if not self.journal.sending(leased.id, owner, self.now):
            return
        self.began[key] += 1
        if end == "delivered":
            self.journal.delivered(leased.id, owner, now=self.now, reference={"key": key})
            self.delivered.append((leased.report.thread, key))
        elif end != "dies":
            gone = end == "given up"
            self.journal.postpone(leased.id, owner, now=self.now, until=self.now, error="429", give_up=gone)
            del self.began[key]

    @invariant()
    def what_was_done_once_is_never_done_again(self) -> None:
        if not hasattr(self, "journal"):
            return
        assert all(times == 1 for times in self.finished.values())
        assert len(self.delivered) == len(set(self.delivered))

    @invariant()
    def a_reaction_and_its_steps_agree(self) -> None:
        if not hasattr(self, "journal"):
            return
        slots: Counter[str] = Counter()
        for found in self.journal.reactions(limit=1000):
            states = [step.state for step in self.journal.steps(found.id)]
            assert states.count("queued") + states.count("running") <= 1
            if found.state in ("queued", "running"):
                assert states.count("queued") + states.count("running") == 1
                slots[found.slot] += found.retracts is None
            else:
                assert set(states) <= FINAL
            assert (found.state == "failed") <= ("failed" in states)
        assert all(times <= 1 for times in slots.values())


Lives.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLives = Lives.TestCase
