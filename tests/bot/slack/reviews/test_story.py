"""An owner is asked about due lessons, through a server that speaks as Slack does."""

import json
from pathlib import Path

import pytest

from bot.lessons.exporting import export_approved
from bot.settings import LessonSettings, Settings
from tests.bot.slack.conftest import School
from tests.bot.slack.reviews.steps import DAYS, age
from tests.slack_server.workspace import ANNA, BEN, BOT


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=DAYS))


def test_a_due_lesson_is_confirmed_another_retired_and_gone_from_the_next_adapter(
    school: School, settings: Settings, tmp_path: Path
) -> None:
    slack = school.slack
    for lesson in ("Who bakes? => Noor does.", "Where is the key? => In the drawer."):
        slack.send_command("/teach", lesson, user=BEN)
    slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight", count=2)
    age(school.store, DAYS + 1)
    school.parts.rounds.soon()
    own = slack.workspace.direct(BEN).id
    asked = slack.wait_for_message(channel=own, contains="Are these lessons still true?")
    assert "not confirmed since" in asked.everything

    confirmed = slack.press(asked, "Still true", user=BEN)
    slack.wait_until(
        lambda: ":white_check_mark: still true" in asked.everything, "it is not confirmed"
    )
    slack.send(confirmed)
    slack.press(asked, "Retire", user=BEN)
    slack.wait_until(lambda: "nothing waits here any more" in asked.everything, "not retired")
    school.quiet()
    assert len(slack.bot_messages(channel=own, contains=":calendar:")) == 1
    whys = [change.why for change in school.store.examples.history(1)]
    assert whys.count("still true") == 1, "the click came twice"

    export_approved(school.store, settings, tmp_path / "export")
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text(encoding="utf-8"))
    assert [*manifest["train"], *manifest["held_out"]] == [1]
    told = slack.wait_for_answer(slack.send_message(f"<@{BOT}> Who bakes?", user=ANNA).ts, "Noor")
    assert "not confirmed" not in told.everything
