"""The rules in force, read from files and kept up to date: a file that goes bad keeps its last good rules, and a file
that only changed its layout changes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from nuncius.core.errors import ConfigurationError
from reactors.loader import Loaded, load_rules
from reactors.naming import digest
from reactors.problems import Problem
from reactors.rule import Rule

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
SUFFIXES = (".yaml", ".yml")


class RuleSet:
    """Rules by the kinds they listen to."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.hash = digest([rule.hash for rule in self.rules])
        self._by_kind: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for kind in rule.when if rule.status != "off" else ():
                self._by_kind.setdefault(kind, []).append(rule)
        self._listening: dict[str, tuple[Rule, ...]] = {}

    def listening(self, kind: str) -> tuple[Rule, ...]:
        """Rules for events of this kind, in their order; a rule on `gcn.notice` hears all below it."""
        if kind not in self._listening:
            words = kind.split(".")
            heard = [r for n in range(1, len(words) + 1) for r in self._by_kind.get(".".join(words[:n]), ())]
            chosen = {rule.name for rule in heard}
            self._listening[kind] = tuple(rule for rule in self.rules if rule.name in chosen)
        return self._listening[kind]


class _File(msgspec.Struct, kw_only=True):
    stamp: tuple[int, int]
    text: str
    rules: list[Rule]
    problems: list[Problem]


class RuleBook:
    """Rules from files and folders; none given means the shipped ones. A rule in a later path replaces the one of
    the same name in an earlier path."""

    def __init__(self, paths: Sequence[Path] = (), *, quiet: bool = False) -> None:
        """`quiet` keeps problems out of the log, for those who print them."""
        self._quiet = quiet
        self.paths = [Path(path) for path in paths] or [shipped()]
        for path in self.paths:
            if not path.exists():
                raise ConfigurationError(f"no rules at {path}; name a file or a folder of *.yaml files")
        self._files: dict[Path, _File] = {}
        self._checked = 0.0
        self.problems: list[Problem] = []
        self.rules = RuleSet([])
        self.refresh()

    def refresh_if_due(self) -> bool:
        """`refresh`, at most once a second."""
        if time.monotonic() - self._checked < CHECK_EVERY_S:
            return False
        return self.refresh()

    def refresh(self) -> bool:
        """Read what has changed on disk; True when rules or problems are others than before."""
        self._checked = time.monotonic()
        found = {file: place for place, path in enumerate(self.paths) for file in rule_files(path)}
        changed = [file for file in found if self._read(file)] + [file for file in self._files if file not in found]
        if not changed and self._files:
            return False
        self._files = {file: self._files[file] for file in found}
        chosen, clashes = _choose([(place, self._files[file].rules) for file, place in found.items()])
        problems = [problem for file in self._files.values() for problem in file.problems] + clashes
        rules = RuleSet(chosen)
        news = problems != self.problems or rules.hash != self.rules.hash
        for problem in problems:
            if problem not in self.problems and not self._quiet:
                log.log(logging.ERROR if problem.level == "error" else logging.WARNING, "%s", problem)
        self.problems = problems
        if rules.hash != self.rules.hash:
            log.info("%d rules in force (%s)", len(rules.rules), rules.hash)
            self.rules = rules
        return news

    def _read(self, file: Path) -> bool:
        """Read one file if it changed. With errors in it, its last good rules stay."""
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(file)
            if known and known.stamp == stamp:
                return False
            text = file.read_text(encoding="utf-8")
            loaded = load_rules(text, str(file))
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read: {error}"
            loaded = Loaded(problems=[Problem(file=str(file), line=1, column=1, message=message)])
            known, stamp, text = self._files.get(file), (0, 0), ""
        kept = known.rules if known and loaded.errors else loaded.rules
        problems = list(loaded.problems)
        if kept and loaded.errors:
            hint = f"its last good version stays in force: {', '.join(rule.name for rule in kept)}"
            problems.append(
                Problem(file=str(file), line=1, column=1, message="not loaded, see above", hint=hint, level="warning")
            )
        self._files[file] = _File(stamp=stamp, text=text, rules=kept, problems=problems)
        return True


def shipped() -> Path:
    """The folder of the rules that come with the program."""
    return Path(str(files("config") / "rules"))


def rule_files(path: Path) -> list[Path]:
    """The rule files at a path, by name; hidden ones and editors' copies are passed over."""
    if path.is_dir():
        return sorted(f for f in path.rglob("*") if f.suffix in SUFFIXES and not f.name.startswith((".", "#")))
    return [path] if path.exists() else []


def _choose(groups: Sequence[tuple[int, list[Rule]]]) -> tuple[list[Rule], list[Problem]]:
    """One rule for each name: a later path wins, and within a path a second one is a mistake."""
    chosen: dict[str, tuple[int, Rule]] = {}
    problems = []
    for place, rules in groups:
        for rule in rules:
            held = chosen.get(rule.name)
            if held is not None and held[0] == place:
                first = held[1]
                message = f"the rule '{rule.name}' is also in {first.file}:{first.line}, which counts"
                problems.append(Problem(file=rule.file, line=rule.line, column=1, message=message, rule=rule.name))
            else:
                chosen[rule.name] = (place, rule)
    return [rule for _, rule in chosen.values()], problems
