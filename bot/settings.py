"""Reads nightschool.toml and the environment into one validated Settings object.

The environment wins over the file: SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_API_URL under
their usual names, everything else as NIGHTSCHOOL_SECTION__KEY (NIGHTSCHOOL_NIGHT__CRON).
"""

import os
import re
import tomllib
from datetime import UTC, datetime
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
from trainer.retrieval.decision import Untaught

SLACK_ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_API_URL": "api_url",
}
MEMBER = re.compile(r"[UW][A-Z0-9]+")
"""The form of a Slack user id."""
PREFIX = "NIGHTSCHOOL_"
NO_SETTINGS = ("NIGHTSCHOOL_HOME", "NIGHTSCHOOL_CACHE")
"""Variables with the prefix of settings that are none: they name the folders of home and cache."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _known_zone(name: str) -> str:
    """Returns the name of a time zone that is known, or an empty one; refuses any other."""
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called '{name}', say Europe/Berlin") from error
    return name


def _cron(expression: str) -> str:
    """Returns a cron expression that comes round and names its weekdays; refuses any other."""
    trigger = CronTrigger.from_crontab(expression)
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise ValueError("it never comes round: there is no such day")
    if any(character.isdigit() for character in expression.split()[4]):
        # APScheduler counts from Monday, cron from Sunday: a number would mean one or the other.
        raise ValueError("name the weekdays (mon-fri, sat), do not number them")
    return expression


def _loopback(host: str) -> str:
    """Returns a loopback address; refuses any other."""
    if host not in LOOPBACK:
        raise ValueError("only loopback addresses are allowed, say 127.0.0.1")
    return host


def _member(person: str) -> str:
    """Returns a Slack user id; refuses any other text."""
    if not MEMBER.fullmatch(person):
        raise ValueError(
            f"'{person}' is no member id, say U0123ABCD: in Slack, profile, ..., Copy member ID"
        )
    return person


def _target(name: str) -> str:
    """Returns the id of a channel or a person in Slack; refuses any other text."""
    if not re.fullmatch(r"[CGUW][A-Z0-9]+", name):
        raise ValueError(f"'{name}' is the id of no channel and of no member, say C0123ABCD")
    return name


def _region(name: str) -> str:
    """Returns the code of a country in capital letters; refuses any other text."""
    if not re.fullmatch(r"[A-Z]{2}", name):
        raise ValueError(f"'{name}' is no country's code of two capital letters, say DE")
    return name


Loopback = Annotated[str, AfterValidator(_loopback)]
Member = Annotated[str, AfterValidator(_member)]
Region = Annotated[str, AfterValidator(_region)]
Outsiders = Literal["silent", "answer", "member"]


class Section(BaseModel):
    """A table of nightschool.toml; unknown keys are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SlackSettings(Section):
    """The table `slack`: tokens, roles, and the channel of the morning report."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    api_url: str = "https://slack.com/api/"
    report_channel: str | None = None
    """A channel id (C...); no report is posted without it."""
    keep_version_minutes: int = Field(60, ge=0)
    """Minutes that a thread is quiet before another adapter version may answer in it."""
    admins: tuple[Member, ...] = ()
    """User ids (U...); more can be made by command."""
    teachers: tuple[Member, ...] = ()
    """User ids; their thumbs count where only those of teachers do. More can be made by command."""
    listen: bool = True
    """Whether the bot is switched on in a channel as soon as it is invited there."""
    outsiders: Outsiders = "answer"
    """What guests and people of other organisations may do: `silent`, they are not answered;
    `answer`, they are answered and may do nothing else; `member`, what members may."""
    blind_compare: bool = True
    """Whether /compare hides which answer is the tuned one until it is voted on."""


class EngineSettings(Section):
    """The table `engine`: the model server and how it generates."""

    host: Loopback = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
    """A TCP port; 0 takes a free one."""
    url: str | None = None
    """The address of an OpenAI-compatible server that answers instead of our own engine."""
    token: SecretStr | None = None
    """The bearer token of the model server; without one, our own engine draws one at each start."""
    max_tokens: int = Field(256, ge=1, le=8192)
    """Tokens that an answer has at most."""
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    """The temperature of sampling; 0 always takes the likeliest token."""


class ConsoleSettings(Section):
    """The table `console`: the web page."""

    enabled: bool = True
    host: Loopback = "127.0.0.1"
    port: int = Field(3018, ge=0, le=65535)
    """A TCP port; 0 takes a free one."""


class NightSettings(Section):
    """The table `night`: when nights begin, and on which processes they train."""

    enabled: bool = True
    """Whether nights begin by themselves."""
    cron: Annotated[str, AfterValidator(_cron)] = "0 2 * * *"
    """The times at which nights begin: minute, hour, day, month, weekday by name."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    """An IANA name; empty stands for the time zone of this machine."""
    hours: float = Field(4.0, ge=0.1, le=24.0)
    """Hours that a training takes at most, its exam included."""
    go_back: bool = True
    """Whether the bot rolls back by itself when votes and thumbs turn against a new adapter."""
    battery: int = Field(LOW_BATTERY, ge=0, le=100)
    """Percent of the battery below which no night begins unless plugged in; 0 never refuses."""
    checkpoint_seconds: float = Field(60.0, ge=0)
    """Seconds of training that may be lost when a run is cut off; more where weights are large."""
    workers: int = Field(1, ge=1)
    """The number of processes on this machine that train together."""
    hosts: str = ""
    """The path of mlx's host file, relative to the home folder; its machines train together."""


