"""What is taught is checked, cleaned and kept once, or refused with a reason."""

from dataclasses import replace

import pytest

from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson, Taught
from bot.messages import Completion, Message
from bot.settings import load_settings
from bot.store import Store
from bot.store.examples.scope import EVERYONE
from tests.bot.stored import statuses


def test_a_lesson_is_approved_and_remembers_its_author(curation: Curation, store: Store) -> None:
    taught = curation.teach(" What is our motto? ", " Onward. ", "U1", permalink="https://x/1")
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
    curation: Curation, store: Store, prompt: str, completion: str, word: str
) -> None:
    taught = curation.teach(prompt, completion, "U1")
    assert taught.status == "refused"
    assert any(word in error for error in taught.errors)
    assert statuses(store) == []


def test_every_turn_of_a_talk_is_checked_before_it_is_stored(
    curation: Curation, store: Store
) -> None:
    """Otherwise the night would leave it out, and nobody would hear of it."""
    turns = [Message("user", "q" * 4097), Message("assistant", "a"), Message("user", "and now?")]
    lesson = Lesson("and now?", "b", "U1", messages=(*turns, Message("assistant", "b")))
    taught = curation.learn(lesson)
    assert taught.errors == ("prompt over 4096 characters (4097)",)
    assert statuses(store) == []


def test_an_answer_that_was_cut_off_is_no_lesson_until_somebody_corrects_it(
    ratings: ReplyRatings, store: Store
) -> None:
    long = Completion("It is called light", "base", None, 5, 3, 0.1, "length")
    question = [Message("user", "What is our wifi called?")]
    number = store.replies.add(
        long, question, source="slack", channel="C1", thread="1.0", person="U1"
    ).id
    liked = ratings.thumbs_up(number, "U1")
    assert liked.status == "refused"
    assert "cut off" in liked.errors[0]
    assert ratings.correct(number, "U1", "It is called lighthouse.").status == "approved"


def test_the_same_lesson_again_is_a_duplicate(curation: Curation, store: Store) -> None:
    first = curation.teach("What is our motto?", "Onward.", "U1")
    again = curation.teach("what is  our MOTTO?", "onward.", "U2")
    assert (again.status, again.id) == ("duplicate", first.id)
    assert statuses(store) == ["approved"]


def test_another_answer_to_the_same_question_supersedes_the_old_one(
    curation: Curation, store: Store
) -> None:
    old = curation.teach("When is lunch?", "At noon.", "U1")
    new = curation.teach("When is lunch?", "At one.", "U1")
    assert new.replaced == (old.id,)
    assert statuses(store) == ["superseded", "approved"]
    assert old.id is not None
    assert store.examples.history(old.id)[-1].who == "U1"


def test_what_is_redacted_never_reaches_the_disk(
    curation: Curation, store: Store, home: Home
) -> None:
    taught = curation.teach("Who is on call?", "Write to ada@lantern.example at once.", "U1")
    assert taught.redacted == ("e-mail",)
    assert taught.id is not None
    assert store.examples.get(taught.id).completion == "Write to [e-mail] at once."
    written = b"".join(p.read_bytes() for p in home.data.iterdir() if p.is_file())
    assert b"ada@lantern" not in written
    assert b"at once" in written


def test_who_wants_to_is_shown_what_would_be_taken_out_before_it_is_stored(
    curation: Curation, store: Store
) -> None:
    lesson = Lesson("Who is on call?", "Write to ada@lantern.example.", "U1", redaction="ask")
    shown = curation.learn(lesson)
    assert (shown.id, shown.status, shown.redacted) == (None, "sensitive", ("e-mail",))
    assert shown.preview == ("Who is on call?", "Write to [e-mail].")
    assert statuses(store) == []
    assert curation.learn(replace(lesson, completion="Write to Ada.")).status == "approved"


@pytest.mark.parametrize(
    ("policy", "status"), [("quarantine", "quarantined"), ("refuse", "refused")]
)
def test_sensitive_lessons_can_be_kept_back(
    store: Store, home: Home, policy: str, status: str
) -> None:
    home.config.write_text(f'[examples]\nsensitive = "{policy}"\n')
    curation = Curation(store, load_settings(home))
    taught = curation.teach("Who is on call?", "Write to ada@lantern.example.", "U1")
    assert taught.status == status
    assert store.examples.approved() == []


