"""Writes docs/mail-thread.md, an alert as a mail program shows it: python tests/write_mail_thread.py."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from local_mail import LocalMail
from rules_samples import GW, NOON, Night, gw, retraction

from chat import acknowledging
from chat.courier import Courier, CourierSettings
from chat.mail import EmailTarget
from chat.mail_settings import EmailSettings
from chat.people import People, Person
from chat.routing import Routes
from chat.targets import Means
from nuncius.core.clock import VirtualClock
from reactors.runner import Runner

FILE = Path(__file__).resolve().parent.parent / "docs" / "mail-thread.md"
PAGE = "https://nuncius.example.org"
HEAD = """# An alert by mail

<!-- Written by tests/write_mail_thread.py; a test fails when it is out of date. -->

What three mailboxes held when this rule met GW170817, three versions of it and a retraction, from the journal to a mail
server on this machine (`tests/local_mail.py`). The alerts are of our own making: the numbers are those published. Each
mail also has an HTML part and `nuncius-report.json`. Indented mails answer to the one above, the others to the thread.

"""
RULES = """rule: neutron-stars
when: lvk.alert
if: ev.significant && ev.p_astro.BNS > 0.5
severity: warning
do:
  - post: |
      ${ev.name}: likely binary neutron star
      **FAR** ${ev.far:.1e} Hz, **BNS** ${100 * ev.p_astro.BNS:.0f} %
  - page: "Binary neutron star ${ev.name}, please look"
    to: ann
"""
SETTINGS = """[people.ann]
email = "ann@example.org"
escalate_to = "bo"
escalate_after = "15m"

[people.bo]
email = "bo@example.org"
"""
PEOPLE = {"ann": Person(email="ann@example.org", escalate_to="bo"), "bo": Person(email="bo@example.org")}


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory(prefix="nuncius-mail-") as folder, LocalMail() as server:
        # A key of its own would make other links each time.
        (Path(folder) / "unsubscribe.key").write_text("07" * 32, encoding="ascii")
        acknowledging.use(Path(folder), PAGE)
        try:
            boxes = _night(Path(folder), server)
        finally:
            acknowledging.use(Path(folder), "")
    text = HEAD + f"```yaml\n{RULES}```\n\n```toml\n{SETTINGS}```\n"
    for reader, about in (("alerts@example.org", "the list"), ("ann@example.org", "Ann"), ("bo@example.org", "Bo")):
        text += f"\n## The mailbox of {about}\n\n```text\n{_shown(boxes[reader])}```\n"
    return text


def _night(folder: Path, server: LocalMail) -> dict[str, list[EmailMessage]]:
    people = People(PEOPLE)
    email = EmailSettings(
        host="127.0.0.1", port=server.port, security="none", from_="nuncius@example.org", to=["alerts@example.org"]
    )
    night = Night(folder, RULES, people=people)
    clock = VirtualClock(NOON)
    routes = Routes(["email"], Means(people=people, email=email))
    night.clock = clock
    night.start()
    night.runner = Runner(night.journal, night.executor, targets=["email"], routes=routes, clock=clock, owner="doc:1")
    target = EmailTarget(email, people, clock, page_url=PAGE)
    courier = Courier(night.journal, target, clock, "doc", settings=CourierSettings(page_url=PAGE), people=people)

    def passes(minutes: float, *events: Any) -> None:
        clock.advance_to(NOON + timedelta(minutes=minutes))
        night.journal.append(events)
        night.journal.set_object([(s.seq, GW) for s in night.journal.read(0, limit=100)])
        night.hears()
        night.works()
        while courier.step():
            pass

    try:
        passes(5, gw("S170817a-1", received=_at(5)))
        passes(9, gw("S170817a-2", data={"far": 1.2e-13, "p_astro": {"BNS": 0.99, "BBH": 0.0}}, received=_at(9)))
        passes(20)
        passes(21, gw("S170817a-3", data={"far": 8e-15, "p_astro": {"BNS": 1.0, "BBH": 0.0}}, received=_at(21)))
        passes(23, retraction("S170817a-4", received=_at(23)))
        passes(90)
    finally:
        night.close()
    return server.boxes


def _at(minutes: float) -> Any:
    return NOON + timedelta(minutes=minutes)


def _shown(mails: list[EmailMessage]) -> str:
    """Mails as a program shows a thread: each below the one that it answers to."""
    depth: dict[str, int] = {}
    text = ""
    for mail in mails:
        level = depth[str(mail["Message-ID"])] = depth.get(str(mail["In-Reply-To"]), -1) + 1
        part = mail.get_body(("plain",))
        assert part is not None
        lines = [f"Subject: {mail['Subject']}", f"Date:    {mail['Date']}", "", *str(part.get_content()).splitlines()]
        text += "".join(f"{'    ' * level}{line}".rstrip() + "\n" for line in lines) + "─" * 60 + "\n"
    return text


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
