"""A number as an astronomer would write it: value, unit, error and limit."""

from __future__ import annotations

from typing import Literal

import msgspec


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """`unit` is an astropy unit string. `minus` and `plus` are positive 1-sigma errors unless
    `error_probability` says otherwise; `limit` marks an upper (`<`) or lower (`>`) limit."""

    value: float
    unit: str = ""
    minus: float | None = None
    plus: float | None = None
    error_probability: float = 0.6827
    limit: Literal["<", ">"] | None = None

    def __str__(self) -> str:
        sign = f"{self.limit} " if self.limit else ""
        error = ""
        if self.minus is not None and self.plus is not None:
            same = self.minus == self.plus
            error = f" ± {self.plus:.4g}" if same else f" +{self.plus:.4g} −{self.minus:.4g}"
        return f"{sign}{self.value:.6g}{error}{' ' + self.unit if self.unit else ''}"
