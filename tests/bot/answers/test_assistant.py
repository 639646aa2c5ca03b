"""Answering: what is asked of the model, what is refused, and what is kept of it."""

import pytest

from bot.answers.questions import QUOTED, Question, Reply
from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.people import forgotten_key
from tests.bot.answers.calibrated import set_chances
from tests.bot.answers.conftest import Make
from tests.bot.slack.engine import ScriptedEngine

OTTILIE = Question("Who is Ottilie?", "U0ANNA", "C1", "1.0", ts="1.0")


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_question_without_words_is_refused(make: Make, engine: ScriptedEngine, text: str) -> None:
    with pytest.raises(InputError, match="no question"):
        make().ask(Question(text, "U0ANNA", "C1"))
    assert engine.requests == []


def test_a_question_may_be_as_long_as_is_set_and_no_longer(
    make: Make, engine: ScriptedEngine
) -> None:
    assistant = make(max_prompt_length=5)
    with pytest.raises(InputError, match="That is 6 characters; questions may have 5 at most"):
        assistant.ask(Question("123456", "U0ANNA", "C1"))
    assistant.ask(Question(" 12345 ", "U0ANNA", "C1"))
    assert engine.requests[-1]["messages"] == [{"role": "user", "content": "12345"}]


def test_a_comparison_sees_nothing_of_its_conversation(make: Make, engine: ScriptedEngine) -> None:
    assistant = make()
    assistant.ask(OTTILIE, "base")
    engine.requests.clear()
    follow_up = Question("And?", "U0ANNA", "C1", "1.0", ts="2.0", context=("Ben: Hi.",))
    both = assistant.compare(follow_up)
    assert [request["messages"] for request in engine.requests] == 2 * [
        [{"role": "user", "content": "And?"}]
    ]
    assert (both.base.text, both.tuned.text) == ("base says: And?", "v0007 says: And?")
    assert {request["model"] for request in engine.requests} == {"base", "latest"}
    engine.requests.clear()
    assistant.compare(follow_up, "v0002")
    assert {request["model"] for request in engine.requests} == {"base", "v0002"}


def test_of_who_has_opted_out_a_row_is_kept_without_words_name_and_place(
    make: Make, store: Store
) -> None:
    store.people.opt_out("U0ANNA")
    assistant = make()
    reply = assistant.ask(OTTILIE)
    assert (reply.text, reply.kept) == ("v0007 says: Who is Ottilie?", False)
    row = store.replies.get(reply.id)
    assert (row.text, row.messages, row.channel, row.thread) == ("", (), "", "")
    assert row.person == "nobody"
    both = assistant.compare(OTTILIE)
    comparison = store.comparisons.get(both.id)
    assert (comparison.prompt, comparison.person) == ("", "nobody")
    assistant.posted(reply.id, "C1", "1.1")
    assert store.replies.places(reply.id) == []


def test_nothing_is_kept_of_who_is_forgotten_while_they_wait(
    make: Make, engine: ScriptedEngine, store: Store
) -> None:
    def forgotten_meanwhile(question: str, model: str) -> str:
        store.handled_events.mark(forgotten_key("U0ANNA"))
        return f"{model} says: {question}"

    engine.script = forgotten_meanwhile
    asked = Question("Who is Ottilie?", "U0ANNA", "C1", "1.0", ts="1.0")
    reply = make().ask(asked)
    assert not reply.kept
    assert store.replies.get(reply.id).messages == ()
    # Who asks again afterwards is kept like anybody else.
    engine.script = lambda _, __: "Yes."
    assert make().ask(Question("Who?", "U0ANNA", "C1")).kept


@pytest.mark.parametrize("where", ["above", "recalled"])
def test_an_answer_out_of_words_that_were_forgotten_meanwhile_is_kept_without_words(
    make: Make, engine: ScriptedEngine, store: Store, curation: Curation, where: str
) -> None:
    assistant = make(recall="prompt")
    number = curation.teach("Who is Ottilie's dog?", "Bello.", "U0BEN").id
    assert number is not None
    first = assistant.ask(OTTILIE, "base")

    def forgets(_question: str, _model: str) -> str:
        if where == "above":
            store.replies.blank(first.id)
        else:
            with store.connections.write() as db:
                db.conn.execute("update examples set completion = '' where id = ?", [number])
        return "Bello."

    engine.script = forgets
    asked = Question("Who is Ottilie's dog?", "U0ANNA", "C1", "1.0", ts="2.0")
    reply = assistant.ask(asked)
    assert reply.text == "Bello."
    row = store.replies.get(reply.id)
    assert (row.text, row.recalled) == ("", ())
    assert [message.content for message in row.messages] == ["Who is Ottilie's dog?"]


