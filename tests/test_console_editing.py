"""The rule editor: what is wrong beside its line, what a text would have done, saved by operators alone; and backtests
that people ask for on a rule's page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from console_site import running
from console_year import PEOPLE, RULES, fill, year
from test_console_subscriptions import Stand, page

from chat.people import People
from nuncius.journal.audit import Audit

NEAR = RULES.partition("---")[0]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("year")
    with year(folder) as (journal, book, web):
        tokens = fill(journal, datetime.now(UTC))

        def rules():  # type: ignore[no-untyped-def]
            book.refresh()
            return book.rules

        with running(journal, rules=rules, web=web, people=People(PEOPLE)) as site:
            yield Stand(site, journal, book, tokens, folder)


@pytest.fixture(autouse=True)
def nothing_saved(stand: Stand) -> Iterator[None]:
    yield
    for file in (stand.folder / "saved").iterdir():
        file.unlink()


def does(stand: Stand, do: str, text: str, who: str = "ann", **more: str) -> tuple[int, str]:
    answer = stand.post(who, "/rules/edit", do=do, text=text, **more)
    return answer.status, page(answer) if answer.body else answer.headers.get("location", "")


def saved(stand: Stand, name: str) -> str:
    return (stand.folder / "saved" / name).read_text(encoding="utf-8")


def test_viewers_and_strangers_try_nothing(stand: Stand) -> None:
    assert stand.get("", "/rules/edit").status == 303
    assert stand.get("cy", "/rules/edit").status == 403
    assert stand.post("cy", "/rules/edit", do="past", text=NEAR).status == 403
    assert stand.post("cy", "/rules/near/backtest", days="365").status == 403
    assert stand.post("cy", "/rules/check.json", text=NEAR).status == 403


def test_the_text_of_a_rule_alone_is_edited(stand: Stand) -> None:
    shown = stand.get("bob", "/rules/near/edit").body.decode()
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.S)
    assert text
    assert "rule: near" in text[1]
    assert "rule: far" not in text[1]
    assert stand.get("bob", "/rules/unheard-of/edit").status == 404
    assert stand.get("bob", "/rules/subscription-1/edit").status == 404


def test_what_is_wrong_is_told_with_line_and_column(stand: Stand) -> None:
    wrong = "rule: near\nwhen: lvk.alrt\nfi: ev.far < 1\ndo: {post: x}\n"
    answer = stand.post("bob", "/rules/check.json", text=wrong)
    found = [(one["line"], one["column"], one["written"]) for one in answer.json["problems"]]
    assert found == [(2, 7, "when: lvk.alrt"), (3, 1, "fi: ev.far < 1")]
    assert "did you mean 'lvk.alert'?" in answer.json["problems"][0]["message"]
    status, words = does(stand, "check", wrong)
    assert status == 422
    assert "line 2, column 7 error: no event is of kind 'lvk.alrt'; did you mean 'lvk.alert'?" in words
    assert stand.post("bob", "/rules/check.json", text=NEAR).json["errors"] == 0


HOSTILE = [
    "&a [*a, *a, *a]",
    "!!python/object/apply:os.system ['id']",
    "{" * 3000,
    "rule: x\nwhen: lvk.alert\nif: " + "(" * 3000 + "\ndo: {post: x}",
    "rule: x\nwhen: lvk.alert\ndo: {post: '${" + "ev.ids.map(x, " * 40 + "'}",
    "rule: '{{ 7 * 7 }}'\nwhen: lvk.alert\ndo: {post: '<script>alert(1)</script>'}",
    "rule: x\nwhen: lvk.alert\ndo: {post: x}\n" + "# " + "y" * 70_000,
    "\x00\ud7ff",
]


def test_hostile_texts_are_refused_and_run_nothing(stand: Stand) -> None:
    for text in HOSTILE:
        began = time.monotonic()
        answer = stand.post("bob", "/rules/edit", do="past", text=text)
        assert answer.status == 422, text[:60]
        assert time.monotonic() - began < 5
        body = answer.body.decode()
        assert "<script>alert" not in body
        assert ">49<" not in body


def test_a_preview_says_what_would_be_gained_and_lost(stand: Stand) -> None:
    status, words = does(stand, "past", NEAR.replace("< 200", "< 300"))
    assert status == 200
    assert "near would have fired 10 times" in words
    assert "4 gained , 0 lost , 0 said otherwise" in words
    assert "line 6: ev.luminosity_distance < 200 is false" in words
    assert "6 lost" in does(stand, "past", NEAR.replace("< 200", "< 1"))[1]
    assert "The rule in force does the same" in does(stand, "past", NEAR)[1]
    fresh = NEAR.replace("rule: near", "rule: unheard-of")
    assert "None of that is in force now" in does(stand, "past", fresh)[1]


def test_inline_tests_are_run_without_reading_files(stand: Stand) -> None:
    more = NEAR + "  - {about: too far, given: {kind: lvk.alert.initial, luminosity_distance: 900}, expect: fires}\n"
    more += "  - {about: a file, given: {file: /etc/passwd}, expect: fires}\n"
    status, words = does(stand, "tests", more)
    assert status == 200
    assert "passed near line 9" in words
    assert "failed too far" in words
    assert "expected fires, came" in words
    assert "not run a file" in words
    assert "root:" not in words


def test_a_text_is_tried_on_one_event(stand: Stand) -> None:
    status, words = does(stand, "event", NEAR.replace("< 200", "< 10"), event="alert-1")
    assert status == 200
    assert "ev.luminosity_distance < 10 is false (ev.luminosity_distance = 180.0)" in words
    assert "nothing is known of 'S-none'" in does(stand, "event", NEAR, event="S-none")[1]
    for name in ("/etc/passwd", "/etc/no-such-file"):  # which files are here is nobody's business
        assert f"nothing is known of '{name}'" in does(stand, "event", NEAR, event=name)[1]
        assert f"nothing is known of '{name}'" in page(stand.get("cy", f"/rules/near?event={name}"))


def test_an_operator_saves_and_the_running_service_takes_it(stand: Stand) -> None:
    status, where = does(stand, "save", NEAR.replace("< 200", "< 300"), name="near", stamp="")
    assert (status, where) == (303, "/rules/near?saved=1")
    assert "ev.luminosity_distance < 300" in page(stand.get("", where))
    assert "< 300" in saved(stand, "near.yaml")
    until = time.monotonic() + 10
    while not (acts := Audit(stand.journal).acts(limit=1)) and time.monotonic() < until:
        time.sleep(0.05)  # it is noted once the answer is out
    told = acts[0]
    assert (told.person, told.shown) == ("person:ann", "ann")
    assert told.about.startswith("saved near in near.yaml: new → ")


def test_other_words_about_a_rule_are_there_when_it_is_edited_next(stand: Stand) -> None:
    said = re.sub("about: .*", "about: Said anew", NEAR)
    assert said != NEAR
    assert does(stand, "save", said, name="near", stamp="")[0] == 303
    assert "Said anew" in page(stand.get("cy", "/rules/near"))
    shown = stand.get("ann", "/rules/near/edit").body.decode()
    assert "about: Said anew" in shown
    stamp = re.search(r'name="stamp" value="([^"]+)"', shown)
    assert stamp, "the text is that of the file which was saved"
    assert does(stand, "save", said.replace("anew", "twice"), name="near", stamp=stamp[1])[0] == 303


def test_the_version_before_is_kept_and_nobody_overwrites_unseen(stand: Stand) -> None:
    does(stand, "save", NEAR, name="near", stamp="")
    seen = stand.get("ann", "/rules/near/edit").body.decode()
    stamp = re.search(r'name="stamp" value="(\w+)"', seen)
    assert stamp
    assert does(stand, "save", NEAR.replace("200", "250"), name="near", stamp=stamp[1])[0] == 303
    status, words = does(stand, "save", NEAR.replace("200", "999"), name="near", stamp=stamp[1])
    assert status == 422
    assert "somebody saved near.yaml meanwhile" in words
    assert "< 250" in saved(stand, "near.yaml")
    (old,) = [file for file in (stand.folder / "saved").iterdir() if file.suffix == ".old"]
    assert "< 200" in old.read_text(encoding="utf-8")
    assert [rule.name for rule in stand.book.rules.rules].count("near") == 1, "old versions are no rule files"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (NEAR.replace("rule: near", "rule: subscription-1"), "such names are those of people's subscriptions"),
        (NEAR.replace("rule: near", "rule: ../../etc/x"), "name of letters"),
        (NEAR.replace("lvk.alert\n", "lvk.alrt\n", 1), "no event is of kind"),
    ],
)
def test_what_may_not_be_saved_is_not(stand: Stand, text: str, told: str) -> None:
    status, words = does(stand, "save", text, stamp="")
    assert status == 422
    assert told in words
    assert list((stand.folder / "saved").iterdir()) == []


def test_a_reviewer_tries_and_downloads_but_does_not_save(stand: Stand) -> None:
    status, words = does(stand, "save", NEAR, who="bob", stamp="")
    assert status == 422
    assert "only an operator saves rules" in words
    assert list((stand.folder / "saved").iterdir()) == []
    got = stand.post("bob", "/rules/edit", do="download", name='x"\r\nSet-Cookie: a=b', text=NEAR)
    assert got.headers["content-disposition"] == 'attachment; filename="xSet-Cookieab.yaml"'
    assert got.body.decode() == NEAR


def test_a_file_with_several_rules_loses_none_of_them(stand: Stand) -> None:
    (stand.folder / "saved" / "both.yaml").write_text(RULES.replace("< 200", "< 150"), encoding="utf-8")
    shown = stand.get("ann", "/rules/near/edit").body.decode()
    assert "rule: far" in shown, "the whole file is edited"
    stamp = re.search(r'name="stamp" value="(\w+)"', shown)
    assert stamp
    status, words = does(stand, "save", NEAR, name="near", stamp=stamp[1])
    assert status == 422
    assert "both.yaml would lose far" in words


def test_a_backtest_runs_beside_the_service_and_stands_on_the_rules_page(stand: Stand) -> None:
    assert "No backtest is kept" in page(stand.get("", "/rules/far"))
    begun = stand.post("bob", "/rules/far/backtest", days="365")
    assert (begun.status, begun.headers["location"]) == (303, "/rules/far#backtest")
    deadline = time.monotonic() + 30
    while "Fired" not in (shown := page(stand.get("", "/rules/far"))):
        assert "asked for by bob" in shown
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "Fired never in 40 events" in shown
    assert "Mostly in its way: line 14: ev.luminosity_distance > 3000 32 times" in shown
    assert "an earlier version" not in shown
    assert stand.post("bob", "/rules/far/backtest", days="100000").status == 409
