"""A process of its own that asks one source: python papers_child.py JOURNAL_URL SERVER SOURCE NOW, for kill tests."""

from __future__ import annotations

import sys
from datetime import datetime

from listeners.papers.settings import PapersSettings
from listeners.papers.sources import sources
from listeners.polling.poller import duties
from listeners.polling.web import Web
from nuncius.core.clock import VirtualClock
from nuncius.journal import Journal
from nuncius.ownership import this_process
from nuncius.recurring import Recurring


def main(url: str, server: str, name: str, now: str) -> None:
    clock = VirtualClock(datetime.fromisoformat(now))
    settings = PapersSettings(
        arxiv_url=f"{server}/api/query",
        arxiv_feed_url=server + "/atom/{category}",
        ads_url=f"{server}/v1",
        ads_token="local-ads-token",
        ads_query="burst",
        atel_url=f"{server}/atel?rss",
        atel_one_url=server + "/atel?rss+{number}",
    )
    chosen = [source for source in sources(settings) if source.name == name]
    with Journal.open(url) as journal:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        (duty,) = duties(chosen, Web(wait=lambda seconds: None), clock)
        attempt = Recurring(journal, [duty], clock=clock, owner=this_process()).attempt(duty)
        sys.stdout.write(f"{attempt.taken} {attempt.error}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
