"""Settings: one validated object, and a clear word about what is wrong."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.errors import SettingsError
from bot.home import Home
from bot.settings import load_settings


def test_everything_has_a_default(home: Home) -> None:
    settings = load_settings(home)
    assert settings.model == "starter"
    assert settings.console.port == 3018
    assert settings.examples.max_prompt_length == 4096
    assert settings.slack.bot_token is None
    assert settings.slack.outsiders == "answer"
    assert settings.examples.approval == "by_size"
    assert settings.examples.phone_regions == ()


def test_a_leap_day_comes_round(home: Home) -> None:
    home.config.write_text('[night]\ncron = "0 2 29 2 *"\n')
    assert load_settings(home).night.cron == "0 2 29 2 *"


def test_the_file_is_read(home: Home) -> None:
    home.config.write_text('model = "some/model"\n[night]\ncron = "30 1 * * mon-fri"\n')
    settings = load_settings(home)
    assert settings.model == "some/model"
    assert settings.night.cron == "30 1 * * mon-fri"


def test_the_environment_wins_over_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.config.write_text('model = "from-file"\n[night]\ntimezone = "Europe/Berlin"\n')
    monkeypatch.setenv("NIGHTSCHOOL_MODEL", "from-environment")
    monkeypatch.setenv("NIGHTSCHOOL_NIGHT__CRON", "5 4 * * *")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    settings = load_settings(home)
    assert settings.model == "from-environment"
    assert settings.night.cron == "5 4 * * *"
    assert settings.night.timezone == "Europe/Berlin"
    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.get_secret_value() == "xoxb-secret"


def test_a_token_does_not_show_in_the_printed_settings(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    assert "xoxb-secret" not in repr(load_settings(home))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("modle = 'x'", "modle"),
        ("[night]\ncrn = '0 2 * * *'", "night.crn"),
        ("[night]\ncron = 'every day'", "night.cron"),
        ("[night]\ncron = '0 2 * * 1'", "night.cron"),
        ("[night]\ntimezone = 'Mars/Olympus'", "Mars/Olympus"),
        ("[console]\nport = 99999", "console.port"),
        ("[console]\nhost = '0.0.0.0'", "loopback"),
        ("[training]\nrank = 0", "training.rank"),
        ("slack = 3", "slack"),
        ("[feedback]\nup = ['thumbs up']", "feedback.up"),
        ("[feedback]\ndown = ['+1']", "two things"),
        ("[feedback]\nteach = '-1'", "two things"),
        ("[feedback]\nthumbs = 'nobody'", "feedback.thumbs"),
        ("[feedback]\nthumbs = 0", "feedback.thumbs"),
        ("model = ", "TOML"),
        ("[slack]\nadmins = ['U7x']", "no member id"),
        ("[night]\ncron = '0 2 * 1 0'", "name the weekdays"),
        ("[night]\ncron = '0 2 30 2 *'", "night.cron.*never comes round"),
        ("[export]\ncron = '0 2 31 4 *'", "export.cron.*never comes round"),
        ("[slack]\noutsiders = 'guests'", "slack.outsiders"),
        ("[examples]\napproval = 'size'", "examples.approval"),
        ("[examples]\nphone_regions = ['Germany']", "examples.phone_regions.*say DE"),
        ("[examples]\nphone_regions = ['de']", "examples.phone_regions.*say DE"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_name(home: Home, text: str, named: str) -> None:
    home.config.write_text(text)
    with pytest.raises(SettingsError, match=named) as caught:
        load_settings(home)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_settings_that_are_no_file_are_refused_at_once(
    home: Home, make: Callable[[Path], None]
) -> None:
    make(home.config)
    with pytest.raises(SettingsError, match="cannot be read as TOML: it is no file"):
        load_settings(home)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NIGHTSCHOOL_MODLE", "x"),
        ("NIGHTSCHOOL_CONSOLE__PROT", "1"),
        ("NIGHTSCHOOL_CONSOLE__PORT", "x"),
        ("NIGHTSCHOOL_EXAMPLES__ALLOWED", "e-mail"),
        ("NIGHTSCHOOL_EXAMPLES", "{"),
        ("NIGHTSCHOOL_NIGHT__CRON", "every day"),
    ],
)
def test_what_is_wrong_in_the_environment_is_refused_with_the_variables_name(
    home: Home, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings(home)
    assert "\n" not in str(caught.value)


def test_a_list_in_the_environment_is_json(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTSCHOOL_EXAMPLES__ALLOWED", '["e-mail"]')
    assert load_settings(home).examples.allowed == ("e-mail",)


def test_a_wrong_secret_is_not_repeated(home: Home) -> None:
    home.config.write_text("[slack]\nbot_tokn = 'xoxb-secret'")
    with pytest.raises(SettingsError) as caught:
        load_settings(home)
    assert "xoxb-secret" not in str(caught.value)


def test_thumbs_may_be_other_emoji_and_several_peoples(home: Home) -> None:
    home.config.write_text("[feedback]\nup = [':tada:', '+1']\nthumbs = 3\n")
    feedback = load_settings(home).feedback
    assert (feedback.up, feedback.down) == (("tada", "+1"), ("-1", "thumbsdown"))
    assert feedback.thumbs == 3


def test_teachers_may_be_named_in_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTSCHOOL_FEEDBACK__THUMBS", "teachers")
    monkeypatch.setenv("NIGHTSCHOOL_SLACK__TEACHERS", '["U7"]')
    settings = load_settings(home)
    assert (settings.feedback.thumbs, settings.slack.teachers) == ("teachers", ("U7",))


@pytest.mark.parametrize("hours", [0.05, 25, "nan"])
def test_a_night_takes_a_tenth_of_an_hour_at_least_and_a_day_at_most(
    home: Home, hours: float | str
) -> None:
    home.config.write_text(f"[night]\nhours = {hours}\n")
    with pytest.raises(SettingsError, match=r"night\.hours"):
        load_settings(home)


PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


OPEN = {"preferences"}
"""Keys that are automatic by default, and written as what that comes to."""
SAMPLES = {"report_channel", "admins", "teachers", "timezone"}
"""Keys whose value on the page is a sample: there is none by default."""


def test_the_page_of_settings_is_a_valid_file_of_every_key_with_its_default(
    home: Home, tmp_path: Path
) -> None:
    """Tokens are left out on purpose: they belong in the environment."""
    page = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    home.config.write_text(page, encoding="utf-8")
    shown, automatic = load_settings(home), load_settings(Home(tmp_path / "elsewhere"))
    parts = dict(re.findall(r"^\[(\w+)\](.*?)(?=^\[|\Z)", page, re.MULTILINE | re.DOTALL))
    missing, other = [], []
    for section, value in automatic:
        if not isinstance(value, BaseModel):
            continue
        for key in set(type(value).model_fields) - {"bot_token", "app_token", "api_url"}:
            if not re.search(rf"\b{key}\b", parts[section]):
                missing.append(f"{section}.{key}")
            if key not in SAMPLES | OPEN and getattr(getattr(shown, section), key) != getattr(
                value, key
            ):
                other.append(f"{section}.{key}")
    assert (missing, other) == ([], [])


def test_an_emoji_may_be_named_twice_and_mean_the_same(home: Home) -> None:
    home.config.write_text("[feedback]\nup = ['+1', ':+1:']\n")
    assert load_settings(home).feedback.up == ("+1", "+1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_every_name_of_this_machine_is_a_loopback_address(home: Home, host: str) -> None:
    home.config.write_text(f"[console]\nhost = '{host}'\n")
    assert load_settings(home).console.host == host


def test_months_may_be_numbered_and_weekdays_named(home: Home) -> None:
    home.config.write_text("[night]\ncron = '0 2 * 1 mon'\n")
    assert load_settings(home).night.cron == "0 2 * 1 mon"


def test_where_things_are_kept_is_no_setting(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(tmp_path))
    assert load_settings(home).model == "starter"


def test_a_table_that_is_none_is_refused_also_where_a_variable_is_for_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_API_URL", "https://slack.example/")
    home.config.write_text("slack = 3\n")
    with pytest.raises(SettingsError, match="'slack' is not right"):
        load_settings(home)


def test_a_variable_is_not_blamed_for_the_key_of_the_file_whose_name_begins_alike(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTSCHOOL_NIGHT__CRON", "0 1 * * *")
    home.config.write_text("[night]\ncro = 'x'\n")
    with pytest.raises(SettingsError, match=r"nightschool\.toml: there is no setting 'night\.cro'"):
        load_settings(home)
