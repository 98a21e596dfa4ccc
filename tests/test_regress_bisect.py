"""The first version at which a result changed, found in a logarithm of the versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_index import PackageIndex
from regress_samples import index, journal, make_laboratory, toy, write_case

from analyses.regression.bisect import Bisected, Looked, bisect
from analyses.regression.laboratory import Laboratory
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal

__all__ = ["index", "journal"]  # fixtures


@pytest.fixture
def lab(tmp_path: Path, journal: Journal) -> Laboratory:
    write_case(tmp_path / "cases")
    return make_laboratory(tmp_path, journal)


def search(lab: Laboratory, good: str, bad: str) -> tuple[Bisected, list[str]]:
    """What is found, and the versions that were tried, in order."""
    heard: list[Looked] = []
    found = bisect(lab.bench, lab.cases()["area"], "toy", good, bad, tell=lambda one, left: heard.append(one))
    assert found.looked == heard
    return found, [one.version for one in heard]


@pytest.mark.parametrize("changed", [2, 5, 9])
def test_the_first_changed_of_nine_versions_is_found_in_six_looks(
    lab: Laboratory, index: PackageIndex, changed: int
) -> None:
    for minor in range(1, 10):
        index.add("toy", f"1.{minor}", toy("10.0" if minor < changed else "11.0"))
    found, tried = search(lab, "1.1", "1.9")
    assert (found.first, found.last_good) == (f"1.{changed}", f"1.{changed - 1}")
    assert len(tried) <= 2 + 3  # both ends, then log2 of the eight between
    assert found.versions == 8


def test_yanked_ones_pre_releases_and_those_without_a_wheel_are_left_out_and_named(
    lab: Laboratory, index: PackageIndex
) -> None:
    index.add("toy", "1.1", toy("10.0"))
    index.add("toy", "1.2", toy("11.0"), yanked=True)
    index.add("toy", "1.3rc1", toy("11.0"))
    index.add("toy", "1.3", toy("10.0"), tag="cp27-cp27m-win32")
    index.add("toy", "1.4", toy("10.0"))
    index.add("toy", "1.5", toy("11.0"))
    found, tried = search(lab, "1.1", "1.5")
    assert found.first == "1.5"
    assert found.skipped == {"1.2": "yanked", "1.3rc1": "pre-release", "1.3": "no wheel for this Python"}
    assert set(tried) == {"1.1", "1.4", "1.5"}


def test_versions_that_cannot_be_built_are_passed_over_and_the_doubt_is_told(
    lab: Laboratory, index: PackageIndex
) -> None:
    index.add("toy", "1.1", toy("10.0"))
    index.add("toy", "1.2", toy("10.0"))
    index.add("toy", "1.3", toy("10.0"), requires=["gone>=1"])
    index.add("toy", "1.4", toy("11.0"), requires=["gone>=1"])
    index.add("toy", "1.5", toy("11.0"))
    found, _ = search(lab, "1.1", "1.5")
    assert (found.first, found.last_good, found.between) == ("1.5", "1.2", ["1.3", "1.4"])


def test_a_version_that_breaks_counts_as_changed(lab: Laboratory, index: PackageIndex) -> None:
    for minor in range(1, 6):
        index.add("toy", f"1.{minor}", toy("10.0" if minor < 4 else "1 / 0"))
    found, _ = search(lab, "1.1", "1.5")
    assert found.first == "1.4"
    assert next(one for one in found.looked if one.version == "1.4").found == "broken"


def test_where_nothing_changed_it_says_so(lab: Laboratory, index: PackageIndex) -> None:
    for minor in range(1, 6):
        index.add("toy", f"1.{minor}", toy("10.0"))
    found, tried = search(lab, "1.1", "1.5")
    assert (found.first, tried) == ("", ["1.1", "1.5"])


def test_ends_that_do_not_run_are_named(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.1", toy("1 / 0"))
    index.add("toy", "1.2", toy("10.0"))
    index.add("toy", "1.3", toy("10.0"), tag="cp27-cp27m-win32")
    with pytest.raises(ConfigurationError, match=r"does not run with the good version, toy 1\.1: ZeroDivisionError"):
        search(lab, "1.1", "1.2")
    with pytest.raises(ConfigurationError, match=r"toy 1\.3, could not be built"):
        search(lab, "1.2", "1.3")
    with pytest.raises(ConfigurationError, match=r"no toy 1\.2 after 1\.3"):
        search(lab, "1.3", "1.2")


def test_a_search_that_was_broken_off_goes_on_with_what_it_knows(lab: Laboratory, index: PackageIndex) -> None:
    for minor in range(1, 10):
        index.add("toy", f"1.{minor}", toy("10.0" if minor < 5 else "11.0"))
    search(lab, "1.1", "1.9")
    before = len(lab.bench.results.history("area"))
    search(lab, "1.1", "1.9")
    assert len(lab.bench.results.history("area")) == before
