"""Signed addresses that end a subscription: made for one number, good for that one alone, the key kept privately."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chat import unsubscribing
from chat.unsubscribing import Unsubscribing, open_key
from nuncius.core.errors import ConfigurationError

KEY = bytes(range(32))


def test_an_address_leads_to_its_own_subscription() -> None:
    made = Unsubscribing(KEY, "https://nuncius.example.org/")
    address = made.address(17)
    assert address.startswith("https://nuncius.example.org/unsubscribe/17-")
    assert made.number(address.rpartition("/")[2]) == 17


@pytest.mark.parametrize("change", ["18", "017", "", "17 ", "-17", "１７"])
def test_another_number_is_not_signed(change: str) -> None:
    signed = Unsubscribing(KEY).signed(17)
    assert Unsubscribing(KEY).number(change + signed.removeprefix("17")) is None


@pytest.mark.parametrize("signed", ["", "17", "17-", "17-" + "0" * 32, "17-" + "g" * 32, "../17", "9" * 400, "17-\x00"])
def test_what_we_did_not_sign_leads_nowhere(signed: str) -> None:
    assert Unsubscribing(KEY).number(signed) is None


def test_another_installations_address_leads_nowhere() -> None:
    assert Unsubscribing(KEY).number(Unsubscribing(bytes(32)).signed(17)) is None


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = open_key(tmp_path / "new")
    assert len(first) == 32
    assert open_key(tmp_path / "new") == first
    (file,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "secret", "abcd"])
def test_a_key_that_is_none_is_named_with_its_mend(tmp_path: Path, content: str) -> None:
    (tmp_path / "unsubscribe.key").write_text(content)
    with pytest.raises(ConfigurationError, match=r"unsubscribe\.key"):
        open_key(tmp_path)


def test_without_an_address_of_the_page_there_are_none(tmp_path: Path) -> None:
    unsubscribing.use(tmp_path, "")
    assert unsubscribing.unsubscribe_address(3) == ""
    assert not list(tmp_path.iterdir())
    try:
        unsubscribing.use(tmp_path, "https://nuncius.example.org")
        address = unsubscribing.unsubscribe_address(3)
        assert unsubscribing.subscription_of(address.rpartition("/")[2]) == 3
        assert unsubscribing.unsubscribe_address(None) == ""
    finally:
        unsubscribing.use(tmp_path, "")
