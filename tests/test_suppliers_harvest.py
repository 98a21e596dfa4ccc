"""What a notebook asks of archives while it runs, written down: real astroquery and pyvo, a server on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notebook_samples import cell, served, votable, write_notebook

from analyses import suppliers
from analyses.run import run
from analyses.suppliers.kernel.recording import adql, described
from analyses.suppliers.notebooksaid import MOST_CALLS, harvested

pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")
pytest.importorskip("astroquery", reason="astroquery is not installed")

TAP = votable(("Crab", 83.63, 22.01))
SESAME = "# Crab\n%@ 1\n%J 83.6330830 +22.0145000 = 05:34:31.94 +22:00:52.2\n"
ASKS = """
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates import name_resolve
import pyvo
from astroquery.ipac.ned import Ned
import warnings
warnings.simplefilter("ignore")
place = SkyCoord(83.63, 22.01, unit="deg")
Ned.OBJ_SEARCH_URL = server + "/ned"
Ned.query_object("3C 273")
Ned.query_region(place, radius=3 * u.arcmin)
pyvo.dal.conesearch(server + "/scs?token=hush", pos=place, radius=0.1)
pyvo.dal.TAPService(server + "/tap").run_sync(
    "select top 5 ra from gaiadr3.gaia_source where 1=contains(point(ra,dec), circle('ICRS', 83.63, 22.01, 0.05))"
)
name_resolve.sesame_url.set([server + "/sesame/"])
SkyCoord.from_name("Crab")
requests.get(server.replace("127.0.0.1", "localhost") + "/plain?token=hush")
try:
    pyvo.dal.conesearch(server + "/broken", pos=place, radius=0.1)
except Exception:
    pass
"""


def _calls(provenance: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{call['kind']} {call.get('service', '')} {call.get('call', '')}": call for call in provenance["harvest"]}


def test_calls_of_astroquery_pyvo_and_the_resolver_are_harvested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(suppliers.VARIABLE, "")
    answers = {"/ned": TAP, "/scs": TAP, "/tap": TAP, "/sesame": SESAME, "/plain": "hello", "/broken": "no"}
    with served(answers) as (url, asked):
        write_notebook(tmp_path, [cell(f"server = {url!r}", "parameters"), cell(ASKS)])
        suppliers.use([tmp_path])
        result = run("sample", {}, {})
    calls = [call for call in result.provenance["harvest"] if call["kind"] != "host"]
    host = url.removeprefix("http://")
    assert [(call["kind"], call["service"], call["call"], call["ok"]) for call in calls] == [
        ("astroquery", "Ned", "query_object", True),
        ("astroquery", "Ned", "query_region", True),
        ("pyvo", "SCS", "query", True),
        ("pyvo", "TAP", "query", True),
        ("resolver", "Sesame", "from_name", True),
        ("pyvo", "SCS", "query", True),
    ]
    by_object, by_place, cone, table, name, _ = calls
    assert by_object["object"] == "3C 273"
    assert by_object["module"] == "astroquery.ipac"
    assert by_object["hosts"] == [host]
    assert (by_place["ra"], by_place["dec"], by_place["radius"]) == (83.63, 22.01, 0.05)
    assert (cone["ra"], cone["radius"], cone["url"]) == (83.63, 0.1, f"{url}/scs")
    assert (table["catalogues"], table["dec"], table["radius"]) == (["gaiadr3.gaia_source"], 22.01, 0.05)
    assert (name["object"], name["ra"]) == ("Crab", pytest.approx(83.633083))
    assert {"kind": "host", "hosts": [host.replace("127.0.0.1", "localhost")]} in result.provenance["harvest"]
    assert any(path.startswith("/plain") for path in asked)
    assert "hush" not in str(result.provenance)


def test_arguments_are_described_by_what_they_are() -> None:
    assert described({"object_name": "M 31", "catalog": ["II/349", "I/355"], "radius": "2 arcmin"}) == {
        "object": "M 31",
        "catalogues": ["II/349", "I/355"],
        "radius": pytest.approx(2 / 60, abs=1e-6),
    }
    assert described({"coordinates": "05h34m31.9s +22d00m52s"}) == {
        "ra": pytest.approx(83.632917, abs=1e-5),
        "dec": pytest.approx(22.014444, abs=1e-5),
    }
    assert described({"coordinates": "M 31"}) == {"object": "M 31"}
    assert described({"radius": object(), "coordinates": object(), "object": 3}) == {}
    assert adql("SELECT a FROM b.c JOIN d ON 1=1")["catalogues"] == ["b.c"]


def test_what_a_dead_or_hostile_kernel_wrote_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "harvest.jsonl"
    file.write_bytes(b'{"kind": "host", "hosts": ["a"]}\n[1]\n\xff\xfe\n{"kind": "ho')
    assert harvested(file) == [{"kind": "host", "hosts": ["a"]}]
    file.write_text("".join(f'{{"n": {n}}}\n' for n in range(MOST_CALLS + 100)), encoding="utf-8")
    assert len(harvested(file)) == MOST_CALLS
    assert harvested(tmp_path / "absent") == []
