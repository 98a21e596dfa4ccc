"""Renders the pages from their templates. Autoescaping is on: whatever an alert says stays text."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chat.desk.choices import about_of, choices
from chat.markdown import clean, safe_href
from chat.people import Role
from chat.plaintable import cell, numeric
from console import checks, regressions, views
from console.cards import cards, running
from console.condition import condition
from console.markup import markup
from console.overview import overview
from console.searching import Question, Result
from console.signin.forms import FIELD, mark_of
from console.signin.readers import SEAT
from nuncius.journal import Journal

if TYPE_CHECKING:
    from console.atom import Feed
    from kg.store import GraphStore


def now_page(journal: Journal, now: datetime) -> str:
    """How the service stands, what runs, and the objects spoken of last."""
    standing = overview(journal)
    return render(
        "now.html",
        journal,
        now,
        cards=cards(journal),
        running=running(journal),
        condition=condition(journal, standing, now),
    )


def thread_page(
    journal: Journal, iri: str, now: datetime, *, graph: GraphStore | None = None, claims: int = 1, circulars: int = 1
) -> str | None:
    """One thread; None where nothing is known of it. `claims` and `circulars` are pages of its lists."""
    found = views.thread(journal, iri, graph=graph, claims=claims, circulars=circulars)
    return None if found is None else render("thread.html", journal, now, thread=found)


def checks_page(journal: Journal, now: datetime) -> str:
    """How every sanity check stands."""
    return render("checks.html", journal, now, groups=checks.groups(journal, now))


def check_page(journal: Journal, name: str, now: datetime) -> str | None:
    """One check with its history; None where it was never made."""
    found = checks.one(journal, name, now)
    return None if found is None else render("check.html", journal, now, page=found)


def regressions_page(journal: Journal, now: datetime) -> str:
    """How every regression test case stands."""
    return render("regressions.html", journal, now, lines=regressions.lines(journal))


def regression_page(journal: Journal, name: str, now: datetime) -> str | None:
    """One test case with its history; None where there is none of that name."""
    found = regressions.one(journal, name)
    return None if found is None else render("regression.html", journal, now, page=found)


def search_page(journal: Journal, asked: Question, result: Result, now: datetime) -> str:
    """The form of the search with what was found."""
    return render("search.html", journal, now, asked=asked, result=result)


def missing_page(journal: Journal, name: str, now: datetime) -> str:
    """For an address that leads nowhere."""
    return render("missing.html", journal, now, name=name)


def atom_feed(feed: Feed, *, base: str, own: str) -> str:
    """A feed as XML; `base` is this site as its reader knows it, `own` the feed's path."""
    return _environment().get_template("feed.xml").render(feed=feed, base=base, own=own)


def asset(name: str) -> bytes:
    """A file of `static/`."""
    return (files("console") / "static" / name).read_bytes()


@cache
def asset_href(name: str) -> str:
    """Its address, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{hashlib.sha256(asset(name)).hexdigest()[:12]}/{name}"


def render(template: str, journal: Journal, now: datetime, **values: object) -> str:
    """A template with the shell that all pages share. It has the `reader` (None: nobody is signed in), and
    `form_field`, which each of its forms must hold."""
    shell = {"overview": overview(journal), "now": now, "reader": SEAT.get().reader, "form_field": own_field()}
    return _environment().get_template(template).render(**shell, **values)


def alone(template: str, **values: object) -> str:
    """A template for whoever is not signed in: without the shell, which tells how much is known here."""
    return _environment().get_template(template).render(**values)


def own_field() -> Markup:
    """The hidden field for whoever is signed in; for others nothing, as they can send no form."""
    seat = SEAT.get()
    return form_field(mark_of(seat.secret) if seat.reader is not None else "")


def may_review() -> bool:
    """Whether whoever is signed in is a reviewer."""
    reader = SEAT.get().reader
    return reader is not None and reader.role.covers(Role.REVIEWER)


def fresh() -> str:
    """What tells one form from all others, so that sent twice it counts once."""
    return secrets.token_urlsafe(12)


def form_field(mark: str) -> Markup:
    """The hidden field by which a form is known as ours."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, mark) if mark else Markup()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markup": markup,
        "clean": clean,
        "cell": cell,
        "utc": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "iso": lambda moment: moment.astimezone(UTC).isoformat(timespec="seconds"),
        "measured": lambda run: sorted(run.values.items()),
        "safe_href": lambda url: safe_href(url) or "#",
        "number": lambda value: f"{value:,}".replace(",", "\u2009"),
    }
    environment.tests["numeric"] = numeric
    environment.globals |= {"asset": asset_href, "ago": ago, "field_of": form_field, "own_field": own_field}
    environment.globals |= {"fresh": fresh, "may_review": may_review, "about_of": about_of, "choices": choices}
    return environment


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in words; the date when that says more."""
    seconds = (now - moment).total_seconds()
    if not 0 <= seconds < 14 * 86400:
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"
