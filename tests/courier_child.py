"""A courier in a process of its own, to be killed by tests: delivers everything in the outbox, then exits with 0."""

from __future__ import annotations

import os
import sys
import time

from chat.courier import Courier, CourierSettings
from chat.slack import SlackSettings
from chat.slack_target import SlackTarget
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal


def main(url: str, base_url: str, channel: str, token: str) -> None:
    clock = SystemClock()
    slack = SlackSettings(token=token, channel=channel, base_url=base_url, pace_s=0.0, page_mention="<!channel>")
    settings = CourierSettings(lease_s=0.5, first_retry_s=0.1, longest_retry_s=0.2)
    with Journal.open(url, synchronous="normal") as journal:
        courier = Courier(journal, SlackTarget(slack, clock), clock, f"child-{os.getpid()}", settings=settings)
        while any(row.state in ("pending", "sending") for row in journal.reports()):
            if courier.step() == 0:
                time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
