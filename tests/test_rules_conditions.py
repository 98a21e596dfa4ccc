"""Conditions in three truth values, with the reason for each unknown; functions of the sky; numbers; texts."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rules_samples import CIRCLE, gw

from nuncius.core.errors import PermanentError
from nuncius.core.event import Event
from reactors.compiling import compile_expression
from reactors.context import context
from reactors.evaluation import Evaluation, Outcome
from reactors.functions import Maps
from reactors.scene import Scene
from reactors.templates import parse_template, written
from reactors.tokens import ExpressionError


def no_blob(sha256: str) -> bytes:
    raise PermanentError(f"no blob {sha256}")


def ask(source: str, event: Event | None = None, blob: Callable[[str], bytes] = no_blob) -> Outcome:
    return Evaluation(context(event or gw("a")), Maps(blob)).evaluate(compile_expression(source))


def flat_map(nside: int = 8) -> bytes:
    """A multi-order map whose probability lies evenly in the northern 1/12 of the sky's first base cell."""
    from astropy.io import fits

    pixels = np.arange(12 * nside**2, dtype=np.int64)
    density = np.where(pixels < nside**2, 12 / (4 * math.pi), 0.0)
    columns = [
        fits.Column(name="UNIQ", format="K", array=pixels + 4 * nside**2),
        fits.Column(name="PROBDENSITY", format="D", array=density),
    ]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    return gzip.compress(out.getvalue())


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ("ev.far < 1e-10", "true"),
        ("ev.far > 1e-10", "false"),
        ("ev.far + ev.p_astro['BNS'] > 0.5", "true"),
        ("ev.p_astro['BNS'] + ev.far < 0.5 || ev.p_astro['nothing'] > 1", "unknown"),
        ("[ev.far, 2][1] + ev.far > 2 && ev.ids[0].startsWith('S')", "true"),
        ("ev.nothing > 1", "unknown"),
        ("!(ev.nothing > 1)", "unknown"),
        ("ev.nothing > 1 && ev.far > 1", "false"),
        ("ev.far > 1 && ev.nothing > 1", "false"),
        ("ev.nothing > 1 && ev.far < 1", "unknown"),
        ("ev.nothing > 1 || ev.far < 1", "true"),
        ("ev.far < 1 || ev.nothing > 1", "true"),
        ("ev.nothing > 1 || ev.far > 1", "unknown"),
        ("ev.nothing > 1 || ev.nowhere > 1", "unknown"),
        ("ev.nothing ? true : false", "unknown"),
        ("has(ev.nothing)", "false"),
        ("has(ev.nothing.deeper)", "false"),
        ("has(ev.p_astro.BNS) && ev.p_astro.BNS > 0.5", "true"),
        ("!has(ev.nothing) || ev.nothing", "true"),
        ("ev.p_astro.nothing > 0", "unknown"),
        ("ev.p_astro['BNS'] > 0.5", "true"),
        ("ev.ids[0] == 'S170817a'", "true"),
        ("ev.ids[7] == 'S170817a'", "unknown"),
        ("'S170817a' in ev.ids", "true"),
        ("ev.ids.exists(x, x.startsWith('S17'))", "true"),
        ("ev.p_astro.BNS && true", "error"),
        ("ev.parameters.x > 1", "unknown"),
        ("area(ev.sky, 0.9) < 30", "true"),
        ("area(ev.nothing, 0.9) < 30", "unknown"),
        ("area(ev.sky, ev.far * 1e12) < 30", "error"),
        ("area(ev.nothing, 0.9) < 30 || ev.far < 1", "true"),
        ("area(ev.nothing, 0.9) < 30 && ev.far > 1", "false"),
        ("ev.far", "error"),
    ],
)
def test_three_truth_values(source: str, truth: str) -> None:
    assert ask(source).truth == truth


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("ev.nothing > 1", "ev.nothing is not given"),
        ("ev.p_astro.nothing > 1", "ev.p_astro.nothing is not given"),
        ("ev.nothing > 1 || ev.nowhere > 1", "ev.nothing is not given; ev.nowhere is not given"),
        ("ev.p_astro.BNS && true", "saw ev.p_astro.BNS = 0.98"),
        ("area(ev.sky, ev.far * 1e12) < 30", "area wants a level between 0 and 1"),
    ],
)
def test_an_unknown_or_an_error_says_why(source: str, why: str) -> None:
    assert why in ask(source).why


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("ev.luminosity_distance / 2", 20.0),
        ("1 / 2", 0.5),
        ("2 * ev.luminosity_distance + 1", 81.0),
        ("ev.luminosity_distance > 39 ? 1 : 2.5", 1.0),
        ("size(ev.ids) + 1", 2),
        ("ev.revision", 3.0),
        ("int(ev.revision) % 2", 1),
        ("[1, 2][1]", 2.0),
        ("-ev.luminosity_distance / 4", -10.0),
    ],
)
def test_whole_and_decimal_numbers_are_mended(source: str, value: float) -> None:
    assert ask(source, gw("a", revision=3, data={"luminosity_distance": 40})).value == value


def test_times_are_compared_by_timestamp() -> None:
    delay = "timestamp(ev.received) - timestamp(ev.trigger_time) < duration('{}')"
    assert ask(delay.format("10m")).truth == "true"
    assert ask(delay.format("1m")).truth == "false"


