"""Kafka → parsed → journalled → decided: rate and latency, beside consuming and JSON-decoding alone, in one run.

    python benchmarks/bench_kafka.py
    python benchmarks/bench_kafka.py --messages 50000 --seconds 30 --json

Starts a broker of its own (noida-db, from the test extra). Every row reads the same topic with a new consumer group
through the listener's own client; a row is a *stage*, a callable that takes a batch of records, so that further
stages (deciding, say) are one more entry in `stages`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from kafka_broker import OwnBroker, noida, running

from listeners.intake import Record
from listeners.kafka import KafkaListener, KafkaSettings, next_offsets
from listeners.kafka_client import KafkaClient
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal

Stage = Callable[[Sequence[Record]], object]

#: The parts of a classic notice, with the sort of figures a gamma-ray burst has. Our own words.
VOEVENT = """<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent ivorn="ivo://nasa.gsfc.gcn/Fermi#GBM_Flt_Pos_2026-01-02T03:04:05.00_{n}_0-{n}" role="observation"
 version="2.0" xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.ivoa.net/xml/VOEvent/v2.0 http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd">
<Who><AuthorIVORN>ivo://nasa.gsfc.tan/gcn</AuthorIVORN><Date>2026-01-02T03:04:15</Date></Who>
<What>
{params}
</What>
<WhereWhen><ObsDataLocation><ObservatoryLocation id="GEOLUN"/><ObservationLocation>
<AstroCoordSystem id="UTC-FK5-GEO"/><AstroCoords coord_system_id="UTC-FK5-GEO">
<Time unit="s"><TimeInstant><ISOTime>{t0}</ISOTime></TimeInstant></Time>
<Position2D unit="deg"><Name1>RA</Name1><Name2>Dec</Name2><Value2><C1>197.45</C1><C2>-23.38</C2></Value2>
<Error2Radius>11.6</Error2Radius></Position2D></AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
</voe:VOEvent>"""
PARAMS = {
    "Packet_Type": "111",
    "TrigID": "{n}",
    "Sequence_Num": "1",
    "Burst_TJD": "21042",
    "Burst_SOD": "11045.0",
    "Burst_Signif": "6.2",
    "Data_Signif": "5.1",
    "Integ_Time": "0.512",
    "Most_Likely_Index": "4",
    "Most_Likely_Prob": "97",
    "Hardness_Ratio": "0.91",
    "Spacecraft_Geo_Lat": "-3.1",
}


#: T0 of the first trigger; notices that are years late would not be looked at as live ones are.
FIRST = datetime.now(UTC) - timedelta(days=2)


def voevent(number: int) -> bytes:
    """One Fermi GBM flight position, about 2 kB. Eight notices tell of one trigger, as in life, and the triggers are a
    minute apart."""
    trigger = number // 8
    t0 = (FIRST + timedelta(seconds=61 * trigger)).strftime("%Y-%m-%dT%H:%M:%S.00")
    params = "\n".join(
        f'<Param name="{k}" value="{v.format(n=trigger)}" ucd="meta" unit=""/>' for k, v in PARAMS.items()
    )
    return VOEVENT.format(n=number, params=params, t0=t0).encode()


def circular(number: int) -> bytes:
    """One circular, about 1.5 kB of JSON."""
    body = f"We report observation {number} of the field. Nothing new was found down to the limit. " * 14
    content = {
        "circularId": 90_000 + number,
        "eventId": "GRB 260102A",
        "subject": f"GRB 260102A: observation {number}",
        "submitter": "A. Nobody at Somewhere <nobody@example.org>",
        "createdOn": 1767312000000 + number,
        "body": body,
    }
    return json.dumps(content).encode()


KINDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "VOEvent": ("gcn.classic.voevent.FERMI_GBM_FLT_POS", voevent),
    "circular": ("gcn.circulars", circular),
}


def stages(listener: KafkaListener, journals: dict[str, Journal], deciding: Journal) -> dict[str, Stage]:
    """What is measured, by name. Each journal makes one more row; the last row decides too, by the shipped rules."""
    from kg.objects import identify
    from listeners.intake import keep
    from reactors.reactor import Reactor
    from reactors.rulebook import RuleBook

    def store(journal: Journal) -> Stage:
        def run(records: Sequence[Record]) -> object:
            batch = listener.read(records)
            offsets = listener.offsets(next_offsets(batch), {})
            return keep(journal, batch, source=listener.name, offsets=offsets)

        return run

    reactor = Reactor(deciding, RuleBook(), SystemClock(), identify=identify)

    def decide(records: Sequence[Record]) -> object:
        store(deciding)(records)
        while reactor.step():
            pass
        return None

    return {
        "consume alone": lambda records: None,
        "consume, json.loads": lambda records: [json.loads(r.value) for r in records],
        "consume, parse": listener.read,
        **{f"consume, parse, journal ({name})": store(journal) for name, journal in journals.items()},
        "consume, parse, journal (SQLite full), decide": decide,
    }


def settings(broker: OwnBroker, topic: str, batch: int) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=broker.address,
        topics=(topic,),
        group_id=uuid.uuid4().hex,
        start="earliest",
        batch=batch,
        config={"session.timeout.ms": 6000, "log_level": 0},
    )


def client(chosen: KafkaSettings) -> KafkaClient:
    return KafkaClient(chosen, clock=SystemClock(), recall=dict, remember=lambda _: None, fresh=True)


def rate(chosen: KafkaSettings, stage: Stage, count: int) -> dict[str, float]:
    """Messages per second of wall and of CPU time, from the first message to the last commit."""
    done = 0
    with client(chosen) as consumer:
        records: list[Record] = []
        while not records:
            records = consumer.take(chosen.batch, 1.0)
        wall, cpu = time.perf_counter(), time.process_time()
        while True:
            stage(records)
            consumer.commit({(r.topic, r.partition): r.offset + 1 for r in records[-1:]})
            done += len(records)
            if done >= count:
                break
            records = consumer.take(chosen.batch, 1.0)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"per_s": done / wall, "per_cpu_s": done / cpu}


def latency(
    broker: OwnBroker, topic: str, make: Callable[[int], bytes], stage: Stage, per_s: float, seconds: float
) -> dict[str, float]:
    """Milliseconds from handing a message to the producer to the end of the stage, at an even rate."""
    broker.create(topic)
    sent: list[float] = []
    count = int(per_s * seconds)

    def produce() -> None:
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 0, "log_level": 0})
        begin = time.perf_counter() + 1.0
        for n in range(count):
            time.sleep(max(0.0, begin + n / per_s - time.perf_counter()))
            sent.append(time.perf_counter())
            producer.produce(topic, make(10_000_000 + n))
            producer.poll(0)
        producer.flush(10)

    taken: list[float] = []
    with client(settings(broker, topic, 500)) as consumer:
        while not consumer.ends():
            consumer.take(1, 0.1)
        producing = threading.Thread(target=produce, daemon=True)
        producing.start()
        while len(taken) < count:
            records = consumer.take(500, 0.25)
            if records:
                stage(records)
                consumer.commit({(r.topic, r.partition): r.offset + 1 for r in records[-1:]})
                now = time.perf_counter()
                taken += [1000 * (now - sent[r.offset]) for r in records]
        producing.join()
    cuts = statistics.quantiles(taken, n=100)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "worst_ms": max(taken), "messages": float(count)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000, help="messages per row (default 20000)")
    parser.add_argument("--batch", type=int, default=500, help="messages per transaction (default 500)")
    parser.add_argument("--per-second", type=float, default=100.0, help="rate of the latency part (default 100)")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the latency part (default 20)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    found = run(options)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for kind, rows in found.items():
        print(f"\n{kind}")
        for name, row in rows.items():
            print(f"  {name:44}", "  ".join(f"{key} {value:,.1f}" for key, value in row.items()))


def run(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    with running(noida) as broker, tempfile.TemporaryDirectory() as folder:
        for kind, (topic, make) in KINDS.items():
            broker.create(topic)
            broker.produce(topic, *(make(n) for n in range(1, options.messages + 1)))
            chosen = settings(broker, topic, options.batch)
            listener = KafkaListener(chosen)
            listener.read([Record(topic=topic, partition=0, offset=0, value=make(0), received=SystemClock().now())])
            journals = {
                f"SQLite {how}": Journal.open(f"sqlite:///{folder}/{kind}-{how}.db", synchronous=how)
                for how in ("full", "normal")
            }
            deciding = Journal.open(f"sqlite:///{folder}/{kind}-decided.db")
            rows = found[kind] = {}
            measured = stages(listener, journals, deciding)
            if make(1)[:1] != b"{":
                del measured["consume, json.loads"]
            for name, stage in measured.items():
                rows[name] = rate(settings(broker, topic, options.batch), stage, options.messages)
            last = list(measured)[-1]
            rows[f"latency at {options.per_second:g}/s: {last}"] = latency(
                broker, f"latency.{kind}", make, measured[last], options.per_second, options.seconds
            )
            for journal in (*journals.values(), deciding):
                assert not journal.rejects(), journal.rejects()[0].reason
                journal.close()
    return found


if __name__ == "__main__":
    main()