class AnswerSettings(Section):
    """How questions find their lessons."""

    embedder: str = "bundled"
    """The encoder of sentences: `bundled`, a folder in sentence-transformers' layout, a hub name,
    or empty for none."""
    untaught: Untaught = "decline"
    """What is done with a question that no lesson answers: `decline` what is the team's own matter
    and let the base model answer the rest, marked; `mark`: the base model answers all, marked;
    `adapter`: the newest adapter does; `silent`: as `decline`, without a word."""


class ExampleSettings(Section):
    """The table `examples`: limits of what may be taught, in characters, and how it is used."""

    max_prompt_length: int = Field(4096, ge=1)
    max_completion_length: int = Field(4096, ge=1)
    sensitive: Literal["redact", "quarantine", "refuse"] = "redact"
    """The treatment of a lesson with secrets or personal data in it."""
    allowed: tuple[FindingKind, ...] = ()
    """Kinds of findings that are not sensitive here, say phone numbers in a shop."""
    recall: Literal["off", "quote", "prompt"] = "quote"
    """How lessons are used besides training: told or quoted, put into the prompt, or not at all."""
    approval: Literal["automatic", "review", "by_size"] = "by_size"
    """Whether what members teach is approved at once, or only what teachers do; `by_size` changes
    from the one to the other for good once more than ten people have asked. The console and the
    terminal are never reviewed."""
    phone_regions: tuple[Region, ...] = ()
    """The countries whose telephone numbers are recognised without their prefix; none stands for
    that of this machine's locale, the USA, Great Britain, Germany and France."""


class ExpertSettings(Section):
    """One table of the list `asking.experts`."""

    to: Annotated[str, AfterValidator(_target)]
    """The id of a channel (C...) or of a person (U...)."""
    about: str = Field(min_length=1, max_length=300)
    """The topics, separated by commas; `*` for whatever nobody else knows."""


class AskingSettings(Section):
    """The table `asking`: who is asked what nobody has taught yet."""

    experts: tuple[ExpertSettings, ...] = Field((), max_length=100)
    """Who knows about what; more can be set up by command."""
    per_day: int = Field(3, ge=1, le=100)
    """The questions that one person or channel is asked within 24 hours at most."""


def _emoji(name: str) -> str:
    """Returns the name of an emoji without colons; refuses what cannot be one."""
    bare = name.strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+", bare):
        raise ValueError("write an emoji by its name, say tada")
    return bare


Emoji = Annotated[str, AfterValidator(_emoji)]


class FeedbackSettings(Section):
    """The table `feedback`: emoji that are thumbs (without skin tones), and whose thumbs count."""

    up: tuple[Emoji, ...] = ("+1", "thumbsup")
    down: tuple[Emoji, ...] = ("-1", "thumbsdown")
    teach: Emoji = "mortar_board"
    """The emoji on a person's message for which the bot offers to teach it."""
    thumbs: Literal["anyone", "asker", "teachers"] | Annotated[int, Field(ge=1)] = "anyone"
    """The people whose thumbs count; a number means anyone, and so many more up than down."""

    @model_validator(mode="after")
    def _each_means_one_thing(self) -> Self:
        names = [*set(self.up), *set(self.down), self.teach]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the emoji {twice} cannot mean two things")
        return self


