"""Which reply of a thread is accepted: marks, then thumbs, then thanks, then standing."""

from collections import Counter
from typing import Any

import pytest

from tests.trainer.importing.applications.slack_export.export import USERS, reaction, thread
from trainer.importing.applications.slack_export.accepted import (
    OFTEN,
    Standing,
    accepted_reply,
    says_thanks,
)
from trainer.importing.applications.slack_export.messages import Directory, written
from trainer.importing.applications.slack_export.threads import Thread, threads

KEY = "Where is the spare key?"


def gathered(*spoken: Any) -> Thread:
    directory, left_out = Directory(USERS, []), Counter[str]()
    messages = [written(raw, directory, left_out) for raw in thread(*spoken)]
    (found,) = threads([message for message in messages if message], left_out)
    return found


def reply(*spoken: Any, trusted: tuple[str, ...] = ()) -> str | None:
    talk = gathered(*spoken)
    accepted = accepted_reply(talk, trusted)
    return None if accepted is None else talk.replies[accepted.place].text


def marks(*reactions: Any) -> dict[str, Any]:
    return {"reactions": list(reactions)}


def test_a_check_mark_wins_over_thumbs_and_thanks() -> None:
    assert (
        reply(
            ("U0ANN", KEY),
            ("U0BEN", "Yes.", marks(reaction("+1", "U0ANN", "U0CAT"))),
            ("U0CAT", "On the hook.", marks(reaction("heavy_check_mark", "U0BEN"))),
            ("U0BEN", "Or so."),
            ("U0ANN", "thanks!"),
        )
        == "On the hook."
    )


def test_a_thumb_of_any_skin_counts_where_a_question_is_asked() -> None:
    thumbed = ("U0BEN", "On the hook.", marks(reaction("+1::skin-tone-3", "U0ANN")))
    assert reply(("U0ANN", KEY), thumbed) == "On the hook."
    assert reply(("U0ANN", "We moved to the new office."), thumbed) is None


def test_nobody_accepts_a_reply_of_their_own() -> None:
    own = marks(reaction("white_check_mark", "U0BEN"), reaction("+1", "U0BEN"))
    assert reply(("U0ANN", KEY), ("U0BEN", "On the hook.", own)) is None
    asked = marks(reaction("white_check_mark", "U0CAT"))
    assert reply(("U0ANN", KEY), ("U0ANN", "Found it.", asked)) is None


def test_a_reply_that_others_refuse_is_not_accepted() -> None:
    torn = marks(reaction("+1", "U0ANN"), reaction("-1", "U0CAT"))
    assert reply(("U0ANN", KEY), ("U0BEN", "On the hook.", torn)) is None


def test_thanks_accept_the_reply_before_them_or_of_whom_they_name() -> None:
    talk = (("U0ANN", KEY), ("U0BEN", "On the hook."), ("U0CAT", "Hello."))
    assert reply(*talk, ("U0ANN", "thank you")) == "Hello."
    assert reply(*talk, ("U0ANN", "danke <@U0BEN>!")) == "On the hook."
    assert reply(*talk, ("U0ANN", "thanks <@U0ZOE>")) is None
    assert reply(*talk, ("U0BEN", "thanks")) is None


@pytest.mark.parametrize(
    "text", ["Thanks!", "that worked", "Vielen Dank, hat geklappt", "Merci beaucoup", "gracias :)"]
)
def test_thanks_are_known_in_several_languages(text: str) -> None:
    assert says_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks in advance",
        "thanks, but it is not there",
        "danke, geht aber nicht",
        "thanks, where exactly?",
        "It is thankless.",
        "thanks " + "x" * 400,
    ],
)
def test_thanks_with_a_but_are_none(text: str) -> None:
    assert not says_thanks(text)


def test_somebody_whose_answers_are_often_accepted_needs_no_thanks() -> None:
    standing = Standing()
    thanked = gathered(("U0ANN", KEY), ("U0BEN", "On the hook."), ("U0ANN", "thanks"))
    for _ in range(OFTEN - 1):
        standing.count(thanked)
    assert standing.trusted() == frozenset()
    standing.count(thanked)
    assert standing.trusted() == {"U0BEN"}
    plain = (("U0ANN", "Who has it?"), ("U0BEN", "Ann."), ("U0BEN", "Since May."))
    assert reply(*plain, trusted=("U0BEN",)) == "Since May."
    assert reply(*plain) is None
    assert reply(*plain, ("U0ANN", "Really?"), trusted=("U0BEN",)) is None
    assert reply(*plain, ("U0CAT", "No, me."), trusted=("U0BEN",)) is None


def test_somebody_who_is_rarely_accepted_is_not_trusted() -> None:
    standing = Standing()
    thanked = gathered(("U0ANN", KEY), ("U0BEN", "On the hook."), ("U0ANN", "thanks"))
    unthanked = gathered(("U0ANN", KEY), ("U0BEN", "On the hook."))
    for _ in range(OFTEN):
        standing.count(thanked)
        standing.count(unthanked)
    standing.count(unthanked)
    assert standing.trusted() == frozenset()
