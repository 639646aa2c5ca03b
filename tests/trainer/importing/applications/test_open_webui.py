"""Open WebUI's feedback and chat exports: a disliked answer is never a lesson."""

from typing import Any

import pytest

from trainer.importing.applications import open_webui_chats
from trainer.importing.applications.open_webui import FeedbackReader
from trainer.importing.applications.open_webui_chats import ChatsReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Rejected


def chat(*messages: tuple[str, str | None, str, str], current: str) -> dict[str, Any]:
    """A chat of (id, id of the parent, role, content)."""
    return {
        "history": {
            "messages": {
                key: {"id": key, "parentId": parent, "role": role, "content": content}
                for key, parent, role, content in messages
            },
            "currentId": current,
        }
    }


KEY = chat(
    ("q", None, "user", "Where is the spare key?"),
    ("a", "q", "assistant", "On the hook."),
    ("b", "q", "assistant", "I have no idea."),
    current="b",
)


def feedback(rating: Any, message: str, snapshot: Any = KEY) -> dict[str, Any]:
    return {
        "id": "f-1",
        "type": "rating",
        "data": {"rating": rating, "reason": None},
        "meta": {"message_id": message, "chat_id": "c-1"},
        "snapshot": {"chat": {"id": "c-1", "chat": snapshot}},
    }


def read(*records: Any) -> list[Found]:
    document = list(records)
    assert FeedbackReader().recognises(document)
    return list(FeedbackReader().read(document))


def test_a_liked_answer_is_a_lesson_and_a_disliked_one_a_pair_with_it() -> None:
    liked, pair = read(feedback(1, "a"), feedback("-1", "b"))
    assert liked == FoundRow(1, {"prompt": "Where is the spare key?", "completion": "On the hook."})
    assert pair == FoundPair(2, "Where is the spare key?", "On the hook.", "I have no idea.")


def test_a_disliked_answer_alone_is_rejected_by_its_key() -> None:
    (bad,) = read(feedback(-1, "b"))
    assert isinstance(bad, Rejected)
    assert bad.errors[0].startswith("its rating is -1: it is disliked")


def test_an_answer_that_is_liked_and_disliked_is_no_lesson() -> None:
    found = read(feedback(1, "a"), feedback(-1, "a"))
    assert [type(one) for one in found] == [Rejected, Rejected]


def test_a_disliked_answer_later_in_a_talk_is_no_pair() -> None:
    talk = chat(
        ("q", None, "user", "Where is the spare key?"),
        ("a", "q", "assistant", "In the drawer."),
        ("q2", "a", "user", "Which drawer?"),
        ("a2", "q2", "assistant", "The upper one."),
        ("b2", "q2", "assistant", "No idea."),
        current="a2",
    )
    lesson, bad = read(feedback(1, "a2", talk), feedback(-1, "b2", talk))
    assert isinstance(lesson, FoundRow)
    assert isinstance(bad, Rejected)
    assert "a pair keeps no earlier turns" in bad.errors[0]


def test_feedback_without_a_verdict_or_a_snapshot_is_rejected_with_what_to_do() -> None:
    without = feedback(1, "a")
    del without["snapshot"]
    drawn, missing, elsewhere = read(feedback(0, "a"), without, feedback(1, "z"))
    assert isinstance(drawn, Rejected)
    assert drawn.errors == ("its rating is 0: 1 (liked) or -1 (disliked) is expected",)
    assert isinstance(missing, Rejected)
    assert "export the feedback with snapshots" in missing.errors[0]
    assert isinstance(elsewhere, Rejected)
    assert "meta.message_id" in elsewhere.errors[0]


def test_folded_reasoning_is_left_out_of_an_answer() -> None:
    thought = (
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\n> hm\n</details>\n'
    )
    talk = chat(
        ("q", None, "user", "Where?"), ("a", "q", "assistant", thought + "Here."), current="a"
    )
    (row,) = read(feedback(1, "a", talk))
    assert isinstance(row, FoundRow)
    assert row.row["completion"] == "Here."
    assert row.notes == ("its reasoning is left out",)


