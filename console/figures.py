"""The journal's figures as Prometheus' families of metrics. Reads only what is new since the last look."""

from __future__ import annotations

import contextlib
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from console.overview import healthy
from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError
from nuncius.journal import Journal, measures
from nuncius.journal.checks import Looks
from nuncius.journal.turns import turns

#: The consumer whose decisions are measured.
RULES = "reactors"
#: Upper ends of the histograms' buckets, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
#: Values that one label may have; further ones are counted together, so that nobody outside can make series at will.
MOST_VALUES = 200
OTHER = "other"
#: States of a sanity check that somebody has to look at.
_BROKEN = ("failing", "flapping")


class Histogram:
    """Seconds, counted by bucket."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    @property
    def cumulative(self) -> list[tuple[str, float]]:
        """Counts up to each upper end, as Prometheus writes them."""
        found, sum_ = [], 0
        for end, count in zip([*map(str, BUCKETS), "+Inf"], self._counts, strict=True):
            sum_ += count
            found.append((end, float(sum_)))
        return found


class Figures(Collector):
    """All families. Threads may collect side by side."""

    def __init__(self, journal: Journal, clock: Clock, answers: Mapping[tuple[str, int], int]) -> None:
        self._journal, self._clock, self._answers = journal, clock, answers
        self._lock = threading.Lock()
        self._marks: measures.Marks | None = None
        self._kinds: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._stages = {stage: Histogram() for stage in measures.STAGES}
        with contextlib.suppress(NunciusError, OSError):  # then it begins with the first reader
            self._begin()  # what comes before the first reader is measured too

    def _begin(self) -> measures.Marks:
        if self._marks is None:
            marks = self._journal.ask(lambda c: measures.begin(c, RULES))
            self._kinds = Counter(self._journal.ask(lambda c: measures.kinds(c, marks.event)))
            self._marks = marks
        return self._marks

    def collect(self) -> Iterator[Metric]:
        """Everything, now. Raises TransientError where the journal cannot be asked."""
        with self._lock:
            marks = self._begin()
            news = self._journal.ask(lambda c: measures.news(c, marks, RULES))
            self._marks = news.marks
            self._kinds.update(news.kinds)
            self._outcomes.update(news.outcomes)
            self._ended.update(news.ended)
            for stage, found in news.seconds.items():
                for seconds in found:
                    self._stages[stage].observe(seconds)
            now = self._clock.now()
            return iter([*self._counted(), *self._standing(now), *self._feeds(now), *self._duties(now)])

    def _counted(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("nuncius_info", "Which Nuncius this is.", labels=["version"])
        info.add_metric([version("nuncius")], 1.0)
        yield info
        events = CounterMetricFamily("nuncius_events", "Events in the journal, by kind.", labels=["kind"])
        for kind, count in _few(self._kinds).items():
            events.add_metric([kind], count)
        yield events
        decided = CounterMetricFamily("nuncius_decisions", "What rules said about events.", labels=["outcome"])
        for outcome, count in sorted(self._outcomes.items()):
            decided.add_metric([outcome], count)
        yield decided
        ended = CounterMetricFamily("nuncius_reactions", "Reactions that have ended.", labels=["rule", "state"])
        rules = {rule for rule, _ in list(self._ended)[:MOST_VALUES]}
        grouped: Counter[tuple[str, str]] = Counter()
        for (rule, state), count in self._ended.items():
            grouped[rule if rule in rules else OTHER, state] += count
        for labels, count in sorted(grouped.items()):
            ended.add_metric(list(labels), count)
        yield ended
        stages = HistogramMetricFamily("nuncius_stage_seconds", "How long stages take.", labels=["stage"])
        for stage, histogram in self._stages.items():
            stages.add_metric([stage], histogram.cumulative, histogram.total)
        yield stages
        hooks = CounterMetricFamily("nuncius_hooks", "Answers of the webhooks' door.", labels=["sender", "status"])
        for (sender, status), count in sorted(self._answers.items()):
            hooks.add_metric([sender, str(status)], count)
        yield hooks

    def _standing(self, now: datetime) -> Iterator[Metric]:
        found = self._journal.ask(measures.standing)
        yield CounterMetricFamily("nuncius_rejects", "Messages that were not understood.", value=found.rejects)
        yield GaugeMetricFamily("nuncius_rejects_open", "Those that no replay has resolved.", value=found.rejects_open)
        lag = GaugeMetricFamily("nuncius_consumer_lag_events", "Events not yet read.", labels=["consumer"])
        behind = GaugeMetricFamily(
            "nuncius_consumer_lag_seconds", "How long the oldest of them has waited.", labels=["consumer"]
        )
        for consumer in found.lags:
            lag.add_metric([consumer.consumer], consumer.events)
            behind.add_metric([consumer.consumer], _age(now, consumer.oldest))
        yield lag
        yield behind
        steps = GaugeMetricFamily("nuncius_steps", "Steps of reactions that are not done.", labels=["state"])
        for state in ("waiting", "queued", "running", "failed"):
            steps.add_metric([state], found.steps.get(state, 0))
        yield steps
        reports = GaugeMetricFamily("nuncius_reports", "Reports, by how they stand.", labels=["target", "state"])
        for labels, count in sorted(found.reports.items()):
            reports.add_metric(list(labels), count)
        yield reports
        oldest = GaugeMetricFamily(
            "nuncius_oldest_waiting_seconds", "How long the oldest step and report have waited.", labels=["what"]
        )
        for what, since in found.oldest.items():
            oldest.add_metric([what], _age(now, since))
        yield oldest
        yield GaugeMetricFamily("nuncius_waits_open", "Windows and moments that rules wait for.", value=found.waits)

    def _feeds(self, now: datetime) -> Iterator[Metric]:
        up = GaugeMetricFamily("nuncius_feed_up", "1: works or is merely quiet.", labels=["feed", "state"])
        silence = GaugeMetricFamily(
            "nuncius_feed_silence_seconds", "Since the last message or heartbeat.", labels=["feed"]
        )
        for feed in self._journal.feeds():
            up.add_metric([feed.feed, feed.state], float(healthy(feed)))
            last = [moment for moment in (feed.last, feed.last_heartbeat) if moment is not None]
            if last:
                silence.add_metric([feed.feed], _age(now, max(last)))
        yield up
        yield silence
        kafka = GaugeMetricFamily("nuncius_kafka_lag_messages", "Messages not yet read.", labels=["group", "topic"])
        left: Counter[tuple[str, str]] = Counter()
        for offset in self._journal.offsets():
            if offset.high is not None:
                left[offset.group, offset.topic] += max(0, offset.high - offset.next_offset)
        for place, count in sorted(left.items()):
            kafka.add_metric(list(place), count)
        yield kafka

    def _duties(self, now: datetime) -> Iterator[Metric]:
        failures = GaugeMetricFamily("nuncius_turn_failures", "Failures since the last success.", labels=["turn"])
        succeeded = GaugeMetricFamily(
            "nuncius_turn_success_age_seconds", "Since a recurring duty last succeeded.", labels=["turn"]
        )
        for turn in self._journal.ask(turns):
            failures.add_metric([turn.name], turn.failures)
            if turn.succeeded is not None:
                succeeded.add_metric([turn.name], _age(now, turn.succeeded))
        yield failures
        yield succeeded
        broken = GaugeMetricFamily(
            "nuncius_check_broken", "1: a sanity check fails or flaps.", labels=["check", "platform", "severity"]
        )
        looked = GaugeMetricFamily("nuncius_check_age_seconds", "Since a check was last looked at.", labels=["check"])
        for state in Looks(self._journal).states():
            broken.add_metric([state.check, state.platform, state.severity], float(state.state in _BROKEN))
            looked.add_metric([state.check], _age(now, state.looked))
        yield broken
        yield looked


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _short(kind: str) -> str:
    """A kind without the notice types, of which there are hundreds."""
    words = kind.split(".")
    return ".".join(words[: 4 if kind.startswith("gcn.notice") else 3])


def _few(kinds: Mapping[str, int]) -> dict[str, int]:
    """Counts by short kind, the most frequent ones."""
    short: Counter[str] = Counter()
    for kind, count in kinds.items():
        short[_short(kind)] += count
    few = dict(sorted(short.most_common(MOST_VALUES)))
    rest = sum(short.values()) - sum(few.values())
    return few | ({OTHER: rest} if rest else {})
