"""What MMODA sends, sort by sort, as numbers, tables and figures; and beside `oda_api`, where the package index can be
reached, which packs and fetches the same."""

from __future__ import annotations

import base64
import io
import json
import pickle
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mmoda_products as made
import numpy as np
import pytest
from local_mmoda import LocalMmoda

from analyses import suppliers
from analyses.lightcurvefiles import read_light_curve
from analyses.regression.environments import CouldNotBuild, Environments
from analyses.run import run
from analyses.suppliers.pickles import unpickle
from analyses.suppliers.pieces import Pieces
from analyses.suppliers.products import decode
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.result import Result

ZEROS = made.unit(np.zeros(2))
PRODUCTS = "lightcurves/oda_api-products/tests/test_data"


def decoded(keep: Path | None = None, **products: Any) -> Result:
    """The products of a reply, which came as JSON."""
    pieces = Pieces("a test")
    decode(pieces, json.loads(json.dumps(products)), asked=None)
    return pieces.result("Products", str(keep or ""), {})


@pytest.mark.parametrize("text", [False, True])
def test_days_without_a_reference_are_mjd_and_leap_seconds_are_not_lost(tmp_path: Path, text: bool) -> None:
    result = decoded(tmp_path, numpy_data_product_list=[made.mjd_curve(text=text)])
    assert result.values["lc_mean"].value == pytest.approx(11.0)
    assert any("taken as MJD (UTC), which the table does not say" in caveat for caveat in result.caveats)
    curve = read_light_curve(tmp_path / "lc.fits")
    begin = (curve.t0 - datetime(2017, 3, 6, tzinfo=UTC)).total_seconds() + curve.start[0]
    assert begin == pytest.approx(-43.2, abs=1e-3)
    assert curve.width == pytest.approx([86.4] * 3)


def test_times_that_count_from_nothing_make_a_table_and_no_light_curve() -> None:
    product = made.mjd_curve(first=12.0)
    product["data_unit_list"][1]["units_dict"] = {"TIME": "s"}
    result = decoded(numpy_data_product=product)
    assert [table.name for table in result.tables] == ["lc LC"]
    assert any("nothing says what its times count from" in caveat for caveat in result.caveats)
    assert not result.figures


def test_bins_that_end_before_they_begin_are_left_out_and_counted(shared_data: Path) -> None:
    """A real JEM-X light curve of GRB 221009A has one."""
    content = (shared_data / PRODUCTS / "lc.fits").read_bytes()
    result = decoded(binary_data_product_list=[made.binary("jemx", content)])
    assert result.values["jemx_bins"].value == 197
    assert any("1 bins without a time, a value or a positive width" in caveat for caveat in result.caveats)
    assert result.figures[0].caption == "jemx: light curve"


def test_an_image_gives_its_brightest_place_on_the_sky(shared_data: Path) -> None:
    """ISGRI at the Galactic centre in March 2017: the X-ray nova GRS 1716-249 (259.9035, -25.0175) was in outburst."""
    content = (shared_data / PRODUCTS / "1E_1740_7_2942_isgri_mosaic_clean_significance25_40.fits.gz").read_bytes()
    result = decoded(binary_data_product_list=[made.binary("mosaic", content)])
    assert result.values["mosaic_peak"].value == pytest.approx(61.0, abs=0.1)
    assert result.values["mosaic_peak_ra"].value == pytest.approx(259.9035, abs=0.05)
    assert result.values["mosaic_peak_dec"].value == pytest.approx(-25.0175, abs=0.05)
    assert result.figures[0].png.startswith(b"\x89PNG")


