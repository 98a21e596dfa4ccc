"""All settings in one place: a TOML file, then the environment; secrets come from the environment or from files.

Each part of the flow defines its own settings; this composes and loads them, and is the only code that reads
configuration. `docs/settings.md` describes every key, and a test compares it with these structs.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from analyses import archives, assumptions, suppliers
from analyses.checks.settings import ChecksSettings
from analyses.regression.settings import RegressSettings
from analyses.settings import AnalysesSettings, ArchivesSettings, DataSource, ExecutorSettings
from chat.apprise_settings import AppriseSettings, variable_of
from chat.mail_settings import EmailSettings
from chat.people import People, Person
from chat.slack import SlackSettings
from chat.targets import KNOWN, Means
from console.hook_settings import HookSettings
from console.metrics_settings import MetricsSettings
from console.oidc_settings import OidcSettings
from console.server import WebSettings
from listeners.kafka_settings import KafkaSettings
from listeners.papers.settings import PapersSettings
from listeners.releases.settings import ReleasesSettings
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

#: Environment variables that set a key of the file; for each, NAME_FILE may name a file to read it from.
ENVIRONMENT = {
    "NUNCIUS_DATA_DIR": ("data_dir",),
    "NUNCIUS_DATABASE_URL": ("journal", "url"),
    "GCN_CLIENT_ID": ("kafka", "client_id"),
    "GCN_CLIENT_SECRET": ("kafka", "client_secret"),
    "KAFKA_PASSWORD": ("kafka", "password"),
    "SLACK_BOT_TOKEN": ("slack", "token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "NUNCIUS_MAIL_PASSWORD": ("email", "password"),
    "ADS_API_TOKEN": ("papers", "ads_token"),
    "GITHUB_TOKEN": ("releases", "github_token"),
    "NUNCIUS_GITHUB_SECRET": ("hooks", "github_secret"),
    "NUNCIUS_FLUX_SECRET": ("hooks", "flux_secret"),
    "NUNCIUS_ALERTMANAGER_TOKEN": ("hooks", "alertmanager_token"),
    "NUNCIUS_CLOUDEVENTS_TOKEN": ("hooks", "cloudevents_token"),
    "NUNCIUS_METRICS_TOKEN": ("metrics", "token"),
    "NUNCIUS_OIDC_SECRET": ("oidc", "client_secret"),
}

#: Sections that are there only if the file has them: a token in the environment alone asks for nothing.
ONLY_BY_FILE = frozenset({"email", "papers", "releases", "oidc"})


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where everything is kept."""

    url: str = ""
    """SQLAlchemy URL, `postgresql+psycopg://user@host/database` say; empty: SQLite in the data folder."""
    synchronous: Literal["full", "normal"] = "full"
    """SQLite's: `full` survives a power cut, `normal` the death of the process only, and is quicker."""

    def __repr__(self) -> str:
        # The URL may hold a password, and settings end up in tracebacks and debug logs.
        return f"JournalSettings(url={_without_password(self.url)!r}, synchronous={self.synchronous!r})"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    data_dir: Path = Path("var")
    """Folder of the journal, the graph and pictures."""
    journal: JournalSettings = JournalSettings()
    kafka: KafkaSettings | None = None
    slack: SlackSettings | None = None
    email: EmailSettings | None = None
    apprise: dict[str, AppriseSettings] = {}
    """Further places that messages reach by apprise: a section `[apprise.NAME]` for each."""
    people: dict[str, Person] = {}
    """Who is told, may sign in and is on duty: a section `[people.NAME]` for each."""
    papers: PapersSettings | None = None
    releases: ReleasesSettings | None = None
    web: WebSettings = WebSettings()
    oidc: OidcSettings | None = None
    hooks: HookSettings = HookSettings()
    metrics: MetricsSettings = MetricsSettings()
    checks: ChecksSettings = ChecksSettings()
    rules: tuple[Path, ...] = ()
    """Files and folders of rules; none: the shipped ones. A rule in a later path replaces its namesake."""
    targets: tuple[str, ...] = ("web",)
    """Where all reports go: `web`, `slack`, `email`, `terminal`, names of `[apprise.NAME]` sections."""
    workers: Annotated[int, msgspec.Meta(ge=1)] = 2
    """Analyses that run side by side."""
    executor: ExecutorSettings = ExecutorSettings()
    analyses: AnalysesSettings = AnalysesSettings()
    data: dict[str, DataSource] = {}
    """Where light curves of instruments are: a section `[data.KEY]` for each."""
    archives: ArchivesSettings = ArchivesSettings()
    assumptions: assumptions.AssumptionsSettings = assumptions.AssumptionsSettings()
    regress: RegressSettings = RegressSettings()
    orbits: Path | None = None
    """Folder of two-line elements, `fermi.tle` say, by which `fov()` knows what the Earth hides."""

    @property
    def everybody(self) -> People:
        """Everybody in `people`. Raises ConfigurationError where something about them does not fit together."""
        return People(self.people, self.apprise)

    @property
    def means(self) -> Means:
        """What chat targets are opened with."""
        return Means(
            slack=self.slack,
            email=self.email,
            apprise=self.apprise,
            people=self.everybody,
            data_dir=self.data_dir,
            page_url=self.web.address,
        )

    @property
    def journal_url(self) -> str:
        """The journal's URL, SQLite in the data folder unless set."""
        return self.journal.url or f"sqlite:///{self.data_dir / 'nuncius.db'}"

    @property
    def rule_paths(self) -> list[Path]:
        """Where rules are read from: `rules`, else the shipped ones, then what was saved on the web page."""
        from reactors.rulebook import shipped  # here, because the language of rules takes a moment to load

        saved = self.web.rules_folder
        return [*(self.rules or [shipped()]), *([saved] if saved and saved.is_dir() else [])]

    @property
    def results_dir(self) -> Path:
        """Folder of results that are kept."""
        return self.data_dir / "results"

    @property
    def graph_dir(self) -> Path:
        """Folder of the graph store."""
        return self.data_dir / "graph"


