"""What is wanted of experts: the same question once, and nobody else's in private."""

from collections.abc import Iterator

import numpy as np
import pytest

from bot.errors import InputError
from bot.feedback.experts.answering import Answer, ExpertAnswers
from bot.feedback.experts.asking import SAME, ExpertAsking
from bot.feedback.gaps.finder import GapFinder
from bot.lessons.teaching import EXPERT
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import CONSOLE, EVERYONE, Audience, Scope
from bot.store.questions.expert_requests import NewRequest
from tests.bot.feedback.experts.test_choice import Encoder
from tests.bot.feedback.gaps.home import Topics, asked

WLAN, NETWORK = "How is the wlan named?", "Which network is it?"


@pytest.fixture
def encoder() -> Iterator[Topics]:
    """One that takes all words of a topic for the same."""
    made = Topics()
    yield made
    made.close()


@pytest.fixture
def asking(store: Store, settings: Settings, encoder: Topics) -> ExpertAsking:
    store.places.learn("CPUBLIC", "public")
    store.places.learn("CSECRET", "private")
    store.experts.set("UEVA", "*", "UADMIN")
    return ExpertAsking(store, settings, encoder)


def gap(store: Store, question: str, **place: str) -> tuple[int, int]:
    """Somebody asks something; returns its gap and its reply. Gaps are compared by words alone."""
    reply = asked(store, question, **place)  # type: ignore[arg-type]  # words of `asked`
    found = GapFinder(store, None, Settings()).ensure(reply)
    assert found is not None
    return found, reply


def test_the_same_question_by_its_meaning_is_asked_once(asking: ExpertAsking, store: Store) -> None:
    first, _ = gap(store, WLAN)
    second, _ = gap(store, NETWORK, person="UBEN")
    assert first != second
    assert asking.want(first, "UANNA").outcome == "asked"
    again = asking.want(second, "UBEN")
    assert (again.outcome, again.request_id) == ("already", 1)
    assert store.expert_requests.gaps(1) == [first, second]


@pytest.mark.parametrize(("cosine", "outcome"), [(SAME - 0.01, "asked"), (SAME + 0.01, "already")])
def test_questions_are_the_same_from_a_cosine_on(
    store: Store, settings: Settings, cosine: float, outcome: str
) -> None:
    engine = Encoder()
    asking = ExpertAsking(store, settings, engine)
    store.experts.set("UEVA", "*", "UADMIN")
    store.places.learn("CPUBLIC", "public")
    first, reply = gap(store, WLAN)
    other = [cosine, (1 - cosine**2) ** 0.5]
    vector = np.array(other, "<f4").tobytes()
    store.expert_requests.add(
        NewRequest(reply, WLAN, EVERYONE, "UANNA", vector, revision="ours"), first
    )
    second, _ = gap(store, NETWORK, person="UBEN")
    assert asking.want(second, "UBEN").outcome == outcome
    engine.close()


def test_the_same_question_by_its_words_is_asked_once_without_an_encoder(
    store: Store, settings: Settings
) -> None:
    engine = Encoder()
    engine.cosines = None
    asking = ExpertAsking(store, settings, engine)
    store.experts.set("UEVA", "*", "UADMIN")
    store.places.learn("CPUBLIC", "public")
    first, reply = gap(store, "How do I reach the printer room?")
    store.expert_requests.add(NewRequest(reply, "how do I reach printer rooms", EVERYONE, "U"), 99)
    assert asking.want(first, "UANNA").outcome == "already"
    engine.close()


def test_nobody_hears_of_what_was_asked_in_a_private_channel(
    asking: ExpertAsking, store: Store
) -> None:
    """That a request is there already says that somebody asked it: only who reads it may know."""
    private, _ = gap(store, WLAN, channel="CSECRET")
    assert asking.want(private, "UANNA", audience=Audience(channel="CSECRET")).outcome == "asked"
    public, _ = gap(store, NETWORK, person="UBEN")
    assert asking.want(public, "UBEN").outcome == "asked"
    other, _ = gap(store, "internet and wifi", person="UBEN", channel="CSECRET")
    assert asking.want(other, "UBEN").outcome == "already"


