"""An answer is the taught one as long as nothing is new in it and nothing lost."""

import pytest

from trainer.retrieval.faithfulness import faithful

QUESTION = "Where do I find the spare key of the van?"
TAUGHT = "It hangs on hook 14 in the Juniper room; ask Marlene (marlene@example.com) first."


@pytest.mark.parametrize(
    "said",
    [
        TAUGHT,
        "it hangs on hook 14, in the Juniper room. Ask Marlene (marlene@example.com) first",
        (
            "The spare key of the van hangs on hook 14 in the Juniper room: ask Marlene "
            "(marlene@example.com) first."
        ),
        "Please ask Marlene (marlene@example.com) first. It hangs in the Juniper room, on hook 14.",
    ],
)
def test_the_taught_words_in_another_order_and_with_those_of_the_question_are_faithful(
    said: str,
) -> None:
    assert faithful(TAUGHT, said, QUESTION)


@pytest.mark.parametrize(
    "said",
    [
        TAUGHT.replace("14", "15"),
        TAUGHT.replace("Juniper", "Jasmine"),
        TAUGHT.replace("Marlene (", "Martin ("),
        TAUGHT.replace("marlene@example.com", "marlene@example.org"),
        TAUGHT.replace("hook 14 in ", ""),
        TAUGHT.replace("It hangs", "It never hangs"),
        TAUGHT.replace("ask", "do not ask"),
        TAUGHT + " The alarm code is 14.",
        "",
    ],
)
def test_what_is_lost_changed_or_new_is_not_faithful(said: str) -> None:
    assert not faithful(TAUGHT, said, QUESTION)


@pytest.mark.parametrize(
    ("taught", "said", "right"),
    [
        ("Customers may return tea.", "Customers may return tea.", True),
        ("Customers may return tea.", "Customers may return coffee.", False),
        ("Customers may not return tea.", "Customers may return tea.", False),
        ("Customers may not return tea.", "Customers may never return tea.", False),
        ("Yes.", "Yes.", True),
        ("Yes.", "No.", False),
    ],
)
def test_answers_without_names_and_numbers_keep_their_words(
    taught: str, said: str, right: bool
) -> None:
    assert faithful(taught, said, "What of returns?") == right
