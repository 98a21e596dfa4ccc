"""A release of a package: what depends on it is run with the new version beside the old one, in environments built
from an index on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_index import FIRST, PackageIndex
from regress_samples import NOW, index, journal, make_laboratory, toy, write_case

from analyses.regression.accepting import accept
from analyses.regression.laboratory import Laboratory
from analyses.regression.outcomes import Outcome, release_of
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.journal import Journal

__all__ = ["index", "journal"]  # fixtures


def released(lab: Laboratory, version: str, package: str = "toy", old: str = "") -> list[Outcome]:
    """The outcomes of a release."""
    release = release_of(package, version, old)
    return [pair.outcome for pair in lab.release(release, lab.dependents(package), cause=f"pypi:{package}=={version}")]


@pytest.fixture
def lab(tmp_path: Path, journal: Journal) -> Laboratory:
    write_case(tmp_path / "cases")
    return make_laboratory(tmp_path, journal)


def test_a_new_version_with_another_result_is_changed_and_both_stand_side_by_side(
    lab: Laboratory, index: PackageIndex, journal: Journal
) -> None:
    index.add("toy", "1.0", toy("10.0 * scale"))
    index.add("toy", "1.1", toy("10.5 * scale"))
    (outcome,) = released(lab, "1.1")
    (area,) = outcome.quantities
    assert (outcome.verdict, outcome.old_version, outcome.version) == ("changed", "1.0", "1.1")
    assert (area.old.mean, area.new.mean, area.before) == (10.0, 10.5, False)
    rows = lab.bench.results.history("area")
    assert [(r.version, r.state, r.verdict, r.cause) for r in rows] == [
        ("1.0", "ran", "", "pypi:toy==1.1"),
        ("1.1", "ran", "changed", "pypi:toy==1.1"),
    ]
    (event,) = journal.read(0, kinds=["regression.result"])
    assert event.event.data["values"]["area"] == {
        "verdict": "changed", "reference": 10.0, "unit": "", "value": 10.5, "old": 10.0,
    }  # fmt: skip


def test_the_same_result_is_equal_and_a_small_step_is_within_tolerance(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "1.1", toy("10.0"))
    index.add("toy", "1.2", toy("10.05"))
    assert [o.verdict for o in released(lab, "1.1")] == ["equal"]
    assert [o.verdict for o in released(lab, "1.2")] == ["within tolerance"]


def test_a_version_that_raises_is_broken_with_its_error(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "2.0", "import no_such_module")
    (outcome,) = released(lab, "2.0")
    assert outcome.verdict == "broken"
    assert outcome.bad
    assert "No module named 'no_such_module'" in outcome.error
    assert outcome.quantities[0].old.mean == 10.0


def test_a_version_without_a_wheel_for_this_machine_could_not_be_built(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "2.0", toy("10.0"), tag="cp27-cp27m-win32")
    (outcome,) = released(lab, "2.0")
    assert outcome.verdict == "could not be built"
    assert "2.0" in outcome.error
    assert "no usable wheels" in outcome.error or "no wheels" in outcome.error


def test_what_was_off_before_is_told_apart_from_what_a_release_did(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("12.0"))
    index.add("toy", "1.1", toy("12.0"))
    index.add("toy", "1.2", toy("10.0"))
    (still,) = released(lab, "1.1")
    assert (still.verdict, still.before, still.bad) == ("changed", True, False)
    (mended,) = released(lab, "1.2")
    assert (mended.verdict, mended.bad, mended.quantities[0].mended) == ("changed", True, True)


def test_noise_is_not_a_change_and_a_shift_beyond_it_is(tmp_path: Path, journal: Journal, index: PackageIndex) -> None:
    noisy = "10.0 + {shift} + ((seed * 7919) % 100 - 50) / 100.0"
    index.add("toy", "1.0", toy(noisy.format(shift=0.0)))
    index.add("toy", "1.1", toy(noisy.format(shift=0.0).replace("7919", "7907")))
    index.add("toy", "1.2", toy(noisy.format(shift=3.0)))
    write_case(tmp_path / "cases", expect="{area: {value: 10.0, sigmas: 3.0}}", repeats="5")
    lab = make_laboratory(tmp_path, journal)
    (noise,) = released(lab, "1.1")
    assert noise.verdict == "within tolerance"
    assert len(noise.quantities[0].new.runs) == 5
    assert noise.quantities[0].old.mean != noise.quantities[0].new.mean
    (shift,) = released(lab, "1.2")
    assert shift.verdict == "changed"


def test_only_the_released_package_changes_unless_it_must_bring_others_along(
    lab: Laboratory, index: PackageIndex
) -> None:
    for version in ("1.0", "1.1", "2.0"):
        index.add("base", version, uploaded=FIRST)
    index.add("toy", "1.0", toy("10.0"), requires=["base<2"], uploaded=FIRST)
    index.add("toy", "1.1", toy("10.0"), requires=["base"], uploaded=FIRST)
    index.add("toy", "1.2", toy("10.0"), requires=["base>=2"], uploaded=FIRST)
    (kept,) = released(lab, "1.1", old="1.0")
    assert kept.also == []  # alone, 1.1 would have come with base 2.0
    (moved,) = released(lab, "1.2", old="1.0")
    assert moved.also == ["base 1.1 → 2.0"]


def test_a_release_of_what_a_package_requires_finds_the_case_by_the_graph(lab: Laboratory, index: PackageIndex) -> None:
    index.add("deep", "1.0", "AREA = 10.0")
    index.add("base", "1.0", "from deep import AREA", requires=["deep"])
    index.add("toy", "1.0", toy("base.AREA", "import base"), requires=["base"])
    index.add("unrelated", "1.0")
    released(lab, "1.0")
    index.asked.clear()
    index.add("deep", "1.1", "AREA = 11.0")
    assert [case.name for case in lab.dependents("Deep")] == ["area"]
    assert lab.dependents("unrelated") == []
    assert index.asked == []  # known from the environment that was built
    (outcome,) = released(lab, "1.1", package="deep")
    assert (outcome.verdict, outcome.package) == ("changed", "deep")


def test_a_case_that_was_never_run_is_resolved_to_know_what_it_depends_on(lab: Laboratory, index: PackageIndex) -> None:
    index.add("base", "1.0")
    index.add("toy", "1.0", toy("10.0"), requires=["base"])
    assert [case.name for case in lab.dependents("base")] == ["area"]


def test_a_known_result_of_the_old_version_is_not_run_again(lab: Laboratory, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "1.1", toy("10.0"))
    released(lab, "1.0")
    first = lab.bench.results.history("area")
    released(lab, "1.1")
    released(lab, "1.1")
    assert [run.version for run in lab.bench.results.history("area")] == ["1.0", "1.1"]
    assert lab.bench.results.history("area")[0].at == first[0].at


def test_pre_releases_and_yanked_versions_are_no_older_version(index: PackageIndex) -> None:
    index.add("toy", "1.0")
    index.add("toy", "1.1", yanked=True)
    index.add("toy", "1.2rc1")
    index.add("toy", "1.2", tag="cp27-cp27m-win32")
    index.add("toy", "1.3")
    assert release_of("toy", "v1.3").old == "1.0"
    assert release_of("toy", "1.0").old == ""


def test_an_index_that_is_down_or_has_the_version_not_yet_is_asked_again_later(
    lab: Laboratory, index: PackageIndex
) -> None:
    index.add("toy", "1.0", toy("10.0"))
    with pytest.raises(TransientError, match=r"no toy 9\.9 \(yet\)"):
        release_of("toy", "9.9")
    release = release_of("toy", "1.0")
    index.down = True
    with pytest.raises(TransientError, match="cannot be asked"):
        release_of("toy", "1.0")
    with pytest.raises(TransientError, match="cannot be asked"):
        list(lab.release(release, list(lab.cases().values())))
    with pytest.raises(ConfigurationError, match="no version"):
        release_of("toy", "the newest")


def test_an_accepted_reference_stands_until_the_file_says_something_else(
    lab: Laboratory, index: PackageIndex, tmp_path: Path
) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "1.1", toy("12.0"))
    index.add("toy", "1.2", toy("12.0"))
    assert released(lab, "1.1")[0].verdict == "changed"
    (kept,) = accept(lab, "area", "toy", "1.1", why="the new value is right", by="ada", now=NOW)
    assert (kept.value, kept.by, kept.why) == (12.0, "ada", "the new value is right")
    assert released(lab, "1.2")[0].verdict == "equal"
    write_case(tmp_path / "cases", expect="{area: {value: 10.1, relative: 0.01}}")
    assert released(lab, "1.2")[0].verdict == "changed"


def test_the_environment_of_a_run_is_named_in_its_row_with_what_was_in_it(
    lab: Laboratory, index: PackageIndex, journal: Journal
) -> None:
    index.add("toy", "1.0", toy("10.0"))
    (outcome,) = released(lab, "1.0")
    stored = journal.get(f"environment:{outcome.environment}")
    assert stored is not None
    assert {"name": "toy", "version": "1.0", "requires": []} in stored.event.data["packages"]
