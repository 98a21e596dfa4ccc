"""Writes a letter as a mail: plain text and HTML, figures inside, a part for machines, and the headers by which mail
programs gather threads, tell doubles and offer to unsubscribe. No network.

Each mail's name is made from thread, reader, place and key: sent again in doubt it is the same mail, of which servers
and programs keep one. All mails of a thread answer to one name that no mail has; so the thread holds together also for
whoever was added later.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Any

import msgspec

from chat.contract import Blob
from chat.letters import Letter, html_letter, one_line, plain_letter
from chat.unsubscribing import unsubscribe_address
from nuncius.core.report import Attachment, Picture, Report, Severity

#: What a mail that leaves out figures or files says of them.
LEFT_OUT = "Left out, because the mail would be too large: "


def name_of(report: Report, domain: str) -> str:
    """The mail's `Message-ID`."""
    return _name("mail", domain, report.thread, report.to, report.slot, report.key)


def root_of(report: Report, domain: str) -> str:
    """What all mails of the thread answer to."""
    return _name("thread", domain, report.thread, report.to)


def _name(sort: str, domain: str, *words: str) -> str:
    digest = hashlib.sha256("\n".join(words).encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{sort}.{digest}@{domain}>"


def write_mail(
    letter: Letter,
    *,
    subject: str,
    sender: str,
    to: list[str],
    earlier: list[str],
    blob: Blob,
    max_bytes: int,
    now: datetime,
) -> EmailMessage:
    """The mail. `earlier` are the names of mails that said what this one replaces, the oldest first."""
    report, domain = letter.report, sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mark = "[RETRACTED] " if letter.retracted else ""
    test = "[TEST] " if letter.first.startswith("TEST") else ""
    mail["Subject"] = f"{test}{mark}{one_line(subject, 150)}"
    mail["From"] = f"Nuncius <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = name_of(report, domain)
    mail["In-Reply-To"] = earlier[-1] if earlier else root_of(report, domain)
    mail["References"] = " ".join([root_of(report, domain), *earlier[-5:]])
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"  # Exchange heeds nothing else
    mail["X-Nuncius-Severity"] = report.severity.value
    if report.rule:
        mail["X-Nuncius-Rule"] = one_line(report.rule, 80)
    if report.severity is Severity.PAGE and not letter.retracted:
        mail["Importance"] = "high"
    if ends := unsubscribe_address(report.subscription):
        mail["List-Unsubscribe"] = f"<{ends}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(mail, letter, blob, max_bytes)
    # Addresses and names in one line: folded before their first character, not every program reads them.
    mail.policy = SMTP.clone(max_line_length=998)
    return mail


def _fill(mail: EmailMessage, letter: Letter, blob: Blob, max_bytes: int) -> None:
    report = letter.report
    room = max_bytes - 4 * len(report.text.encode("utf-8", "replace")) - 20_000
    pictures: list[tuple[Picture, bytes]] = []
    files: list[tuple[Attachment, bytes]] = []
    left: list[str] = []
    carried: list[Picture | Attachment] = [*report.pictures, *report.attachments]
    for item in carried:
        content = blob(item.sha256)
        size = len(content) * 4 // 3 + 500  # as base64, with headers
        if size > room:
            left.append(one_line(item.name, 80))
            continue
        room -= size
        if isinstance(item, Picture):
            pictures.append((item, content))
        else:
            files.append((item, content))
    note = LEFT_OUT + ", ".join(left) if left else ""
    plain = plain_letter(letter) + "".join(
        f"\n[Figure: {one_line(picture.caption)}. {one_line(picture.alt, 600)}]\n" for picture, _ in pictures
    )
    mail.set_content(plain + (f"\n{note}\n" if note else ""), cte="quoted-printable")
    shown = "".join(_figure(picture) for picture, _ in pictures) + (f"<p>{escape(note)}</p>" if note else "")
    mail.add_alternative(html_letter(letter, shown), subtype="html", cte="quoted-printable")
    html = mail.get_body(("html",))
    assert isinstance(html, MIMEPart)
    for picture, content in pictures:
        html.add_related(
            content, "image", "png", cid=f"<{_cid(picture)}>", filename=f"{one_line(picture.name, 60)}.png",
            disposition="inline",
        )  # fmt: skip
    machine = msgspec.json.format(msgspec.json.encode(facts(report)), indent=1)
    mail.add_attachment(machine, "application", "json", filename="nuncius-report.json")
    for file, content in files:
        main, _, sub = file.media_type.partition("/")
        mail.add_attachment(content, main or "application", sub or "octet-stream", filename=one_line(file.name, 80))


def _cid(picture: Picture) -> str:
    return f"{picture.sha256[:32]}@figure.nuncius"


def _figure(picture: Picture) -> str:
    alt, caption = escape(one_line(picture.alt, 600), quote=True), escape(one_line(picture.caption, 300))
    return f'<p><img src="cid:{_cid(picture)}" alt="{alt}" style="max-width:100%"><br>{caption}</p>'


def facts(report: Report) -> dict[str, Any]:
    """What a machine that reads the mailbox wants to know."""
    told = {"rule": report.rule, "event": report.event_id, "object": report.thread, "title": report.title}
    told |= {"severity": report.severity.value, "state": report.state.value}
    return {**told, "revision": report.revision, "tables": msgspec.to_builtins(report.tables)}