def test_an_array_with_celestial_axes_in_its_header_is_an_image() -> None:
    header = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRPIX1": 50.5,
        "CRPIX2": 50.5,
        "CRVAL1": 83.63,
        "CRVAL2": 22.0,
    }
    header |= {"CDELT1": -0.1, "CDELT2": 0.1, "CUNIT1": "deg", "CUNIT2": "deg", "IMATYPE": "SIGNIFICANCE", "NAXIS1": 7}
    data = np.zeros((100, 100))
    data[60, 30] = 9.0
    intensity = made.unit(data + 1.0, header=header | {"IMATYPE": "INTENSITY"}, kind="image")
    significance = made.unit(data, header=header, kind="image")
    result = decoded(numpy_data_product_list=[made.product("mosaic", intensity, significance)])
    assert result.values["mosaic_peak"].value == 9.0
    assert result.values["mosaic_peak_dec"].value == pytest.approx(23.05, abs=0.05)
    assert result.values["mosaic_peak_ra"].value == pytest.approx(83.63 + 1.95 / np.cos(np.radians(23.05)), abs=0.05)
    assert any("2 images (INTENSITY, SIGNIFICANCE); shown is SIGNIFICANCE" in caveat for caveat in result.caveats)


def test_a_spectrum_is_a_table_and_a_figure() -> None:
    data = np.zeros(5, dtype=[("CHANNEL", "<i2"), ("RATE", "<f4"), ("STAT_ERR", "<f4")])
    data["CHANNEL"], data["RATE"], data["STAT_ERR"] = np.arange(5), [5, 4, 3, 2, 1], 0.1
    result = decoded(numpy_data_product_list=[made.product("Crab", made.unit(data, units={"RATE": "count/s"}))])
    assert result.tables[0].columns == ["CHANNEL", "RATE [count/s]", "STAT_ERR"]
    assert result.tables[0].rows[0][:2] == [0, 5.0]
    assert "spectrum" in result.figures[0].caption


def test_tables_texts_pictures_files_and_catalogs_are_understood(tmp_path: Path) -> None:
    from astropy.table import Table

    table = Table({"z": [0.1, 0.2], "name": ["a", "b"]}, units={"z": "Mpc"})
    ecsv = io.StringIO()
    table.write(ecsv, format="ascii.ecsv")
    result = decoded(
        tmp_path / "kept",
        astropy_table_product_ascii_list=[
            {"ascii": ecsv.getvalue(), "binary": None, "name": "hosts", "meta_data": "{}"}
        ],
        text_product_list=[
            {"name": "flux", "value": "4.25", "meta_data": {"unit": "mCrab"}},
            {"name": "note", "value": "no source above 5 sigma", "meta_data": {}},
            json.dumps({"name": "inner", "value": 3, "meta_data": {}}),
        ],
        binary_image_product_list=[made.picture("sky"), made.picture("photo", kind="JPEG")],
        binary_data_product_list=[made.binary("log.txt", b"all is well")],
        catalog={"cat_column_names": ["src_names", "ra"], "cat_column_list": [["Crab"], [83.63]]},
        analysis_parameters={"RA": 1},
        api_code="import oda_api",
        gw_spectrogram_product={"value": [[1]], "x0": 0},
    )
    assert str(result.values["flux"]) == "4.25 mCrab"
    assert result.values["inner"].value == 3.0
    tables = {table.name: table for table in result.tables}
    assert tables["hosts"].columns == ["z [Mpc]", "name"]
    assert tables["text"].rows == [["note", "no source above 5 sigma"]]
    assert tables["catalog"].rows == [["Crab", 83.63]]
    assert [figure.png[:4] for figure in result.figures] == [b"\x89PNG"] * 2
    assert (tmp_path / "kept" / "log.txt").read_bytes() == b"all is well"
    assert any("gw_spectrogram_product" in caveat for caveat in result.caveats)
    assert "oda_api" not in str(result)