def test_secrets_and_words_of_others_do_not_reach_the_disk(
    make: Make, engine: ScriptedEngine, store: Store
) -> None:
    engine.script = lambda _, __: "Write to ben@tea.example."
    asked = Question("Not anna@tea.example?", "U0ANNA", "C1", context=("Ben: It is my birthday.",))
    reply = make().ask(asked)
    assert "birthday" in str(engine.requests[-1])
    assert reply.text == "Write to ben@tea.example."
    row = store.replies.get(reply.id)
    assert [message.content for message in row.messages] == ["Not [e-mail]?"]
    assert row.text == "Write to [e-mail]."


def test_a_quotation_streams_as_one_piece_and_names_its_example(
    make: Make, engine: ScriptedEngine, store: Store, curation: Curation
) -> None:
    number = curation.teach("Which tea?", "Assam.", "U0ANNA").id
    piece, reply = make().stream(Question("Which tea?", "U0BEN", "C1"))
    assert piece == "Assam."
    assert isinstance(reply, Reply)
    assert (reply.quoted, reply.model, engine.requests) == (True, QUOTED, [])
    assert store.replies.get(reply.id).recalled == (number,)


def test_a_message_that_carries_a_kept_reply_leads_to_it(make: Make, store: Store) -> None:
    assistant = make()
    reply = assistant.ask(OTTILIE)
    assistant.posted(reply.id, "C1", "1.1")
    assert store.replies.at("C1", "1.1") == reply.id


def test_an_answer_that_is_given_up_is_not_kept(
    make: Make, engine: ScriptedEngine, store: Store
) -> None:
    engine.script = lambda _, __: ["one ", "two "] * 50_000
    pieces = make().stream(OTTILIE)
    assert next(pieces) == "one "
    pieces.close()
    assert engine.left.wait(60)
    assert store.replies.in_thread("C1", "1.0", 9) == []


def test_an_old_lesson_that_holds_reasoning_is_quoted_without(make: Make, store: Store) -> None:
    """Lessons of before may have been taught with it."""
    said = "<think>\nThey ask for it.\n</think>\n\nOnward."
    store.examples.add(NewExample("What is our motto?", said, "teach", "U0ANNA", status="approved"))
    reply = make(recall="quote").ask(Question("What is our motto?", "U0ANNA", "C1"))
    assert (reply.model, reply.text) == (QUOTED, "Onward.")


def test_what_nobody_put_to_it_is_answered_where_it_was_taught_and_sure(
    make: Make, store: Store, engine: ScriptedEngine
) -> None:
    store.examples.add(NewExample(OTTILIE.text, "The owl.", "teach", author="U1"))
    set_chances(store, engine, right=0.85, own=0.9)
    other = Question("Which animal lives here?", "U0ANNA", "C1", "2.0", ts="2.0")
    assistant = make()
    for floor in (0.9, 1.0):
        assert assistant.ask_if_taught(other, floor) is None
    assert assistant.ask_if_taught(other, 0.8, lambda: False) is None
    assert not store.replies.to_question("C1", "2.0")
    reply = assistant.ask_if_taught(other, 0.8)
    assert reply is not None
    assert (reply.text, reply.source) == ("The owl.", "taught")
    assert store.replies.to_question("C1", "2.0") == [reply.id]


def test_what_nobody_put_to_it_and_nobody_taught_leaves_nothing(make: Make, store: Store) -> None:
    assistant = make()
    assert assistant.ask_if_taught(OTTILIE, 0.0) is None
    store.examples.add(NewExample(OTTILIE.text, "The owl.", "teach", author="U1"))
    assert make(recall="off").ask_if_taught(OTTILIE, 0.0) is None
    store.people.opt_out("U0ANNA")
    assert assistant.ask_if_taught(OTTILIE, 0.0) is None
    assert not list(store.connections.db.query("select 1 from replies"))
