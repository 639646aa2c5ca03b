"""nightschool.toml and the environment become one validated Settings object.

The environment wins over the file: SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_API_URL under
their usual names, everything else as NIGHTSCHOOL_SECTION__KEY (NIGHTSCHOOL_NIGHT__CRON).
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as SourceError,
)

from bot.errors import SettingsError
from bot.home import Home
from bot.redaction import FindingKind
from trainer.planning.preflight import LOW_BATTERY
from trainer.planning.settings import TrainingSettings

SLACK_ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_API_URL": "api_url",
}
MEMBER = re.compile(r"[UW][A-Z0-9]+")
"""What a user id of Slack's looks like."""
PREFIX = "NIGHTSCHOOL_"
NO_SETTINGS = ("NIGHTSCHOOL_HOME", "NIGHTSCHOOL_CACHE")
"""Variables with the prefix of the settings that say where things are kept."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _known_zone(name: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called '{name}', say Europe/Berlin") from error
    return name


def _cron(expression: str) -> str:
    CronTrigger.from_crontab(expression)
    if any(character.isdigit() for character in expression.split()[4]):
        # APScheduler counts from Monday, cron from Sunday: a number would mean one or the other.
        raise ValueError("name the weekdays (mon-fri, sat), do not number them")
    return expression


def _loopback(host: str) -> str:
    if host not in LOOPBACK:
        raise ValueError("only loopback addresses are allowed, say 127.0.0.1")
    return host


def _member(person: str) -> str:
    if not MEMBER.fullmatch(person):
        raise ValueError(
            f"'{person}' is no member id, say U0123ABCD: in Slack, profile, ..., Copy member ID"
        )
    return person


Loopback = Annotated[str, AfterValidator(_loopback)]
Member = Annotated[str, AfterValidator(_member)]


class Section(BaseModel):
    """A table of nightschool.toml; unknown keys are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SlackSettings(Section):
    """How to reach Slack, who has a role from the start, and where the morning report goes."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    api_url: str = "https://slack.com/api/"
    report_channel: str | None = None
    """A channel id (C...); no report is posted without it."""
    keep_version_minutes: int = Field(60, ge=0)
    """Minutes that a thread must be quiet before another adapter version answers in it; 0: none."""
    admins: tuple[Member, ...] = ()
    """User ids (U...); more can be made by command."""
    teachers: tuple[Member, ...] = ()
    """User ids; their thumbs count where only teachers' do. More can be made by command."""
    listen: bool = True
    """Whether the bot is switched on in a channel as soon as it is invited there."""
    blind_compare: bool = True
    """/compare does not say which answer is the tuned one until it is voted on."""


class EngineSettings(Section):
    """The model server."""

    host: Loopback = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
    """0 takes a free one."""
    url: str | None = None
    """An OpenAI-compatible server to answer instead of our own engine."""
    token: SecretStr | None = None
    max_tokens: int = Field(256, ge=1, le=8192)
    temperature: float = Field(0.0, ge=0.0, le=2.0)


class ConsoleSettings(Section):
    """The web page."""

    enabled: bool = True
    host: Loopback = "127.0.0.1"
    port: int = Field(3018, ge=0, le=65535)


class NightSettings(Section):
    """When the adapter is trained, and under which conditions."""

    enabled: bool = True
    cron: Annotated[str, AfterValidator(_cron)] = "0 2 * * *"
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    """An IANA name; empty is this machine's own."""
    go_back: bool = True
    """Go back by itself when votes and thumbs turn against a new adapter."""
    battery: int = Field(LOW_BATTERY, ge=0, le=100)
    """Percent below which no night begins without the mains; 0 never refuses."""
    checkpoint_seconds: float = Field(60.0, ge=0)
    """Seconds of a run that may be lost when it is cut off; more where checkpoints are large."""
    workers: int = Field(1, ge=1)
    """Processes on this machine that train together."""
    hosts: str = ""
    """mlx's host file, from the home folder: machines that train together."""


class ExampleSettings(Section):
    """What may be taught. Lengths in characters."""

    max_prompt_length: int = Field(4096, ge=1)
    max_completion_length: int = Field(4096, ge=1)
    sensitive: Literal["redact", "quarantine", "refuse"] = "redact"
    """What happens to a lesson with secrets or personal data in it."""
    allowed: tuple[FindingKind, ...] = ()
    """Kinds that are not taken for sensitive, say a shop's own phone number."""
    recall: Literal["off", "quote", "prompt"] = "quote"
    """What is taught counts before the night: quoted, or given to the model beforehand."""
    approval: Literal["automatic", "review"] = "automatic"
    """What members teach is approved at once; with `review`, only what teachers teach is."""


