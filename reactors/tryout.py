"""Rules that nobody has reviewed, tried in a process of its own (`python -m reactors.tryout`): on the journal's past,
by their inline tests, on one event. It only reads, its memory is bounded, it is killed at its deadline, and of this
machine's files it sees none."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from nuncius.core.errors import DeadlineExceeded, NunciusError, PermanentError
from nuncius.journal import Journal
from reactors.backtestreport import report
from reactors.deciding import line_text
from reactors.explaining import explain
from reactors.journaltest import on_journal
from reactors.loader import load_rules, read_templates
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.testrun import run_tests, told
from reactors.usage import Template

#: Address space of the child, bytes, and of its answer.
MEMORY, LONGEST = 3 * 1024**3, 16 * 1024**2
#: Words of an explanation, of which an object may have hundreds.
EXPLAINED = 5

Progress = Callable[[int, int], object]


class Tryout(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried. `text` holds the rules under test; `before`, where it is not empty, those they are compared
    with; `shared` texts whose templates they may use. On the `journal` from `since` to `until`, or their `tests`, or
    the `event` whose decision is asked for. There are `patience_s` seconds."""

    want: Literal["past", "tests", "event"]
    journal: str
    text: str
    before: str = ""
    shared: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    event: str = ""
    listed: int = 100
    patience_s: float = 30.0


def try_out(asked: Tryout, *, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """The answer, as JSON values. Raises DeadlineExceeded and PermanentError."""
    child = subprocess.Popen(
        [sys.executable, "-m", "reactors.tryout"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    # Its own patience lets it tell how far it came; this is for one that does not come to an end.
    late = threading.Timer(asked.patience_s + 15.0, child.kill)
    late.start()
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(msgspec.json.encode(asked))
            child.stdin.close()
        except BrokenPipeError:
            pass  # it died; its status says so
        answer: dict[str, Any] = {}
        while line := child.stdout.readline(LONGEST):
            answer = msgspec.json.decode(line)
            if "done" in answer:
                progress(answer["done"], answer["total"])
        child.wait()
    except (msgspec.DecodeError, OSError) as error:
        raise PermanentError(f"the trial gave no answer: {error}") from error
    finally:
        in_time = late.is_alive()
        late.cancel()
        child.kill()
        child.wait()
    if "error" in answer:
        raise PermanentError(str(answer["error"]))
    if "answer" in answer:
        return dict(answer["answer"])
    if not in_time:
        raise DeadlineExceeded(f"it took longer than {asked.patience_s:g} s and was stopped; narrow the rule")
    raise PermanentError("the trial broke off: it needed too much memory or broke the engine")


# --- in the child ---


def _perform(asked: Tryout, tell: Callable[[object], None]) -> dict[str, Any]:
    shared: dict[str, Template] = {}
    for text in asked.shared:
        shared |= read_templates(text, "shared") or {}
    # Tests look for files beside their rule; beside these there are none.
    with tempfile.TemporaryDirectory(prefix="nuncius-tryout-") as folder:
        rules = _rules(asked.text, Path(folder) / "rule.yaml", shared)
        if asked.want == "tests":
            return {"tests": _tests(rules)}
        with Journal.open(asked.journal, migrate=False) as journal:
            if asked.want == "event":
                return {"said": _said(journal, rules, asked.event)}
            before = _rules(asked.before, Path(folder) / "before.yaml", shared) if asked.before else None
            return _past(journal, rules, before, asked, tell)


def _rules(text: str, file: Path, shared: dict[str, Template]) -> list[Rule]:
    loaded = load_rules(text, str(file), shared)
    if loaded.errors:
        raise PermanentError("\n".join(f"{p.line}:{p.column}: {p.message}" for p in loaded.errors[:5]))
    return loaded.rules


def _tests(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Each test with what became of it; those that read archives are for the command."""
    found = []
    for rule in rules:
        for plain in rule.tests:
            given = plain.get("given") or []
            if any("archive" in item or "file" in item for item in (given if isinstance(given, list) else [given])):
                words = ["it reads files: nuncius rules test performs it"]
                found.append({"rule": rule.name, "about": plain.get("about") or "", "line": plain.get("line", 0)}
                             | {"passed": None, "told": words})  # fmt: skip
                continue
            (result,) = run_tests([msgspec.structs.replace(rule, tests=(plain,))])
            words = told(result) if not result.passed else []
            found.append({"rule": rule.name, "about": result.about, "line": result.line, "passed": result.passed}
                         | {"told": words})  # fmt: skip
    return found


def _said(journal: Journal, rules: Sequence[Rule], event: str) -> list[dict[str, Any]]:
    if not rules:
        return []
    name = rules[0].name
    # Under a name that no decision was ever made by: what the text says counts, not what was kept of another version.
    tried = msgspec.structs.replace(rules[0], name=f"tried.{name}"[:80])
    found = explain(journal, RuleSet([tried]), tried.name, event, now=datetime.now().astimezone())
    heard = [item for item in found if item.outcome != "deaf"] or found
    return [
        {"at": item.at[:19].replace("T", " "), "event": item.event, "outcome": item.outcome, "reason": item.reason}
        | {"trace": [line_text(line) for line in item.trace if "if" in line], "would": item.would[:10]}
        for item in reversed(heard[-EXPLAINED:])
    ]


def _past(
    journal: Journal,
    rules: Sequence[Rule],
    before: Sequence[Rule] | None,
    asked: Tryout,
    tell: Callable[[object], None],
) -> dict[str, Any]:
    assert asked.since is not None
    assert asked.until is not None
    run, whole = on_journal(
        journal,
        RuleSet(rules if before is None else before),
        other=None if before is None else RuleSet(rules),
        since=asked.since,
        until=asked.until,
        patience_s=asked.patience_s,
        progress=lambda done, total: tell({"done": done, "total": total}),
    )
    try:
        found = report(run, listed=asked.listed)
    finally:
        run.findings.close()
    span = {"since": f"{asked.since:%Y-%m-%d}", "until": f"{asked.until:%Y-%m-%d}"}
    return found | span | {"whole": whole}


def main() -> int:
    """What is to be tried on stdin; on stdout lines of JSON, how far it is and at last the answer or an error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Tryout)
    seconds = int(asked.patience_s) + 15
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))

    def tell(words: object) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(words) + b"\n")
        sys.stdout.buffer.flush()

    try:
        tell({"answer": _perform(asked, tell)})
    except BrokenPipeError:
        return 1
    except NunciusError as error:
        tell({"error": str(error)})
    except MemoryError:
        tell({"error": "it needed too much memory: narrow the rule, or look at fewer days"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