def test_what_was_answered_is_asked_anew_once_its_lesson_is_gone(
    asking: ExpertAsking, store: Store, settings: Settings
) -> None:
    number, _ = gap(store, WLAN)
    asking.want(number, "UANNA")
    answers = ExpertAnswers(store, settings)
    taught = answers.teach(Answer(1, "UEVA", "It is called lighthouse.", "everyone"))
    assert "and answered" in asking.want(number, "UANNA").sentence
    store.examples.change(taught.id or 0, "withdrawn", "UEVA")
    assert asking.want(number, "UANNA").outcome == "asked"


def test_at_the_machine_nobody_has_a_direct_question_of_others_asked(
    asking: ExpertAsking, store: Store
) -> None:
    number, reply = gap(store, WLAN, channel="DANNA")
    for by in (CONSOLE, "UBEN"):
        with pytest.raises(InputError, match="in private"):
            asking.want(number, by, reply, consent=True)
    assert asking.want(number, "UANNA", reply).outcome == "consent"
    assert store.expert_requests.unanswered(None) == []
    assert asking.want(number, "UANNA", reply, consent=True).outcome == "asked"


def test_a_question_of_the_page_is_asked_from_the_machine_without_a_name(
    asking: ExpertAsking, store: Store
) -> None:
    number, reply = gap(store, WLAN, source="console", channel="console", person="console")
    with pytest.raises(InputError, match="in private"):
        asking.want(number, "UBEN", reply)
    assert asking.want(number, CONSOLE, reply).outcome == "asked"
    assert store.expert_requests.get(1).scope == Scope("person", CONSOLE)


def test_the_answer_to_a_question_of_the_page_is_posted_nowhere_and_closes_its_gap(
    asking: ExpertAsking, store: Store, settings: Settings
) -> None:
    number, _ = gap(store, WLAN, source="console", channel="console", person="console")
    asking.want(number, CONSOLE)
    answers = ExpertAnswers(store, settings)
    taught = answers.teach(Answer(1, "UEVA", "It is called lighthouse.", "place"))
    answers.look()
    assert store.examples.get(taught.id or 0).for_whom == Scope("person", CONSOLE)
    assert store.expert_deliveries.due(10) == []
    assert store.gaps.get(number, None).status == "closed"


def test_of_who_has_opted_out_nothing_is_wanted(asking: ExpertAsking, store: Store) -> None:
    number, _ = gap(store, WLAN)
    store.people.opt_out("UBEN")
    with pytest.raises(InputError):
        asking.want(number, "UBEN")
    store.people.opt_out("UEVA")
    assert asking.want(number, "UANNA").outcome == "nobody"


def test_an_answer_for_one_place_is_due_there_alone(
    asking: ExpertAsking, store: Store, settings: Settings
) -> None:
    number, private = gap(store, WLAN, channel="CSECRET")
    gap(store, WLAN, person="UBEN")
    asking.want(number, "UANNA", private, Audience(channel="CSECRET"))
    answers = ExpertAnswers(store, settings)
    answers.teach(Answer(1, "UEVA", "It is called lighthouse.", "place"))
    answers.look()
    assert [one.channel for one in store.expert_deliveries.due(10)] == ["CSECRET"]
    assert store.gaps.get(number, None).status != "closed"


def test_an_answer_that_was_decided_later_is_found_in_nearly_the_same_words(
    asking: ExpertAsking, store: Store, settings: Settings
) -> None:
    """Who is asked what is right may put the question otherwise when they decide."""
    number, _ = gap(store, "How do I reach the printer room?")
    asking.want(number, "UANNA")
    request = store.expert_requests.get(1)
    add = store.examples.add
    add(NewExample("Who waters the plants?", "Ada.", EXPERT, "UEVA"))
    add(NewExample("how do I reach printer rooms", "Up the stairs.", "teach", "UEVA"))
    assert store.expert_requests.taught_since(request, EXPERT) is None
    lesson = add(NewExample("how do I reach printer rooms", "By lift.", EXPERT, "UEVA")).id
    ExpertAnswers(store, settings).look()
    told = store.expert_requests.get(1)
    assert (told.status, told.lesson_id, told.answered_by) == ("told", lesson, "UEVA")