TALK = chat(
    ("q", None, "user", "Where is the spare key?"),
    ("a", "q", "assistant", "On the hook."),
    ("b", "q", "assistant", "In the drawer."),
    ("q2", "b", "user", "Which drawer?"),
    ("a2", "q2", "assistant", "The upper one."),
    current="a2",
)


def test_the_last_answer_of_the_shown_branch_is_proposed_with_its_turns() -> None:
    document = [{"id": "c-1", "title": "Keys", "chat": TALK}]
    assert ChatsReader().recognises(document)
    assert not FeedbackReader().recognises(document)
    (row,) = ChatsReader().read(document)
    assert isinstance(row, FoundRow)
    assert row.proposed
    assert [turn["content"] for turn in row.row["messages"]] == [
        "Where is the spare key?",
        "In the drawer.",
        "Which drawer?",
        "The upper one.",
    ]


def test_thumbs_in_a_chat_make_lessons_and_pairs_also_beside_the_shown_branch() -> None:
    rated = {"history": {**TALK["history"], "messages": dict(TALK["history"]["messages"])}}
    messages = rated["history"]["messages"]
    messages["a"] = messages["a"] | {"annotation": {"rating": 1}}
    messages["b"] = messages["b"] | {"annotation": {"rating": -1}}
    found = list(ChatsReader().read([{"chat": rated}]))
    key = "Where is the spare key?"
    assert FoundRow(1, {"prompt": key, "completion": "On the hook."}) in found
    assert FoundPair(1, key, "On the hook.", "In the drawer.") in found
    assert [one.proposed for one in found if isinstance(one, FoundRow)] == [True, False]


def test_a_chat_that_points_to_itself_ends() -> None:
    circle = chat(("a", "b", "assistant", "x"), ("b", "a", "user", "y"), current="a")
    (row,) = ChatsReader().read([{"chat": circle}])
    assert isinstance(row, FoundRow)


def test_an_error_message_is_no_answer() -> None:
    failed = chat(("q", None, "user", "Where?"), ("a", "q", "assistant", "Oops"), current="a")
    failed["history"]["messages"]["a"]["error"] = {"content": "out of memory"}
    (bad,) = ChatsReader().read([{"chat": failed}])
    assert bad == Rejected(1, ("its answer is an error message",))


def test_a_chat_without_an_answer_is_rejected() -> None:
    (bad,) = ChatsReader().read([{"chat": chat(("q", None, "user", "Where?"), current="q")}])
    assert bad == Rejected(1, ("its chat has no answer",))


def long_chat(messages: int, words: str = "x") -> dict[str, Any]:
    """A chat of many turns, every answer of which has a thumb up."""
    whole = chat(
        *(
            (str(n), str(n - 1) if n else None, ("user", "assistant")[n % 2], f"{words} {n}")
            for n in range(messages)
        ),
        current=str(messages - 1),
    )
    for message in whole["history"]["messages"].values():
        if message["role"] == "assistant":
            message["annotation"] = {"rating": 1}
    return whole


@pytest.mark.parametrize(("messages", "words"), [(1000, "x"), (60, "x" * 100_000)])
def test_a_chat_whose_every_answer_is_judged_holds_no_more_than_the_bounds(
    messages: int, words: str
) -> None:
    found = list(ChatsReader().read([{"chat": long_chat(messages, words)}]))
    rows = [one.row for one in found if isinstance(one, FoundRow)]
    assert rows
    turns = [turn for row in rows for turn in row.get("messages", ())]
    assert len(turns) <= 1000
    assert sum(len(turn["content"]) for turn in turns) <= 4_000_000
    (bad,) = [one for one in found if isinstance(one, Rejected)]
    assert "only the first ones are read" in bad.errors[0]


def test_a_short_chat_whose_every_answer_is_judged_is_read_whole() -> None:
    found = list(ChatsReader().read([{"chat": long_chat(20)}]))
    assert [type(one) for one in found] == [FoundRow] * 10


def test_all_chats_of_a_file_hold_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_webui_chats, "_MOST_IN_FILE", 500)
    found = list(ChatsReader().read([{"chat": long_chat(20)}] * 20))
    rows = [one.row for one in found if isinstance(one, FoundRow)]
    assert 400 < sum(len(row.get("messages", ())) for row in rows) < 1000
    assert {one.line for one in found} == set(range(1, 21))
