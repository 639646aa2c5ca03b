"""/nightschool why: the lessons behind an answer."""

import pytest

from bot.answers.questions import DECLINED, QUOTED
from bot.home import Home
from bot.lessons.curation import Curation
from bot.messages import Completion, Message
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from bot.store.places import PlaceKind
from bot.store.replies import Origin
from tests.bot.slack.admin.steps import add_version, ask
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, PRIVATE
from trainer.retrieval.decision import Source


def test_why_names_the_nearest_lessons_and_the_lineage(school: School, home: Home) -> None:
    taught = (
        Curation(school.store, school.service._settings)
        .teach("Where is the printer?", "In the hall.", BEN)
        .id
    )
    assert taught is not None
    add_version(home, taught)
    add_version(home, taught)
    school.engine.adapter = "v0002"
    asked = school.slack.send_mention("Where is the old printer?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    link = f"https://school.slack.com/archives/{GENERAL}/p{answer.ts.replace('.', '')}"
    told = ask(school, f"why <{link}>", "v0002", user=BEN).everything
    assert "learned: *1* Where is the printer? → In the hall." in told
    assert "base → v0001 → v0002" in told
    assert "You asked" not in told
    assert "You asked: “Where is the old printer?”" in ask(school, "why", "v0002").everything


def test_why_refuses_what_is_no_answer_or_private(school: School) -> None:
    ask(school, "why", "not answered you here")
    ask(school, "why that thing", "Copy link")
    human = school.slack.send_message("What a day")
    link = f"https://school.slack.com/archives/{GENERAL}/p{human.ts.replace('.', '')}"
    ask(school, f"why {link}", "no answer of mine")
    asked = school.slack.send_direct("What is mine?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    link = f"https://school.slack.com/archives/{answer.channel}/p{answer.ts.replace('.', '')}"
    ask(school, f"why {link}", "in private", user=BEN)
    ask(school, f"why {link}", "You asked")


def answer(
    direct: Direct,
    question: str,
    model: str = "base",
    *recalled: int,
    basis: Source | None = None,
) -> None:
    """An answer to Anna, as it is kept."""
    direct.store.replies.add(
        Completion("In the hall.", model, None, 1, 1, 0.1, "stop"),
        [Message("user", question)],
        source="slack",
        channel=GENERAL,
        thread="1.0",
        person=ANNA,
        origin=Origin(recalled, basis, 0.875 if basis else None),
    )


def teach(direct: Direct, prompt: str, status: str = "approved") -> int:
    new = NewExample(prompt, "In the hall.", "teach", BEN, status=status)
    return direct.store.examples.add(new).id


def test_why_says_which_lesson_the_model_had_before_it(drive: Drive) -> None:
    direct = drive()
    had = teach(direct, "Where is the printer?")
    other = teach(direct, "Where is the old printer?")
    answer(direct, "Where is the printer now?", "base", had)
    said = direct.command("why").everything
    assert f"I had it before me: *{had}*" in said
    assert f"not learned by then: *{other}*" in said
    assert "There is no adapter behind it." in said


def test_why_says_that_no_model_wrote_what_was_repeated_word_for_word(drive: Drive) -> None:
    direct = drive()
    answer(direct, "Where is the printer?", QUOTED)
    assert "No model wrote that" in direct.command("why").text


def test_why_names_only_lessons_that_are_approved_and_near(drive: Drive) -> None:
    direct = drive()
    teach(direct, "Where is the printer?", "rejected")
    teach(direct, "Where is the printer, please?", "pending")
    teach(direct, "Who waters the plants?")
    answer(direct, "Where is the printer?")
    said = direct.command("why").everything
    assert "No lesson is near to the question." in said
    assert "printer" not in said.replace("You asked: “Where is the printer?”", "")


def test_versions_after_the_one_that_answered_are_not_in_its_lineage(drive: Drive) -> None:
    direct = drive()
    versions = [add_version(direct.home) for _ in range(3)]
    completion = Completion("Yes.", "base", versions[1], 1, 1, 0.1, "stop")
    direct.store.replies.add(
        completion, [Message("user", "Yes?")],
        source="slack", channel=GENERAL, thread="1.0", person=ANNA,
    )  # fmt: skip
    assert "Versions so far: base → v0001 → v0002." in direct.command("why").everything


def test_why_does_not_say_what_an_adapter_from_elsewhere_has_not_learned(drive: Drive) -> None:
    direct = drive()
    lesson = teach(direct, "Where is the printer?")
    version = add_version(direct.home, verdict="added", origin="PEFT")
    completion = Completion("In the hall.", "base", version, 1, 1, 0.1, "stop")
    direct.store.replies.add(
        completion, [Message("user", "Where is the printer?")],
        source="slack", channel=GENERAL, thread="1.0", person=ANNA,
    )  # fmt: skip
    said = direct.command("why").everything
    assert f"nobody can tell whether it was learned: *{lesson}*" in said
    assert f"{version} was added from elsewhere on 2026-11-20, for starter" in said


@pytest.mark.parametrize(
    ("basis", "model", "said"),
    [
        ("taught", QUOTED, "Somebody taught me that: I was 88% sure that it is the right lesson."),
        ("near", QUOTED, "Nobody taught me exactly that: I was 88% sure that the nearest lesson"),
        ("model", "base", "it is the model's own words, and 88% likely to be right"),
        ("none", DECLINED, "Nobody taught me that: I was 88% sure of it."),
    ],
)
def test_why_says_where_an_answer_came_from_and_how_sure_that_was(
    drive: Drive, basis: Source, model: str, said: str
) -> None:
    direct = drive()
    answer(direct, "Where is the printer?", model, basis=basis)
    told = direct.command("why")
    assert said in told.everything
    assert ("No model wrote that" in told.text) == (model != "base")
    assert ("I declined" in told.text) == (model == DECLINED)


def test_why_says_nothing_of_how_sure_an_older_answer_was(drive: Drive) -> None:
    direct = drive()
    answer(direct, "Where is the printer?")
    assert "sure" not in direct.command("why").everything


def test_why_names_the_lesson_behind_an_answer_first_however_it_was_asked_for(
    drive: Drive,
) -> None:
    direct = drive()
    behind = teach(direct, "How does paper come out?")
    alike = teach(direct, "Where is the printer?")
    gone = teach(direct, "Where is the toner?", "withdrawn")
    answer(direct, "Where is the printer now?", "base", behind, gone, basis="taught")
    told = direct.command("why")
    assert "with lessons before it" in told.text
    said = told.everything
    assert f"0% alike, I had it before me: *{behind}*" in said
    assert said.index(f"*{behind}*") < said.index(f"not learned by then: *{alike}*")
    assert f"*{gone}*" not in said


def test_why_names_no_lesson_that_is_not_for_those_who_read(drive: Drive) -> None:
    """Also where such a lesson was behind the answer: it is seen by its author alone."""
    direct = drive()
    scope = Scope("channel", PRIVATE)
    new = NewExample("Where is the printer?", "Basilisk.", "teach", BEN, scope=scope)
    behind = direct.store.examples.add(new).id
    answer(direct, "Where is the printer now?", "base", behind)
    assert "Basilisk" not in direct.command("why").everything


@pytest.mark.parametrize("kind", ["private", "group", None, "public"])
def test_an_answer_in_a_channel_that_is_not_public_is_explained_only_there(
    drive: Drive, kind: PlaceKind | None
) -> None:
    direct = drive()
    said = direct.write("In the hall.", user=BOT, channel=PRIVATE)
    completion = Completion("In the hall.", "base", None, 1, 1, 0.1, "stop")
    reply = direct.store.replies.add(
        completion, [Message("user", "Where?")],
        source="slack", channel=PRIVATE, thread="1.0", person=ANNA,
    )  # fmt: skip
    direct.store.replies.posted(reply.id, PRIVATE, said.ts)
    if kind:
        direct.store.places.learn(PRIVATE, kind)
    link = f"why https://school.slack.com/archives/{PRIVATE}/p{said.ts.replace('.', '')}"
    assert ("I say only there" in direct.command(link).text) is (kind != "public")
    assert "I say only there" not in direct.command(link, channel=PRIVATE).text