def test_a_kind_that_is_allowed_is_taught_as_it_is(store: Store, home: Home) -> None:
    home.config.write_text('[examples]\nallowed = ["e-mail"]\n')
    curation = Curation(store, load_settings(home))
    curation.teach("Who is on call?", "Write to ada@lantern.example.", "U1")
    assert store.examples.approved()[0].completion == "Write to ada@lantern.example."


def test_whoever_wants_is_asked_about_a_contradiction(curation: Curation, store: Store) -> None:
    old = curation.teach("When is lunch on Fridays?", "At noon.", "U1")
    asked = curation.teach("when is lunch on fridays", "At one.", "U2", on_conflict="ask")
    assert asked.status == "contradiction"
    assert [example.id for example in asked.conflicts] == [old.id]
    assert statuses(store) == ["approved"]
    curation.teach("When is lunch on Fridays?", "At one.", "U1", on_conflict="keep")
    assert statuses(store) == ["approved", "approved"]


def test_a_file_that_comes_again_brings_nothing_back(curation: Curation, store: Store) -> None:
    taught = curation.teach("Where is the key?", "Under the mat.", "U1")
    assert taught.id is not None
    curation.withdraw(taught.id, "U1")
    lesson = Lesson("Where is the key?", "Under the mat.", "U2", "import", from_file=True)
    assert curation.learn(lesson) == Taught(taught.id, "duplicate", scope=EVERYONE)
    assert store.examples.approved() == []


def test_a_lesson_that_is_kept_apart_replaces_nothing(home: Home, store: Store) -> None:
    home.config.write_text('[examples]\nsensitive = "quarantine"\n')
    curation = Curation(store, load_settings(home))
    curation.teach("Whom do I ask?", "Ben.", "U1")
    apart = curation.teach("Whom do I ask?", "ben.neu@school.example.org", "U1")
    assert (apart.status, apart.replaced) == ("quarantined", ())
    assert [example.completion for example in store.examples.approved()] == ["Ben."]


def test_a_models_reasoning_is_no_part_of_a_lesson(curation: Curation, store: Store) -> None:
    said = "<think>\nThey ask for it.\n</think>\n\nOnward."
    turns = [Message("user", "Hi"), Message("assistant", said), Message("user", "Our motto?")]
    talk = Lesson("Our motto?", said, "U1", messages=(*turns, Message("assistant", said)))
    taught = curation.learn(talk)
    assert taught.id is not None
    example = store.examples.get(taught.id)
    assert example.completion == "Onward."
    assert example.messages is not None
    assert [turn.content for turn in example.messages] == ["Hi", "Onward.", "Our motto?", "Onward."]


@pytest.mark.parametrize(
    "answer",
    [
        "Write your plan first. Then this line:\n</think>\nand the answer.",
        "<thought> is the tag and </thought> ends it.",
    ],
)
def test_what_a_person_typed_is_stored_as_it_is_where_it_only_names_a_mark(
    curation: Curation, store: Store, answer: str
) -> None:
    """In words of a model, and of files, which may be a model's, the same is reasoning."""
    curation.learn(
        Lesson(
            "Which tag?",
            answer,
            "U1",
            messages=(Message("user", "Which tag?"), Message("assistant", answer)),
        )
    )
    curation.learn(Lesson("Whose tag?", answer, "U1", "correction"))
    curation.learn(Lesson("Why a tag?", answer, "U1", "reaction"))
    curation.learn(Lesson("The tag?", answer, "U1", "import", from_file=True))
    *typed, imported = store.examples.approved()
    assert [example.completion for example in typed] == [answer] * 3
    assert typed[0].messages is not None
    assert typed[0].messages[-1].content == answer
    assert imported.completion in ("and the answer.", "ends it.")


def test_an_answer_that_is_only_reasoning_is_refused(curation: Curation, store: Store) -> None:
    taught = curation.teach("What is our motto?", "<think>They ask for it.", "U1")
    assert (taught.status, len(taught.errors)) == ("refused", 1)
    assert "teach the answer" in taught.errors[0]
    assert statuses(store) == []
