"""Short stable names made from values: places in a thread (slots) and idempotency keys."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def digest(*parts: Any) -> str:
    """96 bits of the SHA-256 of JSON values, as hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:24]
