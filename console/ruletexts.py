"""The texts of rules: where the one in force stands, what it shares with others, and how operators save another version
into the folder that is theirs. Knows nothing of HTML or HTTP."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from console.apireading import PRIVATE
from nuncius.core.errors import PermanentError
from reactors.loader import Loaded, load_rules, read_templates
from reactors.rule import RULE_NAME, Rule
from reactors.rulebook import rule_files
from reactors.ruleset import RuleSet
from reactors.usage import Template

_APART = re.compile(r"^---[ \t]*(#.*)?$", re.M)
#: Characters of what may be edited on the page.
LONGEST = 60_000
#: Old versions of a file that are kept beside it.
KEPT = 50


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a rule as it is edited: all of its file where that is in the operators' folder, else the rule alone.
    `stamp` changes with what would be overwritten; `above` is how many lines of the file stand before the text."""

    text: str
    stamp: str
    file: str
    own: bool
    above: int = 0


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What saving did: the file's name, the rules in it, and the hashes of the texts before (empty: there was none) and
    now."""

    file: str
    rules: list[str]
    before: str
    now: str


def source_of(rule: Rule, folder: Path | None) -> Source:
    """Where a rule in force stands. Raises PermanentError where its file is gone."""
    file = Path(rule.file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PermanentError(f"the file of {rule.name} cannot be read: {error}") from error
    if folder is not None and _within(file, folder):
        return Source(text=text, stamp=stamp_of(text), file=file.name, own=True)
    own = "" if folder is None else _read(folder / f"{rule.name}.yaml")
    alone, above = _document(text, rule.line)
    return Source(text=alone, stamp=stamp_of(own), file=file.name, own=False, above=above)


def _document(text: str, line: int) -> tuple[str, int]:
    """The document of a file that holds this line, and how many lines stand above it."""
    start = sum(len(part) for part in text.splitlines(keepends=True)[: line - 1])
    marks = [(mark.start(), mark.end()) for mark in _APART.finditer(text)]
    begin = max((end for begins, end in marks if begins <= start), default=0)
    end = min((begins for begins, _ in marks if begins > start), default=len(text))
    found = text[begin:end]
    above = text[:begin].count("\n") + len(found) - len(found.lstrip("\n"))
    return found.strip("\n") + "\n", above


def shared_texts(rules: RuleSet) -> list[str]:
    """Texts beside the rules in force that hold templates, which an edited rule may use."""
    folders = sorted({Path(rule.file).parent for rule in rules.rules if rule.file and not _private(rule)})
    texts = [_read(file) for folder in folders if folder.is_dir() for file in rule_files(folder)[:500]]
    return [text for text in texts if "template" in text]


def templates_of(texts: Sequence[str]) -> dict[str, Template]:
    """The templates in these texts."""
    found: dict[str, Template] = {}
    for text in texts:
        found |= read_templates(text, "shared") or {}
    return found


def checked(text: str, shared: Sequence[str]) -> Loaded:
    """What is wrong with a text, by the loader of rule files. Raises PermanentError for one that is too long."""
    if len(text) > LONGEST:
        raise PermanentError(f"at most {LONGEST:,} characters can be edited here; received {len(text):,}")
    return load_rules(text, "rule", templates_of(shared))


def save(folder: Path, text: str, loaded: Loaded, *, stamp: str, rules: RuleSet, now: datetime) -> Saved:
    """Write a good text into the folder, where the running service reads it within a second; the version before stays
    beside it. `stamp` is what the person saw. Raises PermanentError for what may not be saved."""
    if loaded.errors or not loaded.rules:
        raise PermanentError("rules with errors are not saved")
    names = [rule.name for rule in loaded.rules]
    if wrong := next((name for name in names if name.startswith(PRIVATE) or not RULE_NAME.fullmatch(name)), None):
        raise PermanentError(f"no rule may be called {wrong!r}: such names are those of people's subscriptions")
    file = _file(folder, loaded.rules, rules)
    before = _read(file)
    if stamp_of(before) != stamp:
        raise PermanentError(f"somebody saved {file.name} meanwhile; load the page anew, and make your change there")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if before:
            _keep(file, now)
        written = file.with_name(f".{file.name}.{os.getpid()}.new")
        with written.open("w", encoding="utf-8") as out:
            out.write(text if text.endswith("\n") else f"{text}\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(written, file)
    except OSError as error:
        raise PermanentError(f"{file} cannot be written: {error.strerror}") from error
    return Saved(file=file.name, rules=names, before=stamp_of(before) if before else "", now=stamp_of(_read(file)))


def _file(folder: Path, edited: Sequence[Rule], rules: RuleSet) -> Path:
    """The one file of the folder that holds these rules already, else one by the name of the first."""
    there = {rule.name: Path(rule.file) for rule in rules.rules if rule.file and _within(Path(rule.file), folder)}
    files = {there[rule.name] for rule in edited if rule.name in there}
    if len(files) > 1:
        raise PermanentError(f"these rules stand in several files: {', '.join(sorted(file.name for file in files))}")
    file = files.pop() if files else folder / f"{edited[0].name}.yaml"
    names = {rule.name for rule in edited}
    if lost := [name for name, where in there.items() if where == file and name not in names]:
        raise PermanentError(f"{file.name} would lose {', '.join(lost)}; keep it in the text, with `status: off` say")
    return file


def _keep(file: Path, now: datetime) -> None:
    """A copy that is no rule file; the oldest go."""
    copy = file.with_name(f".{file.name}.{now:%Y%m%dT%H%M%S.%f}.old")
    copy.write_bytes(file.read_bytes())
    for old in sorted(file.parent.glob(f".{file.name}.*.old"))[:-KEPT]:
        old.unlink()


def stamp_of(text: str) -> str:
    """What a text is known by; the same for no file and an empty one."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] if text else ""


def _within(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())


def _private(rule: Rule) -> bool:
    return rule.name.startswith(PRIVATE)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
