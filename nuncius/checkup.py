"""The checks behind `nuncius doctor`: each looks at one thing and says how it is and how to mend it.

Nothing is made, changed or repaired; secrets are looked at and never repeated.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from analyses.checks.contract import Finding
from listeners.releases.settings import ReleasesSettings
from nuncius.chat_checkup import chat_findings
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.core.registry import did_you_mean
from nuncius.hooks_checkup import hook_findings
from nuncius.settings import Settings, load
from nuncius.slack_checkup import slack_findings
from nuncius.web_checkup import web_findings

#: Below this the data folder is called full: a month of alerts with sky maps is about half of it.
LEAST_FREE_BYTES = 1024**3
OLDEST_PYTHON = (3, 11)


def examine(config: Path | None, *, connect: bool, now: datetime) -> list[Finding]:
    """All findings, in the order in which to mend them."""
    found = [_python()]
    try:
        settings = load(config)
    except ConfigurationError as error:
        mend = "correct the file, or remove the key; docs/settings.md lists all of them"
        return [*found, Finding(name="configuration", ok=False, reason=str(error), mend=mend)]
    file = config or Path(os.environ.get("NUNCIUS_CONFIG") or "nuncius.toml")
    source = str(file) if file.exists() else "defaults and the environment; no nuncius.toml here"
    found.append(Finding(name="configuration", ok=True, reason=source))
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _folder,
        _journal,
        _graph,
        _rules,
        _analyses,
        _checks,
        _targets,
        _kafka,
        _polled,
    ]
    if connect:
        checks.append(_kafka_reached)
    checks += [slack_findings, chat_findings, hook_findings, partial(web_findings, connect=connect)]
    for check in checks:
        found += check(settings)
    return [*found, _sky_tables(now)]


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding(name="python", ok=True, reason=version)
    return Finding(name="python", ok=False, reason=f"{version} is too old", mend="install Python 3.11 or later")


def _folder(settings: Settings) -> Iterator[Finding]:
    yield from _writable("data folder", settings.data_dir, "data_dir in nuncius.toml or NUNCIUS_DATA_DIR")


def _writable(name: str, folder: Path, setting: str) -> Iterator[Finding]:
    place = folder.absolute()
    there = next(p for p in (place, *place.parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        mend = f"give this user the right to write there, or name another folder by {setting}"
        yield Finding(name=name, ok=False, reason=f"{there} cannot be written to", mend=mend)
        return
    free = shutil.disk_usage(there).free
    size = f"{free / 1024**3:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        yield Finding(name=name, ok=False, reason=f"{place}: only {size}", mend=f"make room, or move it by {setting}")
    else:
        made = "" if place.exists() else "; made at the first start"
        yield Finding(name=name, ok=True, reason=f"{place}: {size}{made}")


def _journal(settings: Settings) -> Iterator[Finding]:
    from nuncius.journal import Journal

    url = settings.journal_url
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        yield Finding(name="journal", ok=True, reason=f"{path}: made at the first start")
        return
    try:
        with Journal.open(url, synchronous=settings.journal.synchronous, migrate=False) as journal:
            numbers = journal.statistics()
            journal.feed_seen([])  # takes the write lock, changes nothing
    except NunciusError as error:
        mend = "start `nuncius run` once to bring the tables up to date" if "revision" in str(error) else ""
        mend = mend or "check [journal] url in nuncius.toml or NUNCIUS_DATABASE_URL, and that the database is up"
        yield Finding(name="journal", ok=False, reason=str(error), mend=mend)
        return
    if path != url and not os.access(path, os.W_OK):
        mend = f"give this user the right to write to it: chown or chmod u+w {path}"
        yield Finding(name="journal", ok=False, reason=f"{path} cannot be written to", mend=mend)
        return
    total = numbers["events"]["total"]
    yield Finding(name="journal", ok=True, reason=f"{numbers['url']}: {total} events, schema {numbers['revision']}")


def _graph(settings: Settings) -> Iterator[Finding]:
    yield from _writable("graph folder", settings.graph_dir, "data_dir in nuncius.toml")


def _rules(settings: Settings) -> Iterator[Finding]:
    from reactors.rulebook import RuleBook

    try:
        book = RuleBook(settings.rule_paths, quiet=True)
    except ConfigurationError as error:
        yield Finding(name="rules", ok=False, reason=str(error), mend="correct rules in nuncius.toml")
        return
    where = ", ".join(str(path) for path in settings.rules) or "the shipped ones"
    errors = [problem for problem in book.problems if problem.level == "error"]
    if errors:
        reason = f"{where}: {len(errors)} errors; the first: {errors[0]}"
        mend = f"nuncius rules check {' '.join(str(path) for path in settings.rules)}".rstrip() + " shows all of them"
        yield Finding(name="rules", ok=False, reason=reason, mend=mend)
    else:
        yield Finding(name="rules", ok=True, reason=f"{where}: {len(book.rules.rules)} rules")


def _analyses(settings: Settings) -> Iterator[Finding]:
    from analyses.suppliers import problems, supplied

    for problem in problems():
        yield Finding(name="analyses", ok=False, reason=problem, mend="correct the file; see docs/add-an-analysis.md")
    if not problems():
        yield Finding(name="analyses", ok=True, reason=f"{len(supplied())} are described by files")
    if settings.archives.ask:
        there = find_spec("pyvo") is not None
        reason = f"{', '.join(settings.archives.ask)} {'are asked' if there else 'would be asked, but pyvo is missing'}"
        yield Finding(name="archives", ok=there, reason=reason, mend="" if there else "pip install 'nuncius[archives]'")


def _checks(settings: Settings) -> Iterator[Finding]:
    from analyses.checks.catalogue import catalogue

    try:
        known = catalogue(settings.checks)
    except ConfigurationError as error:
        yield Finding(name="checks", ok=False, reason=str(error), mend="correct the file; see docs/checks.md")
        return
    platforms = {one.platform for one in known.values()} | set(settings.checks.off)
    idle = [name for name in settings.checks.platforms if name not in platforms]
    if idle:
        mend = "say `like` which platform it is, or write checks for it; see docs/checks.md"
        yield Finding(name="checks", ok=False, reason=f"no check is about the platform {idle[0]}", mend=mend)
    else:
        made = "" if settings.checks.enabled else "; the service makes none: [checks] enabled is false"
        yield Finding(name="checks", ok=True, reason=f"{len(known)} checks{made}")


def _targets(settings: Settings) -> Iterator[Finding]:
    from chat.targets import KNOWN

    known = [*KNOWN, *settings.apprise]
    wrong = [name for name in settings.targets if name not in known]
    if wrong:
        reason = f"no chat target is named '{wrong[0]}'{did_you_mean(wrong[0], known)}"
        yield Finding(name="targets", ok=False, reason=reason, mend="correct targets in nuncius.toml")


def _kafka(settings: Settings) -> Iterator[Finding]:
    from listeners.kafka_settings import client_config, credentials, starts_at, subscription
    from listeners.oauth import WHERE

    if settings.kafka is None:
        yield Finding(name="kafka", ok=None, reason="not set up: nothing is listened to", mend=WHERE)
        return
    kafka = settings.kafka
    try:
        login = credentials(kafka)
        group = client_config(kafka)["group.id"]
        starts = {starts_at(kafka, topic) for topic in kafka.topics}
        subscription(kafka.subscribed)
    except ConfigurationError as error:
        yield Finding(name="kafka", ok=False, reason=str(error), mend="see docs/kafka.md")
        return
    if login is not None:
        # GCN does not say when a client was made, so their age cannot be told here.
        reason = f"client {login.client_id[:4]}…, secret present, age unknown"
        yield Finding(name="kafka credentials", ok=True, reason=reason)
    if kafka.credentials_file:
        yield _private(Path(kafka.credentials_file).expanduser())
    where = kafka.bootstrap_servers or kafka.domain
    topics = ", ".join(kafka.subscribed)
    reason = f"{where}, group {group}, new groups begin at {'/'.join(sorted(starts))}; topics {topics}"
    yield Finding(name="kafka", ok=True, reason=reason)


def _polled(settings: Settings) -> Iterator[Finding]:
    from listeners.papers.ads import WHERE
    from nuncius.asking import sources_of

    try:
        sources = sources_of(settings)
    except ConfigurationError as error:
        yield Finding(name="asked for news", ok=False, reason=str(error), mend="see docs/listeners.md")
        return
    if not sources:
        mend = "write [papers] or [releases] in nuncius.toml; docs/listeners.md lists all ways in"
        yield Finding(name="asked for news", ok=None, reason="not set up", mend=mend)
        return
    names = ", ".join(source.name for source in sources)
    yield Finding(name="asked for news", ok=True, reason=f"{names}; `nuncius poll --dry-run` asks them now")
    papers = settings.papers
    if papers and papers.ads_token and not papers.ads_query:
        reason = "a token for ADS is there, and no question for it"
        yield Finding(name="ads", ok=None, reason=reason, mend="set ads_query under [papers]")
    elif papers and not papers.ads_query:
        yield Finding(
            name="ads", ok=None, reason="not asked", mend=f"set ads_query under [papers]; for the token, {WHERE}"
        )
    if settings.releases is not None:
        yield from _releases(settings.releases)


def _releases(releases: ReleasesSettings) -> Iterator[Finding]:
    from listeners.releases.sources import github_pace

    if releases.github and not releases.github_token:
        pace_s = github_pace(releases, len(releases.github))
        reason = f"no token: each of {len(releases.github)} repositories is asked every {pace_s / 60:.0f} minutes"
        mend = "set GITHUB_TOKEN (no scope is needed) to ask as often as github_every_s says"
        yield Finding(name="github", ok=None, reason=reason, mend=mend)
    for folder in releases.folders:
        path = Path(folder.url.removeprefix("file://")).expanduser()
        if path.is_absolute() and not (path.is_dir() and os.access(path, os.R_OK | os.X_OK)):
            mend = "mount it, let this user read it, or correct folders under [releases]"
            yield Finding(name=f"folder {folder.name}", ok=False, reason=f"{path} cannot be read", mend=mend)


def _private(path: Path) -> Finding:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        reason = f"{path} can be read by others ({stat.filemode(mode)})"
        return Finding(name="credentials file", ok=False, reason=reason, mend=f"chmod 600 {path}")
    return Finding(name="credentials file", ok=True, reason=f"{path}: its owner's alone")


def _kafka_reached(settings: Settings) -> Iterator[Finding]:
    if settings.kafka is None:
        return
    from listeners.kafka_client import probe
    from listeners.kafka_settings import is_pattern

    try:
        topics = probe(settings.kafka, 15.0)
    except ConfigurationError as error:
        mend = "make a new pair of credentials, and set both of them"
        yield Finding(name="kafka login", ok=False, reason=str(error), mend=mend)
        return
    except NunciusError as error:
        mend = "is the network up, does a firewall let port 9092 and 443 out, is bootstrap_servers right?"
        yield Finding(name="kafka connection", ok=False, reason=str(error), mend=mend)
        return
    missing = [topic for topic in settings.kafka.subscribed if not is_pattern(topic) and topic not in topics]
    if missing or not topics:
        reason = f"the broker shows no topic {', '.join(missing)}" if missing else "no topic matches"
        mend = "correct kafka.topics, or ask the owner of the topic for the right to read it"
        yield Finding(name="kafka topics", ok=False, reason=reason, mend=mend)
    else:
        yield Finding(name="kafka topics", ok=True, reason=f"{len(topics)} topics match")


def _sky_tables(now: datetime) -> Finding:
    """Earth orientation for rise and set times comes with astropy-iers-data; nothing is fetched while we run."""
    from astropy.time import Time
    from astropy.utils import iers

    try:
        end = Time(iers.IERS_A.open(iers.IERS_A_FILE)["MJD"][-1], format="mjd").to_datetime(timezone=UTC)
    except (OSError, ValueError) as error:
        mend = "pip install --force-reinstall astropy-iers-data"
        return Finding(name="offline tables", ok=False, reason=f"Earth orientation: {error}", mend=mend)
    reason = f"Earth orientation until {end:%Y-%m-%d}, from the package; nothing is downloaded"
    if end < now:
        mend = "pip install --upgrade astropy-iers-data"
        return Finding(name="offline tables", ok=False, reason=reason, mend=mend)
    return Finding(name="offline tables", ok=True, reason=reason)
