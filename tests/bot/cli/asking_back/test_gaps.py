"""`nightschool gaps`: what nobody has taught, listed, dismissed and taught at the machine."""

import pytest

from bot.store import Store
from bot.store.examples.scope import Scope
from tests.bot.cli.conftest import Command
from tests.bot.feedback.gaps.home import asked, taught

WIFI = "What is the wifi called?"


def test_what_was_asked_in_private_is_listed_as_well(nightschool: Command, store: Store) -> None:
    nearest = taught(store, "Who waters the plants?")
    asked(store, WIFI, channel="CSECRET")
    asked(store, "what is the WIFI called", person="UBEN", channel="DBEN", basis="model")
    asked(store, "Who feeds the cat?", basis="near", lessons=[nearest])
    first, second = nightschool("gaps", "--json").document["gaps"]
    assert first == {
        "id": 1,
        "questions": ["what is the WIFI called", WIFI],
        "asked": 2,
        "people": 2,
        "nearest": None,
        "last_asked": first["last_asked"],
        "reasons": ["untaught"],
        "status": "open",
    }
    assert second["nearest"] == {"id": nearest, "prompt": "Who waters the plants?"}
    assert len(nightschool("gaps", "--limit", "1", "--json").document["gaps"]) == 1
    assert "WIFI" in nightschool("gaps").out


def test_a_lesson_from_the_terminal_closes_its_gap(nightschool: Command, store: Store) -> None:
    asked(store, WIFI, source="cli", channel="cli")
    assert nightschool("gaps", "--json").document["gaps"]
    nightschool("teach", WIFI, "It is called lighthouse.")
    assert nightschool("gaps", "--json").document == {"gaps": []}
    assert "Nothing that was asked" in nightschool("gaps").out


def test_a_gap_is_taught_for_those_who_asked(nightschool: Command, store: Store) -> None:
    asked(store, WIFI, channel="CSECRET")
    done = nightschool("gaps", "teach", "1", "It is called lighthouse.", "--json").document
    assert (done["id"], done["status"]) == (1, "closed")
    assert store.examples.get(done["lesson"]).for_whom == Scope("channel", "CSECRET")
    asked(store, "Who?", channel="CONE")
    asked(store, "Who?", channel="CTWO")
    refused = nightschool("gaps", "teach", "2", "Ada.")
    assert (refused.code, refused.err.count("\n")) == (1, 1)


def test_a_gap_is_dismissed_once(nightschool: Command, store: Store) -> None:
    asked(store, WIFI)
    assert nightschool("gaps", "dismiss", "1", "--json").document["status"] == "dismissed"
    again = nightschool("gaps", "dismiss", "1")
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert nightschool("gaps", "--json").document == {"gaps": []}


@pytest.mark.parametrize(
    ("words", "code"), [(["dismiss", "9"], 1), (["dismiss", "x"], 2), (["sing"], 2)]
)
def test_what_makes_no_sense_is_refused(nightschool: Command, words: list[str], code: int) -> None:
    assert nightschool("gaps", *words).code == code


def test_a_lesson_for_everyone_has_no_wording_that_was_asked_in_private(
    nightschool: Command, store: Store
) -> None:
    asked(store, WIFI, channel="CPUBLIC")
    store.places.learn("CPUBLIC", "public")
    asked(store, "what is the WIFI called", person="UBEN", channel="DBEN")
    (gap,) = nightschool("gaps", "--json").document["gaps"]
    assert gap["questions"][0] != WIFI, "the newest wording is the private one"
    done = nightschool("gaps", "teach", "1", "It is called lighthouse.", "--json").document
    lesson = store.examples.get(done["lesson"])
    assert (lesson.for_whom, lesson.prompt) == (Scope(), WIFI)
