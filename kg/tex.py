"""Abstracts as they are typed: TeX, HTML tags and the brackets of ADS turned into the plain characters that grammars
read and people can be shown, with the way back to each original character."""

from __future__ import annotations

import re

_ASYMMETRIC = (
    r"\^\s*\{\s*\+\s*(?P<up>[\d.]+)\s*\}\s*_\s*\{\s*(?:-|\u2212)\s*(?P<down>[\d.]+)\s*\}"
    r"|_\s*\{\s*(?:-|\u2212)\s*(?P<down2>[\d.]+)\s*\}\s*\^\s*\{\s*\+\s*(?P<up2>[\d.]+)\s*\}"
)
#: Signs that TeX spells with letters, as the grammars read them.
_SIGNS = {
    "pm": "+/-", "mp": "+/-", "simeq": "~", "sim": "~", "approx": "~", "lesssim": "<~", "lsim": "<~", "gtrsim": ">~",
    "gsim": ">~", "leqslant": "<=", "leq": "<=", "le": "<=", "lt": "<", "geqslant": ">=", "geq": ">=", "ge": ">=",
    "gt": ">",
}  # fmt: skip
#: Pattern and what stands for it, in the order in which they are tried.
_RULES: list[tuple[str, str]] = [
    (_ASYMMETRIC, ""),
    (r"\\(?:cite[a-z]*|ref|label|footnote|thanks)\s*(?:\[[^\]{}]{0,80}\])?\{[^{}]{0,300}\}", ""),
    (r"</?(?:sub|i|b|em|strong|p|br|span|a|tt|inline-formula|tex-math)(?:\s[^<>]{0,300})?/?>", ""),
    (r"<sup>", "^"),
    (r"</sup>", ""),
    (r"\u3008", "<"),
    (r"\u3009", ">"),
    (r"\^\s*\{?\s*\\circ\s*\}?", " deg"),
    (r"\\(?:rm|mathrm|mathit|mathbf|mathsf|text|textrm|textit|textbf|emph|it|bf|sc|hbox|mbox|left|right|big|Big|"
     r"displaystyle|ensuremath|em)(?![A-Za-z])\s?", ""),
    (r"\\(?:times|cdot)(?![A-Za-z])\s*", "x"),
    (r"_?\{?\\odot\}?(?![A-Za-z])", "sun"),
    (r"\\(?:AA|angstrom)(?![A-Za-z])", "A"),
    *((rf"\\{word}(?![A-Za-z])\s*", sign) for word, sign in _SIGNS.items()),
    (r"--+", "-"),
    (r"\\[,;:! ]", " "),
    (r"\\(?=[%&#$_{}])", ""),
    (r"\\(?=[A-Za-z])", ""),
    (r"(?<![\\])_(?=\{)|(?<=\$[A-Za-z])_(?=\w)", ""),
    (r"[{}$]", ""),
    (r"(?<=[A-Za-z]{2})~(?=[\w\\$])|(?<=\d)~(?=[A-Za-z\\$])|(?<=[.}$])~(?=\S)", " "),
]  # fmt: skip
_RULE = re.compile("|".join(f"(?P<r{n}>{pattern})" for n, (pattern, _) in enumerate(_RULES)), re.I)


class Plain:
    """A text in plain characters; `span` leads back to the original."""

    def __init__(self, original: str) -> None:
        self.original = original
        pieces: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        at = 0
        for match in _RULE.finditer(original):
            self._copy(original, at, match.start(), pieces)
            new = _replacement(match)
            pieces.append(new)
            self._starts += [match.start()] * len(new)
            self._ends += [match.end()] * len(new)
            at = match.end()
        self._copy(original, at, len(original), pieces)
        self.text = "".join(pieces)

    def _copy(self, original: str, start: int, end: int, pieces: list[str]) -> None:
        pieces.append(original[start:end])
        self._starts += range(start, end)
        self._ends += range(start + 1, end + 1)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span of a non-empty span of `text`."""
        return self._starts[start], self._ends[end - 1]


def _replacement(match: re.Match[str]) -> str:
    number = next(n for n in range(len(_RULES)) if match[f"r{n}"] is not None)
    if number == 0:
        up, down = match["up"] or match["up2"], match["down"] or match["down2"]
        return f" +{up}/-{down}"
    return _RULES[number][1]


def readable(text: str) -> str:
    """A quotation as people read it: no TeX, one line."""
    plain = Plain(text).text if any(c in text for c in "\\${}<~\u3008") else text
    return " ".join(plain.replace("+/-", " ± ").split())