def load(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `path` (default: NUNCIUS_CONFIG, else nuncius.toml here if there is one) and the environment.
    Raises ConfigurationError naming file, key, value and the nearest known key. From then on this process knows the
    analyses that `analyses.paths` describe, so that every command finds them."""
    named = path or (Path(environment["NUNCIUS_CONFIG"]) if environment.get("NUNCIUS_CONFIG") else None)
    file = named or Path("nuncius.toml")
    data: dict[str, Any] = {}
    if file.exists():
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file}: not TOML: {error}") from error
    elif named:
        raise ConfigurationError(f"no configuration file at {file}")
    for variable, keys in ENVIRONMENT.items():
        value = _variable(variable, environment)
        if value is not None and not (keys[0] in ONLY_BY_FILE and keys[0] not in data):
            _set(data, keys, value)
    for name in _places(data):
        value = _variable(variable_of(name), environment)
        if value is not None:
            _set(data, ("apprise", name, "url"), value)
    settings = _convert(data, file)
    if clash := sorted(set(settings.apprise) & set(KNOWN)):
        raise ConfigurationError(f"{file}: [apprise.{clash[0]}] takes the name of a target of ours; choose another one")
    _ = settings.everybody  # said at the start what is wrong with people, rather than when one is to be paged
    assumptions.use(settings.assumptions.paths)
    suppliers.use(settings.analyses.paths, settings.analyses.services)
    archives.use(settings.archives, settings.data_dir)
    return settings


def _variable(name: str, environment: Mapping[str, str]) -> str | None:
    if environment.get(name):
        return environment[name]
    if environment.get(f"{name}_FILE"):
        file = Path(environment[f"{name}_FILE"])
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
            raise ConfigurationError(f"{name}_FILE names {file}, which cannot be read: {why}") from error
    return None


def _places(data: dict[str, Any]) -> list[str]:
    """Names of the sections `[apprise.NAME]`."""
    found = data.get("apprise", {})
    return [name for name, section in found.items() if isinstance(section, dict)] if isinstance(found, dict) else []


def _set(data: dict[str, Any], keys: tuple[str, ...], value: str) -> None:
    for key in keys[:-1]:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            return  # the file says something else than a section there; `_convert` names it
    data[keys[-1]] = value


def _path(kind: type, value: Any) -> Any:
    """Paths are written as text; `~` is the home folder."""
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise ValueError(f"expected a path as text, received {value!r}")


def _convert(data: dict[str, Any], file: Path) -> Settings:
    try:
        return msgspec.convert(data, type=Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        text = str(error)
        hint = ""
        if "unknown field" in text:
            hint = did_you_mean(text.split("`")[1], _known(text))
        raise ConfigurationError(f"{file}: {text}{hint}") from error


def _known(complaint: str) -> list[str]:
    """The keys of the section that msgspec complains about, which it names as `$.kafka` at the end."""
    struct: Any = Settings
    for word in complaint.rpartition("`$")[2].strip("`").split(".")[1:] if "`$" in complaint else []:
        field = next((f for f in msgspec.structs.fields(struct) if f.encode_name == word), None)
        kinds = getattr(field.type, "__args__", (field.type,)) if field else ()
        struct = next((k for k in kinds if isinstance(k, type) and issubclass(k, msgspec.Struct)), struct)
    return [field.encode_name for field in msgspec.structs.fields(struct)]


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:•••@", url)