class LessonSettings(Section):
    """The table `lessons`: when owners are asked whether their lessons still hold."""

    review_days: int | None = Field(None, ge=1, le=3650)
    """Days after which a lesson is due to be confirmed, where it has no interval of its own; none
    by default."""


class ExportSchedule(Section):
    """The table `export`: scheduled exports to data/exports, besides those of nights."""

    enabled: bool = False
    cron: Annotated[str, AfterValidator(_cron)] = "0 1 * * *"
    """The times of the exports, in the time zone of `night`."""
    keep: int = Field(14, ge=1)
    """The number of scheduled exports that are kept."""


class ReplySettings(Section):
    """The table `replies`: how long old answers keep their words."""

    keep_days: int | None = Field(None, ge=30)
    """Days after which an answer loses its words and its place; without a number it keeps them."""


class DigestSettings(Section):
    """The table `digest`: the weekly digest of gaps, requests, due lessons and figures."""

    enabled: bool = False
    cron: Annotated[str, AfterValidator(_cron)] = "0 9 * * mon"
    """The time of the digest, in the time zone of `night`; there is at most one in a week."""
    channel: str | None = None
    """The channel (C...) that gets it; without one, each teacher and admin gets it directly."""


class Settings(BaseSettings):
    """All settings of a bot; `load_settings` reads them once at the start of a command."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
    )

    model: str = "starter"
    """`starter`, a folder in mlx-lm's layout, or a hub name."""
    system_prompt: str = ""
    """The system message of every conversation, in training and in answering; empty is none."""
    slack: SlackSettings = SlackSettings()
    engine: EngineSettings = EngineSettings()
    console: ConsoleSettings = ConsoleSettings()
    night: NightSettings = NightSettings()
    answers: AnswerSettings = AnswerSettings()
    examples: ExampleSettings = ExampleSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    lessons: LessonSettings = LessonSettings()
    export: ExportSchedule = ExportSchedule()
    replies: ReplySettings = ReplySettings()
    digest: DigestSettings = DigestSettings()
    asking: AskingSettings = AskingSettings()
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
        """Lets the environment win over what was read from the file (the initial values)."""
        return env_settings, init_settings

    def with_changes(self, **changes: Any) -> Self:
        """Returns a copy with other top-level values."""
        return self.model_copy(update=changes)


def load_settings(home: Home) -> Settings:
    """Reads the nightschool.toml of a home, if there is one, and the environment.

    Raises:
        SettingsError: the file cannot be read, or a key or a value is not right; the text names it,
            and its file or variable.
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
    """Refuses misspelt variables, which pydantic would ignore.

    Raises:
        SettingsError: a variable with our prefix names no setting.
    """
    for variable in _variables():
        name = variable.upper().removeprefix(PREFIX).partition("__")[0].lower()
        if variable.upper() not in NO_SETTINGS and name not in Settings.model_fields:
            raise SettingsError(
                f"{variable}: there is no setting '{name}'; docs/settings.md lists them all"
            )


def _variables(path: str = "") -> list[str]:
    """Returns the environment's variables for a key and what is under it, `NIGHT__CRON` say."""
    start = PREFIX + path
    return sorted(
        variable
        for variable in os.environ
        if variable.upper() == start or variable.upper().startswith(f"{start}__" if path else start)
    )


def _read_toml(path: Path) -> dict[str, Any]:
    """Returns the tables of a TOML file; a missing file has none.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise SettingsError(f"{path} cannot be read as TOML: it is no file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error


def _sentence(error: ValidationError, path: Path) -> str:
    """Returns the first of pydantic's errors as a sentence that names key, and file or variable."""
    first = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "settings"
    where = _variable_of(key) or path
    if first["type"] == "extra_forbidden":
        return f"{where}: there is no setting '{key}'; docs/settings.md lists them all"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: '{key}' is not right: {message}"


def _variable_of(key: str) -> str | None:
    """Returns the variable that the value of a key comes from; None where it is in the file."""
    for variable, name in SLACK_ENVIRONMENT.items():
        if key == f"slack.{name}" and os.environ.get(variable):
            return variable
    variables = _variables(key.replace(".", "__").upper())
    return variables[0] if variables else None
