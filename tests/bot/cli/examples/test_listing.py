"""`nightschool examples list` and `show`."""

import pytest

from bot.messages import Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.cli.conftest import Command


def test_list_and_show(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    listed = nightschool("examples", "list", "--json").document
    assert [e["prompt"] for e in listed["examples"]] == ["When is lunch?"]
    shown = nightschool("examples", "show", "1", "--json").document
    assert shown["status"] == "approved"
    assert [change["after"] for change in shown["history"]] == ["approved"]
    assert shown["adapters"] == []
    assert "At noon." in nightschool("examples", "list").out
    assert "At noon." in nightschool("examples", "show", "1").out


def test_an_unknown_example_is_one_line(nightschool: Command) -> None:
    done = nightschool("examples", "show", "7")
    assert (done.code, done.out) == (1, "")
    assert done.err == "nightschool: there is no example 7\n"


def test_what_is_worth_a_look_is_shown(nightschool: Command) -> None:
    nightschool("teach", "Where is the wiki?", "https://wiki.lantern.example/start")
    shown = nightschool("examples", "show", "1", "--json").document
    assert shown["marks"] == ["only a link"]
    assert "only a link" in nightschool("examples", "show", "1").out


def test_words_of_the_bot_are_marked_and_the_turns_before_them_are_shown(
    nightschool: Command, store: Store
) -> None:
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Lunch?"), ("assistant", "At noon.")]
    store.examples.add(
        NewExample(
            "Lunch?",
            "At noon.",
            "reaction",
            "U1",
            messages=tuple(Message(role, text) for role, text in turns),
        )
    )
    shown = nightschool("examples", "show", "1").out
    assert shown.startswith("user: Hi\nassistant: Hello.\nQ: Lunch?\nA: At noon.\n")
    assert "bot's own words" in shown
    assert "adapters trained on it: none yet" in shown


def test_as_many_are_listed_as_are_asked_for(nightschool: Command) -> None:
    for number in range(3):
        nightschool("teach", f"Question {number}?", "Yes.")
    listed = nightschool("examples", "list", "--limit", "2", "--json").document["examples"]
    assert [example["id"] for example in listed] == [3, 2]


def test_adapters_of_an_example_are_those_of_nights_that_made_one(
    nightschool: Command, store: Store
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    store.runs.trained_on(store.runs.start(1).id, [1])
    assert nightschool("examples", "show", "1", "--json").document["adapters"] == []


def test_a_list_can_be_of_one_status_or_of_what_has_a_word(nightschool: Command) -> None:
    for question in ("When is lunch?", "Who bakes?"):
        nightschool("teach", question, "Yes.")
    nightschool("examples", "withdraw", "1")
    for options in (("--status", "withdrawn"), ("--search", "lunch")):
        (example,) = nightschool("examples", "list", *options, "--json").document["examples"]
        assert example["id"] == 1
    assert nightschool("examples", "list", "--status", "learned").code == 2


def test_an_example_is_shown_with_its_source_its_end_its_history_and_its_adapters(
    nightschool: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.ask.getpass.getuser", lambda: "noor")
    link = "https://tea.slack.example/p4"
    store.examples.add(
        NewExample("Lunch?", "At noon.", "teach", "U1", permalink=link, expires_on="2999-01-31")
    )
    run = store.runs.start(1).id
    store.runs.trained_on(run, [1])
    store.runs.finish(run, "promoted", "Good.", version="v0003", examples=1, seconds=1.0)
    nightschool("examples", "withdraw", "1", "--why", "It moved.")
    lines = nightschool("examples", "show", "1").out.splitlines()
    assert "withdrawn, teach by U1" in lines
    assert f"from {link}" in lines
    assert "true until 2999-01-31" in lines
    assert lines[-2].endswith(" withdrawn by noor: It moved.")
    assert lines[-1] == "adapters trained on it: v0003"
    assert nightschool("examples", "show", "1", "--json").document["adapters"] == ["v0003"]


@pytest.mark.parametrize("whom", ["C0SHUT", "U0ANNA"])
def test_private_words_are_shown_only_when_they_are_asked_for(
    nightschool: Command, whom: str
) -> None:
    nightschool("teach", "When is lunch?", "At noon.", "--for", whom)
    nightschool("teach", "Who are we?", "A team.")
    nightschool("examples", "reject", "1", "--why", "lunch is cancelled")
    for shown in (
        nightschool("examples", "list"),
        nightschool("examples", "list", "--json"),
        nightschool("examples", "show", "1"),
        nightschool("examples", "show", "1", "--json"),
    ):
        assert whom in shown.out
        assert "lunch" not in shown.out
        assert "noon" not in shown.out
    hidden = nightschool("examples", "show", "1", "--json").document
    assert (hidden["prompt"], hidden["completion"], hidden["messages"]) == ("", "", None)
    assert hidden["hidden"] is True
    for words in ("lunch", "noon"):
        assert (
            nightschool("examples", "list", "--search", words, "--json").document["examples"] == []
        )
    found = nightschool("examples", "list", "--search", "noon", "--private", "--json").document
    assert [e["completion"] for e in found["examples"]] == ["At noon."]
    shown = nightschool("examples", "show", "1", "--private", "--json").document
    assert (shown["prompt"], shown["hidden"]) == ("When is lunch?", False)
    assert "At noon." in nightschool("examples", "list", "--private").out
