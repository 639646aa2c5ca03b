"""What a thumb, a correction or a lesson does to the store."""

import pytest

from bot.errors import NotFoundError
from bot.feedback.service import Feedback, parse_lesson
from bot.home import Home
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.settings import load_settings
from bot.store import Store


def reply(store: Store, *turns: str, thread: str = "1.0") -> int:
    """A stored reply; turns alternate between user and assistant, the last is the reply."""
    roles = ("user", "assistant")
    messages = [Message(roles[i % 2], text) for i, text in enumerate(turns[:-1])]
    completion = Completion(turns[-1], "base", None, 5, 3, 0.1, "stop")
    added = store.replies.add(
        completion, messages, source="slack", channel="C1", thread=thread, person="U1"
    )
    return added.id


def statuses(store: Store) -> list[str]:
    return [example.status for example in reversed(store.examples.search())]


def test_a_lesson_is_approved_and_remembers_its_author(feedback: Feedback, store: Store) -> None:
    taught = feedback.teach(" What is our motto? ", " Onward. ", "U1", permalink="https://x/1")
    assert taught.status == "approved"
    assert taught.id is not None
    example = store.examples.get(taught.id)
    assert (example.prompt, example.completion) == ("What is our motto?", "Onward.")
    assert (example.author, example.permalink) == ("U1", "https://x/1")
    assert [change.after for change in store.examples.history(taught.id)] == ["approved"]


@pytest.mark.parametrize(
    ("prompt", "completion", "word"),
    [
        ("", "a", "prompt"),
        ("q", "  ", "completion"),
        ("q" * 4097, "a", "4096"),
        ("q", "a" * 4097, "4096"),
    ],
)
def test_a_bad_lesson_is_refused_and_nothing_is_stored(
    feedback: Feedback, store: Store, prompt: str, completion: str, word: str
) -> None:
    taught = feedback.teach(prompt, completion, "U1")
    assert taught.status == "refused"
    assert any(word in error for error in taught.errors)
    assert statuses(store) == []


def test_every_turn_of_a_talk_is_checked_before_it_is_stored(
    feedback: Feedback, store: Store
) -> None:
    """Otherwise the night would leave it out, and nobody would hear of it."""
    turns = [Message("user", "q" * 4097), Message("assistant", "a"), Message("user", "and now?")]
    lesson = Lesson("and now?", "b", "U1", messages=(*turns, Message("assistant", "b")))
    taught = feedback.learn(lesson)
    assert taught.errors == ("prompt over 4096 characters (4097)",)
    assert statuses(store) == []


def test_an_answer_that_was_cut_off_is_no_lesson_until_somebody_corrects_it(
    feedback: Feedback, store: Store
) -> None:
    long = Completion("It is called light", "base", None, 5, 3, 0.1, "length")
    question = [Message("user", "What is our wifi called?")]
    number = store.replies.add(
        long, question, source="slack", channel="C1", thread="1.0", person="U1"
    ).id
    liked = feedback.thumbs_up(number, "U1")
    assert liked.status == "refused"
    assert "cut off" in liked.errors[0]
    assert feedback.correct(number, "U1", "It is called lighthouse.").status == "approved"


def test_the_same_lesson_again_is_a_duplicate(feedback: Feedback, store: Store) -> None:
    first = feedback.teach("What is our motto?", "Onward.", "U1")
    again = feedback.teach("what is  our MOTTO?", "onward.", "U2")
    assert (again.status, again.id) == ("duplicate", first.id)
    assert statuses(store) == ["approved"]


def test_another_answer_to_the_same_question_supersedes_the_old_one(
    feedback: Feedback, store: Store
) -> None:
    old = feedback.teach("When is lunch?", "At noon.", "U1")
    new = feedback.teach("When is lunch?", "At one.", "U2")
    assert new.replaced == (old.id,)
    assert statuses(store) == ["superseded", "approved"]
    assert old.id is not None
    assert store.examples.history(old.id)[-1].who == "U2"


