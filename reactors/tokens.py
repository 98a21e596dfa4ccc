"""Words and signs of a CEL expression, and the error that names a place in one."""

from __future__ import annotations

import re

import msgspec

from nuncius.core.errors import FormatError

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<number>0x[0-9a-fA-F]+u?|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?u?)
      | (?P<text>[rR]?(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
      | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<op>&&|\|\||<=|>=|==|!=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
#: What people write who come from another language, and what CEL wants instead.
_HINTS = {
    "=": "comparison is '=='",
    "&": "'and' is '&&'",
    "|": "'or' is '||'",
    "“": "use straight quotes",
    "”": "use straight quotes",
    "‘": "use straight quotes",
    "’": "use straight quotes",
    "$": "${…} is for texts; a condition takes the expression bare",
    "≥": "write '>='",
    "≤": "write '<='",
}


class ExpressionError(FormatError):
    """An expression that cannot be read; `offset` counts characters from its start."""

    def __init__(self, message: str, *, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


class Token(msgspec.Struct, frozen=True):
    """One word or sign and where it stands; `sort` is number, text, name, op or end."""

    sort: str
    text: str
    start: int
    end: int


def tokens_of(source: str) -> list[Token]:
    """All words and signs, and the end. Raises ExpressionError."""
    tokens, at = [], 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            character = source[at]
            what = "a text that is never closed" if character in "'\"" else f"unexpected {character!r}"
            raise ExpressionError(what, offset=at, hint=_HINTS.get(character, ""))
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match.group(), at, match.end()))
        at = match.end()
    return [*tokens, Token("end", "", len(source), len(source))]


def literal(token: Token) -> int | float | str:
    """The value that a number or a text stands for."""
    if token.sort == "text":
        body = token.text.lstrip("rR")
        quote = 3 if body[:3] in ("'''", '"""') else 1
        return body[quote:-quote]
    text = token.text.rstrip("u")
    if text.startswith("0x"):
        return int(text, 16)
    return int(text) if text.isdigit() else float(text)
