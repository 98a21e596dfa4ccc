"""People in the settings: who they are by any of their names, what does not fit together, and their quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chat.people import People, Person, Quiet, Role
from nuncius.core.errors import ConfigurationError
from nuncius.settings import load

ANN = '[people.ann]\nslack = "U0123"\nemail = "ann@example.org"\nsign_in = ["ann@idp"]\nrole = "reviewer"\n'


def read(folder: Path, text: str) -> People:
    file = folder / "nuncius.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment={}).everybody


def test_a_person_is_found_by_every_name_that_they_have(tmp_path: Path) -> None:
    people = read(tmp_path, ANN + '[people.bo]\nquiet = {from = "22:00", to = "07:00", zone = "Europe/Zurich"}\n')
    ann = people.by_name("ann")
    assert ann is not None
    assert (ann.name, ann.id, ann.role) == ("ann", "person:ann", Role.REVIEWER)
    assert people.by_slack("U0123") == people.by_sign_in("ann@idp") == people.by_id("person:ann") == ann
    assert people.by_id("slack:U0123") == ann
    assert [person.name for person in people] == ["ann", "bo"]
    # An empty name is nobody's, although bo has none of either.
    assert people.by_slack("") is None
    assert people.by_sign_in("") is None
    assert people.by_id("login:ann") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[people.Ann]\nemail = "a@b.org"\n', "small letters"),
        ('[people.ann]\nslack = "ann"\n', "U0123456789"),
        ('[people.ann]\nslack = "C0123"\n', "U0123456789"),
        ('[people.ann]\nemail = "a@b.org\\nBcc: all@b.org"\n', "ann@example.org"),
        ('[people.ann]\nemail = "Ann <a@b.org>"\n', "ann@example.org"),
        ('[people.ann]\nescalate_to = "bob"\n[people.bo]\n', "did you mean 'bo'"),
        ('[people.ann]\nescalate_to = "ann"\n', "somebody else"),
        ('[people.ann]\nescalate_after = "soon"\n', "15m"),
        ('[people.ann]\nslack = "U01"\n[people.bo]\nslack = "U01"\n', "also bo's"),
        ('[people.ann]\nsign_in = ["x"]\n[people.bo]\nsign_in = ["x"]\n', "bo has it too"),
        ('[people.ann]\nsign_in = [""]\n', "not empty"),
        ('[people.ann]\ntargets = ["telegram"]\n', "[apprise.NAME]"),
        ('[people.ann]\nrole = "king"\n', "king"),
        ('[people.ann]\nquiet = {from = "22", to = "07:00"}\n', "22:00"),
        ('[people.ann]\nquiet = {from = "22:00", to = "22:00"}\n', "another hour"),
        ('[people.ann]\nquiet = {from = "22:00", to = "07:00", zone = "Europe/Zurch"}\n', "Europe/Zurich"),
        ('[people.ann]\nquiet = {from = "22:00", to = "07:00", zone = "../etc/passwd"}\n', "Europe/Zurich"),
        ('[people.ann]\nphone = "1"\n', "phone"),
    ],
)
def test_what_does_not_fit_is_told_with_what_was_received(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match="people") as told:
        read(tmp_path, text)
    assert says in str(told.value)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-01-10 20:59:59", None),
        ("2025-01-10 21:00:00", "2025-01-11 06:00:00"),
        ("2025-01-11 05:59:59", "2025-01-11 06:00:00"),
        ("2025-01-11 06:00:00", None),
        ("2025-07-10 20:00:00", "2025-07-11 05:00:00"),  # summer time
        ("2025-03-29 21:30:00", "2025-03-30 05:00:00"),  # the night in which an hour is left out
        ("2025-10-25 20:30:00", "2025-10-26 06:00:00"),  # the night in which one comes twice
    ],
)
def test_quiet_hours_follow_the_wall_clock_of_their_zone(now: str, until: str | None) -> None:
    quiet = Quiet(from_="22:00", to="07:00", zone="Europe/Zurich")
    assert quiet.until(at(now)) == (at(until) if until else None)


def test_quiet_hours_within_one_day_end_on_that_day() -> None:
    quiet = Quiet(from_="13:00", to="14:30")
    assert quiet.until(at("2025-01-10 13:10:00")) == at("2025-01-10 14:30:00")
    assert quiet.until(at("2025-01-10 12:10:00")) is None
    assert quiet.until(at("2025-01-10 14:30:00")) is None


def test_quiet_hours_that_begin_in_an_hour_left_out_still_end() -> None:
    # 02:30 does not exist on that night: the clock goes from 02:00 to 03:00.
    quiet = Quiet(from_="02:30", to="06:00", zone="Europe/Zurich")
    assert quiet.until(at("2025-03-30 02:00:00")) == at("2025-03-30 04:00:00")


def test_an_operator_may_do_what_a_viewer_may_and_not_the_other_way_round() -> None:
    assert Role.OPERATOR.covers(Role.REVIEWER)
    assert Role.REVIEWER.covers(Role.REVIEWER)
    assert not Role.VIEWER.covers(Role.REVIEWER)


def test_people_made_without_a_file_are_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="targets"):
        People({"ann": Person(targets=("phone",))}, places=["fon"])
    assert People({"ann": Person(targets=("phone",))}, places=["phone"]).by_name("ann") is not None
