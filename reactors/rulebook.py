"""The rules in force, read from files and kept up to date: a file that goes bad keeps its last good rules, and a file
that only changed its layout changes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean
from reactors.duty import Duty, addressed
from reactors.lastgood import LastGood
from reactors.loader import Loaded, load_rules, read_templates
from reactors.problems import Problem
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.usage import Template

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
SUFFIXES = (".yaml", ".yml")

__all__ = ["RuleBook", "RuleSet", "rule_files", "shipped"]


class _File(msgspec.Struct, kw_only=True):
    """A rule file as it was last read: its rules are the last good ones, and so are its templates."""

    stamp: tuple[int, int]
    text: str
    rules: list[Rule] = []
    problems: list[Problem] = []
    templates: dict[str, Template] = {}


class RuleBook:
    """Rules from files and folders; none given means the shipped ones. A rule in a later path replaces the one of
    the same name in an earlier path."""

    def __init__(
        self,
        paths: Sequence[Path] = (),
        *,
        quiet: bool = False,
        keep: Path | None = None,
        beside: Callable[[], Sequence[Rule]] | None = None,
        duty: Duty | None = None,
    ) -> None:
        """`quiet` keeps problems out of the log, for those who print them. `keep` is a folder for the last good
        versions of files, so that they outlive a restart. `beside` gives rules that are in no file: subscriptions.
        `duty` are the people whom rules may name in `to`."""
        self._quiet = quiet
        self._duty: Duty = duty or {}
        self._good = LastGood(keep)
        self._beside: Callable[[], Sequence[Rule]] = beside or tuple
        self._others: Sequence[Rule] = ()
        self.paths = [Path(path) for path in paths] or [shipped()]
        for path in self.paths:
            if not path.exists():
                raise ConfigurationError(f"no rules at {path}; name a file or a folder of *.yaml files")
        self._files: dict[Path, _File] = {}
        self._meaning: dict[str, Any] = {}
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
        changed = [file for file in found if self._look(file)]
        gone = [file for file in self._files if file not in found]
        others = self._beside()
        if not changed and not gone and self._files and others is self._others:
            return False
        self._others = others
        self._files = {file: self._files[file] for file in found}
        shared, twice = self._shared(found)
        meaning = {name: template.meaning for name, template in shared.items()}
        if meaning != self._meaning:  # whoever may use a template is read again
            changed = [file for file in found if file in changed or "use" in self._files[file].text]
            self._meaning = meaning
        for file in changed:
            self._read(file, shared)
        chosen, clashes = _choose([(place, self._files[file].rules) for file, place in found.items()])
        problems = [problem for file in self._files.values() for problem in file.problems] + twice + clashes
        problems += _mutes_nobody(chosen)
        taken = {rule.name for rule in chosen}
        named = [addressed(rule, self._duty) for rule in chosen]
        rules = RuleSet([*named, *(rule for rule in others if rule.name not in taken)])
        news = problems != self.problems or rules.hash != self.rules.hash
        for problem in problems:
            if problem not in self.problems and not self._quiet:
                log.log(logging.ERROR if problem.level == "error" else logging.WARNING, "%s", problem)
        self.problems = problems
        if rules.hash != self.rules.hash:
            log.info("%d rules in force (%s)", len(rules.rules), rules.hash)
        self.rules = rules  # also where only words about them, or their places in files, are others
        return news

    def _look(self, file: Path) -> bool:
        """Whether a file has changed; then its text and its templates are read."""
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(file)
            if known and known.stamp == stamp:
                return False
            text, problems = file.read_text(encoding="utf-8"), []
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read: {error}"
            problems = [Problem(file=str(file), line=1, column=1, message=message)]
            known, stamp, text = self._files.get(file), (0, 0), ""
        kept = known or _File(stamp=stamp, text=text, templates=self._templates_before(file))
        templates = read_templates(text, str(file)) if text else None
        if templates is None:  # not even YAML
            templates = kept.templates
        self._files[file] = _File(stamp=stamp, text=text, rules=kept.rules, problems=problems, templates=templates)
        return True

    def _templates_before(self, file: Path) -> dict[str, Template]:
        """The templates that a file had before the service was started again."""
        before = self._good.text(file)
        return (read_templates(before, str(file)) or {}) if before else {}

    def _shared(self, found: Mapping[Path, int]) -> tuple[dict[str, Template], list[Problem]]:
        """All templates: those of a later path win, and within a path a second one of a name is a mistake."""
        chosen: dict[str, tuple[int, Template]] = {}
        problems = []
        for file, place in found.items():
            for name, template in self._files[file].templates.items():
                held = chosen.get(name)
                if held is not None and held[0] == place:
                    first = held[1].document
                    message = f"the template '{name}' is also in {first.file}:{first.line}, which counts"
                    line = template.document.line
                    problems.append(Problem(file=str(file), line=line, column=1, message=message))
                else:
                    chosen[name] = (place, template)
        return {name: template for name, (_, template) in chosen.items()}, problems

    def _read(self, file: Path, shared: Mapping[str, Template]) -> None:
        """The rules of one file. With errors in it, its last good rules stay."""
        entry = self._files[file]
        unread = [problem for problem in entry.problems if problem.message.startswith("cannot be read")]
        loaded = Loaded(problems=unread) if unread else load_rules(entry.text, str(file), shared)
        kept = loaded.rules
        if not loaded.errors:
            self._good.keep(file, entry.text)
        elif not (kept := entry.rules) and (before := self._good.text(file)):
            kept = load_rules(before, str(file), shared).rules
        problems = list(loaded.problems)
        if kept and loaded.errors:
            hint = f"its last good version stays in force: {', '.join(rule.name for rule in kept)}"
            problems.append(
                Problem(file=str(file), line=1, column=1, message="not loaded, see above", hint=hint, level="warning")
            )
        entry.rules, entry.problems = kept, problems


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


def _mutes_nobody(rules: Sequence[Rule]) -> list[Problem]:
    """Names of muted rules that are no rule's: a slip most likely, or a rule that stands elsewhere."""
    names = [rule.name for rule in rules]
    strange = [(rule, name) for rule in rules if rule.mutes for name in rule.mutes.rules if name not in names]
    return [
        Problem(
            file=rule.file,
            line=rule.line,
            column=1,
            message=f"'mutes' names '{name}', which is none of these rules{did_you_mean(name, names)}",
            rule=rule.name,
            level="warning",
        )
        for rule, name in strange
    ]
