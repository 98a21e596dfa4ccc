"""Which software this process computes with, as one digest: results are given again only under the same."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

#: Our own code and data, whose version number stands still while they are worked on.
OURS = ("analyses", "config", "nuncius/core")
KINDS = frozenset({".py", ".toml", ".yaml", ".csv"})


@cache
def environment() -> str:
    """SHA-256 over Python, machine, every installed distribution with its version, and the bytes of our own code. Asked
    for when a process begins, so that it speaks of what is in memory and not of an upgrade after that."""
    seen = hashlib.sha256(f"{platform.python_version()} {platform.machine()} {platform.system()}".encode())
    for line in sorted({f"{found.name}=={found.version}" for found in distributions()}):
        seen.update(f"\n{line}".encode())
    root = Path(__file__).parents[1]
    for folder in OURS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in KINDS and path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                seen.update(f"\n{path.relative_to(root).as_posix()} {content}".encode())
    return seen.hexdigest()
