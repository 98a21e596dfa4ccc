"""What is wrong with a rule file: where, what was received, and what to write instead."""

from __future__ import annotations

from typing import Literal

import msgspec

from nuncius.core.errors import FormatError


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. Lines and columns count from 1, as editors do. A `warning` does not keep the rule from loading."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    rule: str = ""
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {self.message}{hint}"


class RuleFileError(FormatError):
    """A rule file that cannot be read at all, as one problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
