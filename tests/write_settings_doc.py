"""Writes docs/settings.md from the settings' own docstrings: python tests/write_settings_doc.py."""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import StrEnum
from pathlib import Path
from typing import Any, get_origin

import msgspec

from nuncius.settings import ENVIRONMENT, Settings

FILE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

<!-- Written by tests/write_settings_doc.py from the code; a test fails when it is out of date. -->

Nothing needs to be set for `nuncius demo`, `replay` and `parse`. `nuncius run` reads `nuncius.toml` in the current
folder, or the file that `--config` or `NUNCIUS_CONFIG` names, then the environment. `nuncius doctor` checks the result
and says how to mend it. Secrets belong in the environment, or in files that variables ending in `_FILE` name.

```toml
data_dir = "/srv/nuncius"
targets = ["web", "slack"]

[journal]
url = "postgresql+psycopg://nuncius@db/nuncius"

[kafka]
topics = ["igwn.gwalert", "gcn.notices.*", "gcn.circulars"]

[slack]
channel = "C0123456789"
```

| Environment | Key |
|---|---|
"""


def fields(struct: type) -> list[tuple[str, Any, str]]:
    """(name, default, docstring) of each field of a settings struct, in order."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for line, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            text = following.value if isinstance(following, ast.Expr) else None
            said = isinstance(text, ast.Constant) and isinstance(text.value, str)
            docs[line.target.id] = str(text.value) if said else ""
    return [(f.encode_name, _default(f), " ".join(docs[f.name].split())) for f in msgspec.structs.fields(struct)]


def _default(field: Any) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def sections() -> list[tuple[str, type]]:
    """(heading, struct): the top level, then each nested section; one that there may be several of is `name.NAME`."""
    nested = []
    for field in msgspec.structs.fields(Settings):
        options = getattr(field.type, "__args__", (field.type,))
        heading = f"{field.name}.NAME" if get_origin(field.type) is dict else field.name
        nested += [(heading, o) for o in options if isinstance(o, type) and issubclass(o, msgspec.Struct)]
    return [("", Settings), *nested]


def shown(default: Any) -> str:
    """A default as it would be written in TOML, short."""
    if isinstance(default, Path):
        return f'`"{default}"`'
    if isinstance(default, (tuple, list)) and default and isinstance(default[0], msgspec.Struct):
        return f"{len(default)} patterns of GCN"
    if isinstance(default, (tuple, list)):
        return f"`{[str(item) for item in default]}`".replace("'", '"')
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    plain = default.value if isinstance(default, StrEnum) else default
    return f"`{plain!r}`".replace("'", '"')


def page() -> str:
    """The whole page."""
    text = HEAD + "".join(f"| `{name}`, `{name}_FILE` | `{'.'.join(keys)}` |\n" for name, keys in ENVIRONMENT.items())
    skipped = {name for name, _ in sections()}
    for heading, struct in sections():
        about = " ".join((inspect.getdoc(struct) or "").split())
        title = f"[{heading}]" if heading else "Top level"
        text += f"\n## {title}\n\n{about}\n\n| Key | Default | Meaning |\n|---|---|---|\n"
        for name, default, doc in fields(struct):
            if heading or name not in skipped:
                meaning = doc.replace("|", "\\|")
                text += f"| `{name}` | {shown(default)} | {meaning} |\n"
    return text


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