def test_area_and_separation_agree_with_closed_forms() -> None:
    got = ask("area(ev.sky, 0.9)").value
    assert got == pytest.approx(2 * math.pi * (1 - math.cos(math.radians(3.0))) * (180 / math.pi) ** 2)
    # A Gaussian's 50 % radius is sqrt(ln 0.5 / ln 0.1) of its 90 % radius.
    half = math.radians(3.0 * math.sqrt(math.log(0.5) / math.log(0.1)))
    assert ask("area(ev.sky, 0.5)").value == pytest.approx(2 * math.pi * (1 - math.cos(half)) * (180 / math.pi) ** 2)
    assert ask("separation(ev.sky, {'ra': 197.45, 'dec': -20.38})").value == pytest.approx(3.0)
    assert ask("separation(ev, ev.sky)").value == 0.0
    assert ask("prob_inside(ev.sky, ev.sky)").value == pytest.approx(0.9, abs=0.01)
    assert ask("separation(ev, {'ra': 1})", gw("a", data={"sky": None})).truth == "unknown"


def test_a_map_is_read_once_for_all_expressions() -> None:
    content = flat_map()
    sha256 = hashlib.sha256(content).hexdigest()
    read = []

    def blob(name: str) -> bytes:
        read.append(name)
        return content

    event = gw("a", data={"sky": {"type": "map", "sha256": sha256}})
    maps = Maps(blob)
    for _ in range(3):
        evaluation = Evaluation(context(event), maps)
        got = evaluation.evaluate(compile_expression("area(ev.sky, 0.9) / 2"))
        # One base cell of twelve holds everything, evenly: 90 % of its area, halved.
        assert got.value == pytest.approx(0.9 * 41252.96 / 12 / 2, rel=0.02)
    assert read == [sha256]


@pytest.mark.parametrize(
    ("sky", "why"),
    [
        ({"type": "map", "url": "https://example.org/map.fits"}, "was not embedded"),
        ({"type": "map", "sha256": "ab" * 32}, "is not in the journal"),
    ],
)
def test_a_map_that_cannot_be_had_is_unknown(sky: dict[str, str], why: str) -> None:
    got = ask("area(ev.sky, 0.9) < 100", gw("a", data={"sky": sky}))
    assert got.truth == "unknown"
    assert why in got.why


def test_a_broken_map_is_an_error() -> None:
    event = gw("a", data={"sky": {"type": "map", "sha256": "ab" * 32}})
    assert ask("area(ev.sky, 0.9) < 100", event, lambda sha256: b"not a map").truth == "error"


def test_the_sky_is_not_computed_where_a_comparison_decides() -> None:
    def blob(sha256: str) -> bytes:
        raise AssertionError("the map was read")

    event = gw("a", data={"sky": {"type": "map", "sha256": "ab" * 32}})
    assert ask("area(ev.sky, 0.9) < 100 && ev.far > 1", event, blob).truth == "false"
    assert ask("ev.far < 1 || area(ev.sky, 0.9) < 100", event, blob).truth == "true"


def test_an_event_is_converted_without_bytes_or_nulls() -> None:
    ev = context(gw("a", data={"n": 5, "nothing": None, "deep": {"x": None, "y": [1, None, b"b"]}}))
    assert ev["n"] == 5.0
    assert type(ev["n"]) is float
    assert "nothing" not in ev
    assert ev["deep"] == {"y": [1.0]}
    assert (ev["tense"], ev["revision"], ev["name"]) == ("initial", 0.0, "GW170817")
    assert "raw" not in ev


def test_variables_may_use_each_other_and_never_loop() -> None:
    evaluation = Evaluation(context(gw("a")), Maps(no_blob))
    scene = Scene(evaluation, [("wide", "area(ev.sky, 0.9)"), ("twice", "2 * wide")])
    assert scene.evaluate("twice / wide").value == 2.0
    looped = Scene(evaluation, [("x", "y + 1"), ("y", "x + 1")])
    assert looped.evaluate("x > 0").truth == "unknown"


def test_texts_are_filled_with_values_as_people_write_them() -> None:
    scene = Scene(Evaluation(context(gw("a", data={"circular": 21505, "dec": -23.38144})), Maps(no_blob)))
    text, gaps = scene.text(
        "GCN ${ev.circular}: ${ev.dec} ${ev.dec:.1f}° ${ev.ids} ${ev.p_astro} ${ev.x} ${ev.significant}"
    )
    assert text == ("GCN 21505: -23.381 -23.4° S170817a BNS 0.98, Terrestrial 0.02, BBH 0, NSBH 0 unknown yes")
    assert gaps == ["${ev.x}: ev.x is not given"]
    assert scene.text("${ {'a': '}'}.a }, no hole: $5 {x}")[0] == "}, no hole: $5 {x}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.5e-12, "3.5e-12"),
        (1e-7, "1e-07"),
        (848.38412, "848.38"),
        (524666471.0, "524666471"),
        (0.0, "0"),
        (1e30, "1.0000e+30"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize("text", ["${", "${ev.x", "${}", "${a b}"])
def test_a_text_that_cannot_be_read_is_refused_at_load_time(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_template(text)


def test_a_trace_value_is_short() -> None:
    evaluation = Evaluation(context(gw("a", data={"body": "x" * 5000})), Maps(no_blob))
    seen: dict[str, Any] = evaluation.seen(compile_expression("ev.body.contains('y') && ev.sky.type == 'circle'"))
    assert len(seen["ev.body"]) == 120
    assert seen["ev.sky.type"] == CIRCLE["type"]
