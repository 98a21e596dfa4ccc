"""Asks catalogues of the Virtual Observatory by position: off unless configured, each with its own deadline, answers
kept on disk. The only module that knows pyvo; what an archive does wrong costs its own row and no other."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from analyses.catalogues import Catalogue, Source, load_catalogues
from analyses.settings import ArchivesSettings
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.core.registry import did_you_mean

#: Where this process' children find the settings, as JSON, whoever starts them.
VARIABLE = "NUNCIUS_ARCHIVES"
#: Rows that are asked for; an archive that has more says so.
MOST_ROWS = 2000
#: Catalogues that are asked at once.
AT_ONCE = 6
#: Answers that are kept; the oldest go first.
MOST_KEPT = 5000


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Which catalogues are asked, and where answers are kept."""

    catalogues: dict[str, Catalogue] = {}
    timeout_s: float = 20.0
    keep_days: float = 30.0
    folder: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one catalogue said of a cone. `problem` says why it said nothing; `cut` that it has more than it gave."""

    key: str
    title: str
    radius: float
    asked: datetime
    sources: list[Source] = []
    cut: bool = False
    problem: str = ""
    kept: bool = False
    host: str = ""


def use(settings: ArchivesSettings, data_dir: Path) -> None:
    """Ask what the settings name, here and in the processes that this one starts. Raises ConfigurationError naming a
    catalogue that is not known."""
    known = load_catalogues() if settings.ask else {}
    if settings.ask and settings.catalogues is not None:
        known |= load_catalogues(settings.catalogues)
    for key in settings.ask:
        if key != "all" and key not in known:
            raise ConfigurationError(f"archives.ask: no catalogue has the key '{key}'{did_you_mean(key, list(known))}")
    chosen = known if "all" in settings.ask else {key: known[key] for key in settings.ask}
    folder = str(data_dir.resolve() / "archives")
    asking = Asking(catalogues=chosen, timeout_s=settings.timeout_s, keep_days=settings.keep_days, folder=folder)
    pass_on(msgspec.json.encode(asking).decode() if chosen else "")


def passed_on() -> str:
    """What `use` has set, for an executor to hand to workers elsewhere."""
    return os.environ.get(VARIABLE, "")


def pass_on(text: str) -> None:
    """The inverse of `passed_on`, in the worker."""
    os.environ[VARIABLE] = text


def asking() -> Asking:
    """What is asked in this process; nothing unless `use` said so."""
    return msgspec.json.decode(passed_on() or "{}", type=Asking)


def ask_all(ra: float, dec: float, radius: float, now: datetime) -> list[Answer]:
    """What each catalogue knows within `radius` degrees of a position, nearest first; never raises for what an archive
    does."""
    said = asking()
    if not said.catalogues:
        return []
    with warnings.catch_warnings(), ThreadPoolExecutor(AT_ONCE) as pool:
        warnings.simplefilter("ignore")  # of the thousand ways in which VOTables are not quite right
        jobs = [
            pool.submit(_answer, key, catalogue, ra, dec, min(radius, catalogue.radius_max), said, now)
            for key, catalogue in said.catalogues.items()
        ]
        return [job.result() for job in jobs]


def harvest(answers: Sequence[Answer], ra: float, dec: float) -> list[dict[str, Any]]:
    """What was asked, as provenance tells it of all runs; answers that were kept asked nobody."""
    catalogues = asking().catalogues
    return [
        {
            "kind": "pyvo",
            "module": "pyvo",
            "service": catalogues[answer.key].protocol.upper(),
            "call": "query",
            "hosts": [answer.host],
            "catalogues": [catalogues[answer.key].table or answer.title],
            "ra": ra,
            "dec": dec,
            "radius": answer.radius,
            "ok": not answer.problem,
        }
        for answer in answers
        if not answer.kept
    ]


def _answer(
    key: str, catalogue: Catalogue, ra: float, dec: float, radius: float, said: Asking, now: datetime
) -> Answer:
    question = msgspec.json.encode([catalogue, round(ra, 6), round(dec, 6), round(radius, 6)], order="deterministic")
    file = Path(said.folder) / f"{hashlib.sha256(question).hexdigest()}.json" if said.folder else None
    kept = _kept(file, now - timedelta(days=said.keep_days)) if file else None
    if kept is not None:
        return msgspec.structs.replace(kept, kept=True)
    begun = time.monotonic()
    blank = Answer(key=key, title=catalogue.title, radius=radius, asked=now, host=_host(catalogue.url))
    try:
        from analyses.votables import ask

        sources, cut = ask(catalogue, ra, dec, radius, MOST_ROWS, said.timeout_s)
    except ImportError:
        why = "pyvo is not installed: pip install 'nuncius[archives]'"
        return msgspec.structs.replace(blank, problem=why)
    except NunciusError as error:
        return msgspec.structs.replace(blank, problem=_short(str(error), catalogue.url))
    except Exception as error:  # pyvo and astropy raise whatever an answer leads them to
        cause = getattr(error, "cause", None)  # what we raised ourselves comes wrapped by pyvo
        took = f"{type(error).__name__} after {time.monotonic() - begun:.0f} s"
        why = str(cause) if isinstance(cause, NunciusError) else f"{took}: {error}"
        return msgspec.structs.replace(blank, problem=_short(why, catalogue.url))
    answer = msgspec.structs.replace(blank, sources=sources, cut=cut)
    if file is not None:
        _keep(file, answer)
    return answer


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc.rpartition("@")[2]


def _short(text: str, url: str) -> str:
    """One line for people, without the address, whose query may hold a secret."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text.replace(url, _host(url))).split())
    return line if len(line) <= 160 else line[:159] + "…"


def _kept(file: Path, since: datetime) -> Answer | None:
    try:
        answer = msgspec.json.decode(file.read_bytes(), type=Answer)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError):
        with contextlib.suppress(OSError):
            file.unlink()
        return None
    return answer if answer.asked.replace(tzinfo=UTC) >= since else None


def _keep(file: Path, answer: Answer) -> None:
    """Whoever cannot write asks again next time. Where no service has run there is no data folder, and none is made."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix="new-", delete=False) as new:
            new.write(msgspec.json.encode(answer))
        os.replace(new.name, file)
        there = sorted(file.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for old in there[: max(0, len(there) - MOST_KEPT)]:
            old.unlink()
