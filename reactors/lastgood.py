"""The texts of rule files as they last loaded, on disk: a file that went bad keeps its rules over a restart too."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from reactors.naming import digest

log = logging.getLogger(__name__)


class LastGood:
    """One copy for each rule file, by its whole path; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def text(self, file: Path) -> str:
        """What the file said when it last loaded; empty where that is not known."""
        if self._folder is None:
            return ""
        try:
            return self._copy(self._folder, file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def keep(self, file: Path, text: str) -> None:
        """The file has loaded. A disk that is full must not stop the rules: it is only said."""
        if self._folder is None or self.text(file) == text:
            return
        copy = self._copy(self._folder, file)
        written = copy.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            written.write_text(text, encoding="utf-8")
            os.replace(written, copy)
        except OSError as error:
            log.warning("the good version of %s cannot be kept at %s: %s", file, copy, error)

    @staticmethod
    def _copy(folder: Path, file: Path) -> Path:
        return folder / f"{digest(str(file.resolve()))}.yaml"