def _emoji(name: str) -> str:
    bare = name.strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+", bare):
        raise ValueError("write an emoji by its name, say tada")
    return bare


Emoji = Annotated[str, AfterValidator(_emoji)]


class FeedbackSettings(Section):
    """Thumbs on answers: which emoji they are, and whose count. Emoji without skin tones."""

    up: tuple[Emoji, ...] = ("+1", "thumbsup")
    down: tuple[Emoji, ...] = ("-1", "thumbsdown")
    teach: Emoji = "mortar_board"
    """On the words of a person: offers to teach them."""
    thumbs: Literal["anyone", "asker", "teachers"] | Annotated[int, Field(ge=1)] = "anyone"
    """Whose thumbs count. With a number, anyone's do, and an answer needs so many more for than
    against it."""

    @model_validator(mode="after")
    def _each_means_one_thing(self) -> Self:
        names = [*set(self.up), *set(self.down), self.teach]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the emoji {twice} cannot mean two things")
        return self


class ExportSchedule(Section):
    """A copy of the training set in data/exports, besides the one of every night."""

    enabled: bool = False
    cron: Annotated[str, AfterValidator(_cron)] = "0 1 * * *"
    """In the time zone of `night`."""
    keep: int = Field(14, ge=1)
    """Copies that are kept, the newest ones."""


class Settings(BaseSettings):
    """Everything that can be set; read once at the start of a command."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
    )

    model: str = "starter"
    """`starter`, a folder in mlx-lm's layout, or a hub name."""
    system_prompt: str = ""
    slack: SlackSettings = SlackSettings()
    engine: EngineSettings = EngineSettings()
    console: ConsoleSettings = ConsoleSettings()
    night: NightSettings = NightSettings()
    examples: ExampleSettings = ExampleSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    export: ExportSchedule = ExportSchedule()
    training: TrainingSettings = TrainingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what was read from the file (the initial values)."""
        return env_settings, init_settings

    def with_changes(self, **changes: Any) -> Self:
        """Returns a copy with other top-level values, which are not validated again."""
        return self.model_copy(update=changes)


def load_settings(home: Home) -> Settings:
    """Reads `home`'s nightschool.toml, if there is one, and the environment.

    Raises:
        SettingsError: names the file or variable, the key, and what is wrong with it.
    """
    values = _read_toml(home.config)
    slack = values.setdefault("slack", {})
    for variable, key in SLACK_ENVIRONMENT.items():
        if (value := os.environ.get(variable)) and isinstance(slack, dict):
            slack[key] = value
    _refuse_unknown_variables()
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_sentence(error, home.config)) from error
    except SourceError as error:
        key = next((k for k in Settings.model_fields if f'"{k}"' in str(error)), "")
        variables = ", ".join(_variables(key.upper())) or f"{PREFIX}..."
        raise SettingsError(
            f"{variables}: a list or table must be written as JSON, "
            """say ["e-mail", "phone number"]"""
        ) from error


def _refuse_unknown_variables() -> None:
    """Refuses a misspelt variable, which would otherwise be passed over in silence.

    Raises:
        SettingsError: names the variable.
    """
    for variable in _variables():
        name = variable.upper().removeprefix(PREFIX).partition("__")[0].lower()
        if variable.upper() not in NO_SETTINGS and name not in Settings.model_fields:
            raise SettingsError(
                f"{variable}: there is no setting '{name}'; docs/settings.md lists them all"
            )


def _variables(path: str = "") -> list[str]:
    """Returns the variables of the environment that set something at or under a path, sorted."""
    start = PREFIX + path
    return sorted(
        variable
        for variable in os.environ
        if variable.upper() == start or variable.upper().startswith(f"{start}__" if path else start)
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error


def _sentence(error: ValidationError, path: Path) -> str:
    """Returns pydantic's first complaint with its key as in the file, and where it came from."""
    first = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "settings"
    where = _variable_of(key) or path
    if first["type"] == "extra_forbidden":
        return f"{where}: there is no setting '{key}'; docs/settings.md lists them all"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: '{key}' is not right: {message}"


def _variable_of(key: str) -> str | None:
    """Returns the variable that a value came from, None where it stands in the file."""
    for variable, name in SLACK_ENVIRONMENT.items():
        if key == f"slack.{name}" and os.environ.get(variable):
            return variable
    return next(iter(_variables(key.replace(".", "__").upper())), None)