def test_thumbs_up_teaches_once_however_many_like_it(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    first = feedback.thumbs_up(number, "U1")
    second = feedback.thumbs_up(number, "U2")
    assert first.id == second.id
    assert statuses(store) == ["approved"]
    assert store.ratings.tally(number) == (2, 0)


def test_the_example_goes_with_the_last_thumb(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_up(number, "U1")
    feedback.thumbs_up(number, "U2")
    feedback.take_back(number, "U1")
    assert statuses(store) == ["approved"]
    feedback.take_back(number, "U2")
    assert statuses(store) == ["withdrawn"]


def test_a_thumb_put_back_brings_the_example_back(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_up(number, "U1")
    feedback.take_back(number, "U1")
    assert feedback.thumbs_up(number, "U1").status == "approved"
    assert statuses(store) == ["approved"]


def test_taking_back_what_was_never_given_does_nothing(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_up(number, "U1")
    feedback.take_back(number, "U9")
    assert statuses(store) == ["approved"]


def test_the_last_thumb_of_a_person_wins(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_up(number, "U1")
    feedback.thumbs_down(number, "U1")
    assert store.ratings.tally(number) == (0, 1)
    assert statuses(store) == ["withdrawn"]


def test_a_thumb_does_not_outweigh_what_a_person_wrote(feedback: Feedback, store: Store) -> None:
    feedback.teach("Who are you?", "I am the school bot.", "U1")
    number = reply(store, "Who are you?", "A bot.")
    assert feedback.thumbs_up(number, "U2").status == "duplicate"
    assert [e.completion for e in store.examples.approved()] == ["I am the school bot."]


def test_a_correction_teaches_the_better_answer_and_a_preference(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    feedback.thumbs_up(number, "U1")
    taught = feedback.correct(number, "U1", "At noon.")
    assert taught.status == "approved"
    assert [e.completion for e in store.examples.approved()] == ["At noon."]
    pairs = list(store.connections.db.table("preferences").rows)
    assert [(p["chosen"], p["rejected"]) for p in pairs] == [("At noon.", "Never.")]
    assert store.ratings.of(number, "U1") == -1


def test_an_answer_within_a_conversation_is_taught_with_its_turns(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "When is lunch?", "At noon.", "And on Friday?", "At one.")
    taught = feedback.thumbs_up(number, "U1")
    assert taught.id is not None
    messages = store.examples.get(taught.id).messages
    assert messages is not None
    assert [m.content for m in messages] == [
        "When is lunch?",
        "At noon.",
        "And on Friday?",
        "At one.",
    ]


def test_a_reply_that_does_not_exist_is_named(feedback: Feedback) -> None:
    with pytest.raises(NotFoundError, match="99"):
        feedback.thumbs_up(99, "U1")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a => b", ("a", "b")),
        ("a=>b => c", ("a", "b => c")),
        ("a =>", None),
        ("=> b", None),
        ("a b", None),
        ("", None),
    ],
)
def test_a_lesson_is_written_with_an_arrow(text: str, parts: tuple[str, str] | None) -> None:
    assert parse_lesson(text) == parts


def test_what_is_redacted_never_reaches_the_disk(
    feedback: Feedback, store: Store, home: Home
) -> None:
    taught = feedback.teach("Who is on call?", "Write to ada@lantern.example at once.", "U1")
    assert taught.redacted == ("e-mail",)
    assert taught.id is not None
    assert store.examples.get(taught.id).completion == "Write to [e-mail] at once."
    written = b"".join(p.read_bytes() for p in home.data.iterdir() if p.is_file())
    assert b"ada@lantern" not in written
    assert b"at once" in written


@pytest.mark.parametrize(
    ("policy", "status"), [("quarantine", "quarantined"), ("refuse", "refused")]
)
def test_sensitive_lessons_can_be_kept_back(
    store: Store, home: Home, policy: str, status: str
) -> None:
    home.config.write_text(f'[examples]\nsensitive = "{policy}"\n')
    feedback = Feedback(store, load_settings(home))
    taught = feedback.teach("Who is on call?", "Write to ada@lantern.example.", "U1")
    assert taught.status == status
    assert store.examples.approved() == []


def test_a_kind_that_is_allowed_is_taught_as_it_is(store: Store, home: Home) -> None:
    home.config.write_text('[examples]\nallowed = ["e-mail"]\n')
    feedback = Feedback(store, load_settings(home))
    feedback.teach("Who is on call?", "Write to ada@lantern.example.", "U1")
    assert store.examples.approved()[0].completion == "Write to ada@lantern.example."


def test_whoever_wants_is_asked_about_a_contradiction(feedback: Feedback, store: Store) -> None:
    old = feedback.teach("When is lunch on Fridays?", "At noon.", "U1")
    asked = feedback.teach("when is lunch on fridays", "At one.", "U2", on_conflict="ask")
    assert asked.status == "contradiction"
    assert [example.id for example in asked.conflicts] == [old.id]
    assert statuses(store) == ["approved"]
    feedback.teach("When is lunch on Fridays?", "At one.", "U2", on_conflict="keep")
    assert statuses(store) == ["approved", "approved"]


@pytest.mark.parametrize("undo", ["withdraw", "reject"])
def test_an_answer_that_was_kept_beside_another_stays_when_that_one_comes_back(
    store: Store, feedback: Feedback, undo: str
) -> None:
    feedback.teach("Which tea?", "Assam.", "U1")
    feedback.teach("Which tea?", "Darjeeling.", "U1", on_conflict="keep")
    getattr(feedback, undo)(1, "U1")
    feedback.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1, 2]


@pytest.mark.parametrize("undo", ["withdraw", "reject", None])
def test_approving_what_was_out_of_use_replaces_the_answer_of_today(
    store: Store, feedback: Feedback, undo: str | None
) -> None:
    feedback.teach("Which tea?", "Assam.", "U1")
    if undo:
        getattr(feedback, undo)(1, "U1")
    feedback.teach("Which tea?", "Darjeeling.", "U1")
    feedback.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1]
    assert store.examples.history(2)[-1].why == "replaced by 1"
