"""What the bot brings, in Slack: the command, the Home tab, the morning report and the digest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.feedback.benefits.digest import plan_digest
from bot.feedback.gaps.finder import GapFinder
from bot.settings import DigestSettings, Settings
from bot.slack.benefits.digest_sender import DigestSender
from bot.slack.benefits.morning import with_week
from bot.slack.messages.posting import MessageContent
from bot.store.examples.scope import Audience
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, GENERAL, PRIVATE, texts_in

ALARM = "Where is &lt;!channel&gt; &amp; the printer?"
"""As Slack sends what somebody typed who would ring everybody."""


def home_text(direct: Direct, user: str) -> str:
    direct.dispatch(direct.body({"type": "app_home_opened", "user": user, "tab": "home"}))
    return "\n".join(texts_in(direct.workspace.homes[user]["blocks"]))


def now() -> datetime:
    return datetime.now(UTC)


def find_gaps(direct: Direct, settings: Settings) -> None:
    GapFinder(direct.store, None, settings).look()


def morning(direct: Direct, settings: Settings, channel: str = GENERAL) -> MessageContent:
    report = MessageContent("School report")
    return with_week(report, direct.store, settings, Audience(channel=channel), now())


def test_the_report_says_a_week_beside_the_week_before(drive: Drive) -> None:
    direct = drive()
    direct.ask("Where is the printer?", user=ANNA)
    told = "\n".join(texts_in(direct.command("report", user=BEN).blocks))
    assert "• Questions: *1* (0)" in told
    assert "• People who asked: *1* (0)" in told


def test_the_home_tab_tells_ones_own_week_to_oneself_alone(drive: Drive) -> None:
    direct = drive()
    assert "What I brought" not in home_text(direct, ANNA)
    direct.ask("Where is the printer?", user=ANNA)
    direct.ask("Where is the garden?", user=ANNA)
    assert "You, in these seven days: 2 questions, 0 lessons." in home_text(direct, ANNA)
    assert "You, in these seven days: 0 questions, 0 lessons." in home_text(direct, BEN)


def test_the_morning_report_has_the_greatest_gaps_with_buttons(
    drive: Drive, settings: Settings
) -> None:
    direct = drive()
    for user in (ANNA, BEN):
        direct.ask(ALARM, user=user)
    for number in "abcdef":
        direct.ask(f"{number * 4} {number * 5}?", user=ANNA)
    find_gaps(direct, settings)
    content = morning(direct, settings)
    blocks = [block.to_dict() for block in content.blocks]
    gaps = [one["text"]["text"] for one in blocks if one["type"] == "section"][2:]
    assert len(gaps) == 5
    assert gaps[0].startswith("Where is &lt;!channel&gt; &amp; the printer?")
    assert gaps[0].endswith("(asked 2 times by 2 people)")
    assert "<!channel>" not in content.text
    buttons = [one for one in blocks if one["type"] == "actions"]
    assert {button["action_id"] for one in buttons for button in one["elements"]} == {"gaps:teach"}


def test_a_quiet_house_has_a_report_without_more(drive: Drive, settings: Settings) -> None:
    assert morning(drive(), settings) == MessageContent("School report")


def sender(direct: Direct, settings: Settings) -> DigestSender:
    return DigestSender(direct.store, settings, direct.client, now)


def digests(direct: Direct) -> list[Any]:
    return [one for one in direct.workspace.messages if one.text.startswith("The week at school")]


def test_a_digest_is_sent_once_also_after_an_outage(
    drive: Drive, settings: Settings, monkeypatch: Any
) -> None:
    direct = drive(teachers=(BEN,))
    slack = settings.slack.model_copy(update={"teachers": (BEN,)})
    school = settings.model_copy(update={"slack": slack})
    direct.ask("Where is the printer?")
    find_gaps(direct, school)
    plan_digest(direct.store, school, now())
    with monkeypatch.context() as outage:
        outage.setattr(direct.client, "chat_postMessage", away)
        sender(direct, school).deliver()
    assert digests(direct) == []
    sender(direct, school).deliver()
    sender(direct, school).deliver()
    (digest,) = digests(direct)
    told = "\n".join(texts_in(digest.blocks))
    assert "Where is the printer? (asked once by 1 person)" in told
    assert direct.workspace.channel(digest.channel).kind == "im"


def away(**_: object) -> None:
    raise OSError("Slack is away")


def test_whoever_is_no_teacher_any_more_gets_no_digest(drive: Drive, settings: Settings) -> None:
    direct = drive()
    slack = settings.slack.model_copy(update={"teachers": (BEN,)})
    direct.ask("Where is the printer?")
    plan_digest(direct.store, settings.model_copy(update={"slack": slack}), now())
    sender(direct, settings).deliver()
    assert digests(direct) == []
    assert direct.store.digests.unsent(5) == []


def test_a_digest_that_slack_refuses_is_not_tried_for_ever(
    drive: Drive, settings: Settings, monkeypatch: Any
) -> None:
    direct = drive()
    slack = settings.slack.model_copy(update={"teachers": (BEN,)})
    school = settings.model_copy(update={"slack": slack})
    direct.ask("Where is the printer?")
    plan_digest(direct.store, school, now())

    def refused(**_: object) -> None:
        raise SlackApiError("refused", {"ok": False, "error": "user_disabled"})  # type: ignore[no-untyped-call]  # its library is untyped

    monkeypatch.setattr(direct.client, "chat_postMessage", refused)
    sender(direct, school).deliver()
    assert direct.store.digests.unsent(5) == []


def test_a_digest_has_no_words_of_a_place_that_its_reader_is_not_in(
    drive: Drive, settings: Settings
) -> None:
    direct = drive(teachers=(BEN,))
    direct.ask("Who is to be dismissed?", channel=PRIVATE)
    direct.ask("Where is the printer?")
    find_gaps(direct, settings)
    slack = settings.slack.model_copy(update={"teachers": (BEN,)})
    school = settings.model_copy(update={"slack": slack})
    for number, channel in enumerate(("", PRIVATE)):
        to = school.model_copy(update={"digest": DigestSettings(channel=channel)})
        plan_digest(direct.store, to, now() + timedelta(days=7 * number))
        sender(direct, to).deliver()
        told = "\n".join(texts_in(digests(direct)[-1].blocks))
        assert "Where is the printer?" in told
        assert ("dismissed" in told) is bool(channel)