@pytest.mark.parametrize(("products", "words"), [
    ({"binary_data_product_list": [made.binary("x", b"abc", md5="0" * 32)]}, "its MD5 is"),
    ({"binary_image_product_list": [{"b64data": "AAAA", "name": "x"}]}, "cannot be read as PNG"),
    ({"binary_image_product_list": [{"name": "x"}]}, "is damaged: KeyError"),
    ({"numpy_data_product_list": [{"name": "x"}]}, "is damaged: KeyError"),
    ({"numpy_data_product_list": "garbage"}, "is damaged"),
    ({"numpy_data_product_list": [made.product("x", ZEROS | {"binarys": "!!!"})]}, "damaged|cannot be"),
    ({"numpy_data_product_list": [made.product("x", ZEROS | {"hdu_type": "exec"})]}, "the sort 'exec'"),
    ({"astropy_table_product_ascii_list": [{"ascii": "nothing of the kind", "name": "x"}]}, "is no ECSV"),
    ({"astropy_table_product_binary_list": [{"binary": "gASVAAAA", "name": "x"}]}, "as a pickle only"),
    ({"catalog": {"cat_column_names": ["a", "b"], "cat_column_list": [[1], [1, 2]]}}, "different lengths"),
    ({"numpy_data_product_list": [made.product("x", made.unit(np.zeros(0)))]}, "gave nothing"),
])  # fmt: skip
def test_damaged_products_are_refused_with_the_reason(products: dict[str, Any], words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        decoded(**products)


@pytest.mark.parametrize(("value", "words"), [
    (print, r"asks for builtins\.print"),
    (np.array([object()], dtype=object), "asks for|expected an array"),
    ({"a": 1}, "a pickle of dict"),
    (np.load, r"asks for numpy\.?\w*\.load"),
])  # fmt: skip
def test_a_pickle_may_make_arrays_and_nothing_else(value: Any, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        unpickle(pickle.dumps(value))
    with pytest.raises(PermanentError, match="cannot be read"):
        unpickle(pickle.dumps(np.zeros(100))[:-20])


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_arrays_of_all_sorts_come_out_of_a_pickle_as_they_went_in(protocol: int) -> None:
    table = np.array([(1, 2.5, b"x")], dtype=[("a", ">i4"), ("b", "<f8"), ("c", "S4")])
    for array in (np.arange(6.0).reshape(2, 3), table, table.view(np.recarray)):
        found = unpickle(pickle.dumps(array, protocol=protocol))
        assert found.dtype.fields == array.dtype.fields or found.dtype == array.dtype
        assert found.tolist() == array.tolist()


def test_long_tables_are_cut_for_the_thread_and_whole_in_the_file(tmp_path: Path) -> None:
    result = decoded(tmp_path, numpy_data_product_list=[made.spi_acs(bins=2000)])
    assert len(result.tables[0].rows) == 500
    assert any("500 of 2000 rows" in caveat for caveat in result.caveats)
    assert len(read_light_curve(tmp_path / "query.fits").rate) == 2000


# --- beside MMODA's own client ---

#: Fetches from a dispatcher, then packs products: importing the client takes long, so both in one process.
CLIENT = """
import json, sys, numpy as np
from oda_api.api import DispatcherAPI
found = DispatcherAPI(url=sys.argv[1]).get_product(instrument="spi_acs", product="spi_acs_lc", silent=True,
    T1="2023-03-04T16:42:26.000", T2="2023-03-04T16:45:46.000", T_format="isot", time_bin=0.1)
data = found._p_list[0].data_unit[1].data
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from oda_api.data_products import *
counts = np.array([1, 2, 40000], dtype="uint16")
columns = [fits.Column("COUNTS", "I", bzero=32768, array=counts), fits.Column("CHANNEL", "I", array=np.arange(3)),
           fits.Column("NAME", "8A", array=np.array(["a", "b", "c"]))]
rows = NumpyDataUnit.from_fits_hdu(fits.BinTableHDU.from_columns(columns, name="SPEC"))
curve = LightCurveDataProduct.from_arrays(times=57818 + np.arange(3) * 0.001, timedel=0.001, time_format="mjd",
    rates=np.array([10., 11., 12.]) / u.s, errors=np.ones(3) / u.s, name="lc")
print(json.dumps({"bins": len(data), "mean": float(data["RATE"].mean()), "packed": {
    "numpy_data_product_list": [NumpyDataProduct([rows], name="spec").encode(), curve.encode(use_pickle=True),
                                {**curve.encode(use_pickle=False), "name": "text"}],
    "astropy_table_product_ascii_list": [ODAAstropyTable(Table({"z": [0.5]}), name="hosts").encode()],
    "binary_data_product_list": [BinaryProduct(b"hello", "log.txt").encode()],
    "text_product_list": [TextLikeProduct("4.2", name="flux").encode()]}}))
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalMmoda, dict[str, Any]]]:
    """What MMODA's own client got from a local dispatcher, and what it packs; in an environment of its own, for ours
    needs none of its many dependencies."""
    environments = Environments(tmp_path_factory.mktemp("environments"))
    server = LocalMmoda()
    server.products = {"numpy_data_product_list": [made.spi_acs(731_263_515.0)]}
    server.par_names = ["T1", "T2", "T_format", "time_bin"]
    try:
        with environments.use(environments.resolve(["oda-api==1.3.5"])) as built:
            told = subprocess.run(
                [built.python, "-c", CLIENT, f"{server.url}/dispatch"],
                capture_output=True, text=True, timeout=200, check=False,
            )  # fmt: skip
        assert told.returncode == 0, told.stderr[-2000:]
        yield server, json.loads(told.stdout.splitlines()[-1])
    except (TransientError, CouldNotBuild) as error:
        pytest.skip(f"oda-api cannot be installed here: {error}")
    finally:
        server.close()


@pytest.mark.slow
def test_what_its_own_client_packs_is_unpacked(client: tuple[LocalMmoda, dict[str, Any]]) -> None:
    result = decoded(**client[1]["packed"])
    tables = {table.name: table for table in result.tables}
    assert tables["spec SPEC"].rows == [[1, 0, "a"], [2, 1, "b"], [40000, 2, "c"]]
    assert result.values["lc_mean"].value == pytest.approx(11.0)
    assert result.values["text_mean"].value == pytest.approx(11.0)
    assert result.values["flux"].value == 4.2
    assert tables["hosts"].rows == [[0.5]]


@pytest.mark.slow
def test_the_local_dispatcher_satisfies_its_own_client_and_both_get_the_same_numbers(
    client: tuple[LocalMmoda, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, told = client
    (tmp_path / "acs.yaml").write_text(
        "analysis: acs\nsupplier: mmoda\nabout: x\nurl: ${mmoda}\ninstrument: spi_acs\nproduct: spi_acs_lc\n"
        "parameters: {T1: {type: time}, T2: {type: time}, time_bin: {type: number, unit: s}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(suppliers.VARIABLE, str(tmp_path))
    monkeypatch.setenv(suppliers.SERVICES, json.dumps({"mmoda": f"{server.url}/dispatch"}))
    theirs = dict(server.asked[0])
    result = run("acs", {"T1": "2023-03-04T16:42:26", "T2": "2023-03-04T16:45:46", "time_bin": 0.1}, {})
    assert result.values["query_bins"].value == told["bins"]
    assert result.values["query_mean"].value == pytest.approx(told["mean"])
    ours = next(query for query in server.asked if query["session_id"] != theirs["session_id"])
    assert ours.keys() == theirs.keys() - {"verbose"}
    same = ("instrument", "product_type", "query_type", "query_status", "T1", "T2", "T_format", "time_bin", "api")
    assert [ours[word] for word in same] == [theirs[word] for word in same]


def test_hashes_of_its_client_collide_as_the_local_dispatcher_has_it() -> None:
    from local_mmoda import colliding

    assert colliding({"T1": "2023-03-04"}) == colliding({"T1": "2023-04-03"})
    assert colliding({"RA": "12"}) != colliding({"RA": "13"})


def test_base64_of_either_alphabet_is_understood() -> None:
    content = bytes(range(256))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        product = {**made.binary("x.dat", content), "data": encode(content).decode()}
        assert decoded(binary_data_product_list=[product]).provenance["files"]
