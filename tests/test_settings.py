"""Settings from a file and the environment, and errors that say how to mend them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nuncius.core.errors import ConfigurationError
from nuncius.settings import load


def written(folder: Path, text: str) -> Path:
    file = folder / "nuncius.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_or_environment_everything_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(environment={})
    assert settings.kafka is None
    assert settings.slack is None
    assert settings.journal_url == "sqlite:///var/nuncius.db"
    assert settings.targets == ("web",)


def test_a_file_sets_paths_sections_and_lists(tmp_path: Path) -> None:
    text = 'data_dir = "/srv/nuncius"\nrules = ["mine", "~/ours"]\n[kafka]\nbootstrap_servers = "localhost:9092"\n'
    settings = load(written(tmp_path, text), environment={})
    assert settings.graph_dir == Path("/srv/nuncius/graph")
    assert settings.rules == (Path("mine"), Path("~/ours").expanduser())
    assert settings.kafka is not None
    assert settings.kafka.bootstrap_servers == "localhost:9092"


def test_the_environment_wins_and_secrets_may_be_in_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    environment = {
        "NUNCIUS_DATA_DIR": str(tmp_path / "data"),
        "NUNCIUS_DATABASE_URL": "postgresql+psycopg://n@db/n",
        "GCN_CLIENT_ID": "me",
        "GCN_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "SLACK_BOT_TOKEN": "xoxb-1",
    }
    settings = load(written(tmp_path, 'data_dir = "elsewhere"\n'), environment)
    assert settings.data_dir == tmp_path / "data"
    assert settings.journal_url == "postgresql+psycopg://n@db/n"
    assert settings.kafka is not None
    assert settings.slack is not None
    assert (settings.kafka.client_id, settings.kafka.client_secret) == ("me", "s3cret")
    assert "s3cret" not in repr(settings)
    assert "xoxb-1" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('data_dri = "x"\n', "data_dir"),
        ("data_dir = 3\n", "path"),
        ("[kafka]\nbatch = 'many'\n", "batch"),
        ("[web\n", "not TOML"),
        ("targets = 'web'\n", "targets"),
        ("workers = 0\n", "workers"),
        ("[web]\nport = 99999\n", "web.port"),
        ("[kafka]\ntopic = 'x'\n", "did you mean 'topics'"),
        ("journal = 3\n", "journal"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_its_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, text), environment={"NUNCIUS_DATABASE_URL": "sqlite:///x.db"})
    assert "nuncius.toml" in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no configuration file"):
        load(tmp_path / "none.toml", environment={})


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path, environment={})


def test_a_secret_file_that_is_no_text_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"xoxb-\xff\xfe")
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN_FILE") as caught:
        load(written(tmp_path, ""), environment={"SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")})
    assert "xoxb" not in str(caught.value)


def test_the_databases_password_is_not_in_the_settings_repr(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "[journal]\nurl = 'postgresql+psycopg://me:s3cret@db/n'\n"), environment={})
    assert "s3cret" not in repr(settings)
    assert "db/n" in repr(settings)
