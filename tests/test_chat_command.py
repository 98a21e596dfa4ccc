"""`nuncius chat test`: what would go where, one marked message, and what is said when it does not arrive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from local_mail import LocalMail
from local_services import LocalServices

from nuncius.cli import cli

pytest.importorskip("apprise")


def settings(folder: Path, mail: LocalMail, services: LocalServices) -> Path:
    secret = folder / "hook"
    secret.write_text(f"json://127.0.0.1:{services.port}/t0ken-of-ann\n", encoding="utf-8")
    file = folder / "nuncius.toml"
    file.write_text(
        f"""
[email]
host = "127.0.0.1"
port = {mail.port}
security = "none"
from = "nuncius@example.org"
to = ["alerts@example.org"]
least = "warning"
[apprise.ann-hook]
url_file = "{secret}"
[people.ann]
email = "ann@example.org"
targets = ["ann-hook"]
quiet = {{from = "00:00", to = "23:59"}}
[people.cy]
""",
        encoding="utf-8",
    )
    return file


def asked(folder: Path, mail: LocalMail, services: LocalServices, *words: str) -> Result:
    file = settings(folder, mail, services)
    return CliRunner().invoke(cli, ["chat", "test", *words, "--config", str(file)])


def test_a_dry_run_shows_what_would_go_where_and_sends_nothing(tmp_path: Path) -> None:
    with LocalMail() as mail, LocalServices() as services:
        got = asked(tmp_path, mail, services, "ann", "--dry-run")
        assert got.exit_code == 0, got.output
        assert "would be sent by email to ann@example.org" in got.output
        assert "would be sent by ann-hook to its one address" in got.output
        assert "TEST of Nuncius: nothing has happened" in got.output
        assert "t0ken" not in got.output
        assert (mail.mails, services.asked) == ([], [])


def test_a_person_gets_one_marked_message_at_each_of_their_places(tmp_path: Path) -> None:
    with LocalMail() as mail, LocalServices() as services:
        got = asked(tmp_path, mail, services, "ann", "--json")
        assert [json.loads(line)["state"] for line in got.output.splitlines()] == ["sent", "sent"]
        (((readers, told)), (text,)) = (mail.mails[0], services.texts)
        assert readers == ["ann@example.org"]
        assert told["Subject"] == "TEST of Nuncius: nothing has happened"
        assert "TEST of Nuncius" in text


def test_a_target_gets_it_as_everybody_would_and_a_refusal_is_told(tmp_path: Path) -> None:
    with LocalMail() as mail, LocalServices() as services:
        assert asked(tmp_path, mail, services, "email").exit_code == 0
        assert mail.mails[0][0] == ["alerts@example.org"]
        services.fail = [404]
        got = asked(tmp_path, mail, services, "ann-hook")
        assert got.exit_code == 1
        assert "not sent by ann-hook" in got.output
        assert "t0ken" not in got.output


@pytest.mark.parametrize(("name", "says"), [("an", "did you mean 'ann'"), ("cy", "nothing reaches cy")])
def test_a_name_that_leads_nowhere_is_told(tmp_path: Path, name: str, says: str) -> None:
    with LocalMail() as mail, LocalServices() as services:
        got = asked(tmp_path, mail, services, name)
        assert got.exit_code != 0
        assert says in str(got.exception)
