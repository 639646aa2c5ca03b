"""Rows about experts: who is asked, how often, what may be known of it, and how it is forgotten."""

from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.scope import EVERYONE, PUBLIC, Audience, Scope
from bot.store.questions.expert_requests import ExpertRequest, NewRequest
from bot.store.questions.experts import Expert
from tests.bot.feedback.gaps.home import asked

SECRET = Scope("channel", "CSECRET")


def request(store: Store, scope: Scope = EVERYONE, *, by: str = "UANNA") -> ExpertRequest:
    reply = asked(store, "Where is the key?", person=by)
    return store.expert_requests.add(NewRequest(reply, "Where is the key?", scope, by), 7)


def test_an_expert_is_set_up_once_and_removed_once(store: Store) -> None:
    store.experts.set("UEVA", "keys", "UADMIN")
    store.experts.set("UEVA", "doors", "UADMIN")
    assert store.experts.all() == [Expert("UEVA", "doors")]
    assert [store.experts.remove("UEVA") for _ in range(2)] == [True, False]


def test_the_first_answer_counts(store: Store) -> None:
    one = request(store)
    assert store.expert_requests.answer(one.id, 1, "UBEN")
    assert not store.expert_requests.answer(one.id, 2, "UEVA")
    stored = store.expert_requests.get(one.id)
    assert (stored.lesson_id, stored.answered_by, stored.open) == (1, "UBEN", False)
    assert not store.expert_requests.move(one.id, "closed")


def test_what_waits_is_listed_for_those_who_may_read_it(store: Store) -> None:
    public, private = request(store), request(store, SECRET)
    alone = request(store, Scope("person", "UANNA"))

    def seen(audience: Audience | None) -> list[int]:
        return [one.id for one in store.expert_requests.unanswered(audience)]

    assert seen(PUBLIC) == [public.id]
    assert seen(Audience(channel="CSECRET")) == [public.id, private.id]
    assert seen(Audience(person="UANNA")) == [public.id, alone.id]
    assert seen(None) == [public.id, private.id, alone.id]


def test_a_request_is_compared_with_those_of_its_own_readers(store: Store) -> None:
    public, private = request(store), request(store, SECRET)
    compared = store.expert_requests.comparable
    assert [one.id for one in compared(EVERYONE)] == [public.id]
    assert [one.id for one in compared(SECRET)] == [private.id, public.id]
    assert [one.id for one in compared(Scope("channel", "COTHER"))] == [public.id]


def test_where_nobody_was_asked_a_gap_may_be_asked_anew(store: Store) -> None:
    for status in ("nobody", "gone"):
        store.expert_requests.move(request(store).id, status)
    assert store.expert_requests.of_gap(7) is None
    last = request(store)
    assert store.expert_requests.of_gap(7) == last


def test_a_message_that_slack_refused_does_not_count_as_asked(store: Store) -> None:
    messages = store.expert_messages
    first, second = (messages.add(1, "UBEN", "DBEN") for _ in range(2))
    messages.move(second.id, "refused")
    assert messages.number_since("UBEN", "2000") == 1
    assert messages.number_since("UBEN", "3000") == 0
    assert messages.number_since("UEVA", "2000") == 0
    messages.take_back(first.id)
    assert messages.number_since("UBEN", "2000") == 0


def test_a_thread_gets_one_answer_to_a_request(store: Store) -> None:
    for reply in (1, 2):
        store.expert_deliveries.add(5, 9, reply, "CPUBLIC", "1.0")
    store.expert_deliveries.add(5, 9, 3, "CPUBLIC", "2.0")
    assert [one.reply_id for one in store.expert_deliveries.due(10)] == [1, 3]


def test_who_is_forgotten_is_in_no_row(store: Store) -> None:
    own, other = request(store), request(store, by="UBEN")
    store.experts.set("UANNA", "keys", "UADMIN")
    store.experts.set("UBEN", "doors", "UANNA")
    store.expert_requests.answer(other.id, 1, "UANNA")
    store.expert_messages.add(other.id, "UANNA", "DANNA")
    store.expert_deliveries.add(own.id, 9, own.reply_id or 0, "CPUBLIC", "1.0")
    store.erase(PersonalRows("UANNA", asked=[own.reply_id or 0], direct=["DANNA"]))
    assert store.experts.all() == [Expert("UBEN", "doors")]
    assert store.expert_requests.get(own.id).question == ""
    assert store.expert_requests.get(own.id).wanted_by != "UANNA"
    assert store.expert_requests.get(other.id).answered_by not in ("UANNA", None)
    assert store.expert_messages.of(other.id) == []
    assert store.expert_deliveries.due(10) == []
