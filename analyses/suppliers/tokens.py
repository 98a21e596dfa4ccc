"""The token for MMODA: from ODA_TOKEN, else from the file that ODA_TOKEN_FILE names, read anew at each use, so that a
fresh one counts at once. It is never printed: not by `repr`, in no error, no address and no provenance."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nuncius.core.errors import PermanentError

#: The token's words for "write to its owner when a job is submitted, done, failed".
_MAILS = ("mssub", "msdone", "msfail")


class Token:
    """A token (a JWT, whose signature only the dispatcher can check) and what it says of itself."""

    def __init__(self, value: str) -> None:
        self.value = value
        self._claims = _claims(value)

    def __repr__(self) -> str:
        return "Token(•••)"

    @property
    def expires(self) -> datetime | None:
        """When it runs out, as it says itself."""
        said = self._claims.get("exp")
        if isinstance(said, bool) or not isinstance(said, int | float) or not 0 < said < 253_402_300_800:
            return None
        return datetime.fromtimestamp(said, UTC)

    @property
    def mails(self) -> bool:
        """Whether the dispatcher would write to its owner about each job: it does, unless the token says no."""
        return bool(self._claims) and any(self._claims.get(word, True) for word in _MAILS)


def find(environment: Mapping[str, str] | None = None) -> Token | None:
    """The token; None where nobody gave one. Raises PermanentError for a file that cannot be read."""
    where = os.environ if environment is None else environment
    if where.get("ODA_TOKEN", "").strip():
        return Token(where["ODA_TOKEN"].strip())
    if not where.get("ODA_TOKEN_FILE"):
        return None
    file = Path(where["ODA_TOKEN_FILE"]).expanduser()
    try:
        said = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise PermanentError(f"ODA_TOKEN_FILE names {file}, which cannot be read: {why}") from None
    return Token(said) if said else None


def _claims(value: str) -> dict[str, Any]:
    part = value.split(".")[1] if value.count(".") == 2 else ""
    try:
        said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
