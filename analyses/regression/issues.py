"""The text of an issue for a package's authors, drafted for a person to read, mend and send: Nuncius sends none."""

from __future__ import annotations

import msgspec

from analyses.regression.cases import Case
from analyses.regression.outcomes import Outcome


def draft(case: Case, outcome: Outcome) -> str:
    """Markdown: what changed, how to see it, what else was installed."""
    old, new = (f"{outcome.package} {v}" for v in (outcome.old_version or "(no older version)", outcome.version))
    moved = {"changed": "gives another result", "broken": "fails"}.get(outcome.verdict, outcome.verdict)
    return "\n".join(
        [
            f"# {case.test.about}: {moved} with {new}",
            "",
            f"With {new} the calculation below is *{outcome.verdict}*; before, with {old}:",
            "",
            *_table(outcome),
            "",
            *([f"The error with {new}:", "", "```", outcome.error.strip(), "```", ""] if outcome.error else []),
            "## To reproduce",
            "",
            *_steps(case, outcome),
            "",
            "## Environment",
            "",
            *_environment(outcome),
            "",
            f"Is the change intended? The calculation stands for: {case.test.protects or case.test.about}.",
            "",
        ]
    )


def _table(outcome: Outcome) -> list[str]:
    rows = [
        f"| quantity | {outcome.old_version or 'reference'} | {outcome.version} | expected | |",
        "|---|---|---|---|---|",
    ]
    for q in outcome.quantities:
        unit = f" {q.expected.unit}" if q.expected.unit else ""
        allowed = f" ± {q.allowed:.2g}" if q.allowed else ""
        rows.append(
            f"| {q.quantity} | {q.old or '–'} | {q.new or '–'} | {q.expected.value:.10g}{allowed}{unit} | {q.verdict} |"
        )
    return rows


def _steps(case: Case, outcome: Outcome) -> list[str]:
    inputs = msgspec.json.encode(case.test.inputs).decode()
    if case.script is None:
        versions = f"--package {outcome.package} --new {outcome.version} --old {outcome.old_version}"
        return [f"One of Nuncius' own analyses; `nuncius regress {case.name} {versions}` runs it with both versions."]
    others = {n: v for n, v in sorted(outcome.software.items()) if n != outcome.package}
    names = " ".join(f"{name}=={version}" for name, version in others.items())
    return [
        "```sh",
        f"python -m venv old && old/bin/pip install {outcome.package}=={outcome.old_version} {names}",
        f"python -m venv new && new/bin/pip install {outcome.package}=={outcome.version} {names}",
        "old/bin/python case.py; new/bin/python case.py",
        "```",
        "",
        "with `case.py`:",
        "",
        "```python",
        case.script.read_text(encoding="utf-8").rstrip(),
        "",
        "",
        'if __name__ == "__main__":',
        "    import json",
        "",
        f"    print(compute(seed={case.test.seed}, **json.loads({inputs!r})))",
        "```",
    ]


def _environment(outcome: Outcome) -> list[str]:
    import platform

    lines = [f"- Python {platform.python_version()}, {platform.system()} {platform.machine()}"]
    lines += [f"- {name} {version}" for name, version in sorted(outcome.software.items())]
    if outcome.also:
        lines.append(f"- beside {outcome.package}, these differ between the two: {', '.join(outcome.also)}")
    return lines
