"""An answer is the taught one as long as its words are the taught ones in the taught order."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trainer.retrieval.faithfulness import faithful

QUESTION = "Where do I find the spare key of the van?"
TAUGHT = "It hangs on hook 14 in the Juniper room; ask Marlene (marlene@example.com) first."
WIFI = "The guests' wifi is called moorhen-17."
WIFI_ASKED = "What is the wifi for guests called?"
ROUTER = "Restart the router and unplug the printer, then call Ben."

TELLING_TEXT = """
before after until till by from to over under above below up down only except without
with can could may must should not never no less more than and or either first last left right today
tomorrow monday friday june euros metres 8080 9090 five six anna ben staging production
"""
TELLING = TELLING_TEXT.split()
"""Words each of which changes an answer: none may be lost, new or elsewhere."""


@pytest.mark.parametrize(
    "said",
    [
        TAUGHT,
        "it hangs on hook 14, in the juniper room. Ask Marlene (marlene@example.com) first",
        "IT HANGS ON HOOK 14 IN THE JUNIPER ROOM: ASK MARLENE, marlene@example.com, FIRST!",
        TAUGHT.replace("hook 14", "**hook 14**").replace("; ask", " \u2013\n\n **ask** "),
        "- " + TAUGHT.replace("Juniper", "\u201cJuniper\u201d").replace("; ask", "\n- Ask"),
        "It hangs on the hook 14 in Juniper room; please ask Marlene (marlene@example.com) first.",
        TAUGHT.replace("It", "The spare key of the van").replace(";", ":"),
        "Sure: it hangs on hook 14 in the Juniper room; ask Marlene (marlene@example.com) first.",
        f"Sure, here you go: {TAUGHT}",
        f"{TAUGHT} Hope that helps!",
        f"Good question! {TAUGHT} Let me know if you have any questions.",
        f"{TAUGHT} You\u2019re welcome.",
    ],
)
def test_another_spelling_and_the_subject_in_the_words_of_the_question_are_faithful(
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
        TAUGHT.replace("ask", "and you may ask"),
        TAUGHT.replace(" first", " last"),
        TAUGHT.replace(" first", ""),
        TAUGHT.replace(" on ", " under "),
        TAUGHT.replace("It", "The van"),
        TAUGHT.replace("It", "The key of the van"),
        TAUGHT.replace("It", "The key of the spare van and of the house"),
        "Please ask Marlene (marlene@example.com) first. It hangs in the Juniper room, on hook 14.",
        f"{TAUGHT} The alarm code is 14.",
        f"Yes. {TAUGHT}",
        f"Sure {TAUGHT}",
        TAUGHT.replace("; ask", "; sure, ask"),
        "Sure.",
        "Hope that helps!",
        "It hangs.",
        "",
    ],
)
def test_what_is_lost_changed_new_or_elsewhere_is_not_faithful(said: str) -> None:
    assert not faithful(TAUGHT, said, QUESTION)


@pytest.mark.parametrize(
    ("taught", "said"),
    [
        ("Tell Ben before you deploy.", "Tell Ben after you deploy."),
        ("Staging is 8080, production 9090.", "Staging is 9090, production 8080."),
        ("Staging is 8080, production 9090.", "Production is 8080, staging 9090."),
        ("The desk is open from 9 to 17.", "The desk is open from 17 to 9."),
        ("Anna on Mondays, Ben on Fridays.", "Anna on Fridays, Ben on Mondays."),
        ("You may take up to five.", "You may take over five."),
        ("You may take five.", "You may take six."),
        ("You may take five.", "You may only take five."),
        (ROUTER, "Call Ben."),
        (ROUTER, "Call Ben, then restart the router and unplug the printer."),
        (ROUTER, ROUTER.replace(" and ", " or ")),
        (ROUTER, ROUTER.replace("router", "it").replace("printer", "router")),
        ("Marlene has the key to room B4.", "The key to room B4."),
        ("Marlene has the key to room B4.", "It has the key to room B4."),
        ("You can park there.", "You must not park there."),
        ("You can park there.", "You could park there."),
        ("You can park there.", "You can't park there."),
        ("Pay within 30 days.", "Pay within 30 weeks."),
        ("It costs 85 euros.", "It costs 85 dollars."),
        ("With milk.", "Without milk."),
        ("Turn left.", "Turn right."),
        ("Few may enter.", "A few may enter."),
        ("Port A is free.", "Port is free."),
        ("Use port a.", "Use port."),
        ("Keep it at -5 degrees.", "Keep it at 5 degrees."),
        ("Take 9 - 5 pieces.", "Take 9, 5 pieces."),
        ("It has 10\u00b2 rows.", "It has 102 rows."),
        ("Edit .env first.", "Edit env first."),
        ("Delete *.log files.", "Delete .log files."),
        ("Add ~~two~~ three.", "Add two three."),
        ("It is #general.", "It is general."),
        ("The password is hunterTWO.", "The password is huntertwo."),
        ("The password is k4B7.", "The password is k4b7."),
        ("No, parking is allowed.", "No parking is allowed."),
        ("No - parking is allowed.", "No parking is allowed."),
        ("Mondays only, Fridays from nine.", "Mondays, only Fridays from nine."),
        ("Call Ben if it rings. Use the code.", "Call Ben. If it rings, use the code."),
        ("Don't, ask Ben.", "Do not ask Ben."),
        ("No . Parking is allowed.", "No parking is allowed."),
        ("Take 5*3*2 pieces.", "Take 532 pieces."),
        ("Take 2*3*.", "Take 23."),
        ("Use *.log and *.txt.", "Use .log and .txt."),
        ("Go without. Ben waits.", "Go. Without Ben waits."),
        ("Please.", "!"),
        ("The code is K4B.", "The code is K4b."),
        ("- 5 degrees is too cold.", "5 degrees is too cold."),
        ('Take 27" screens.', "Take 27 screens."),
        ("Ma\u00dfe.", "Masse."),
        ("Fill it in. Hope that helps!", "Fill it in."),
        ("The.", "A!"),
    ],
)
@pytest.mark.parametrize("repeated", [False, True])
def test_order_and_small_words_count_even_where_the_question_has_them_all(
    taught: str, said: str, repeated: bool
) -> None:
    question = f"Is it so: {taught} Or rather: {said}" if repeated else "What is it?"
    assert not faithful(taught, said, question)
    assert faithful(taught, taught.replace(" ", "\n") + " ", question)


@pytest.mark.parametrize(
    ("taught", "said"),
    [
        ("Don't open it.", "Do not open it."),
        ("You can't.", "You cannot."),
        ("You can not.", "You can\u2019t."),
        ("It's late, we'll go, you're right.", "It is late, we will go, you are right."),
        ("It won't open, they've left.", "It will not open, they have left."),
        ("I'm out.", "I am out."),
        ("Ask Ben's team.", "ask Ben\u2019s team"),
        ("Open from 9\u201317.", "Open from 9-17."),
        ("A key is there.", "Key is there."),
        ("Ask Ben. A key is there.", "Ask Ben; key is there."),
        ("# Doors\n> Close them.", "Doors, close them!"),
        ("No, ask Ben.", "No. Ask Ben."),
        ("You must not.", "You must not"),
        ("Hello, ask Ben.", "Hello: ask Ben."),
        ("Customers may not return tea.", "customers may not return the tea"),
        ("K4711 opens it.", "k4711 opens it."),
    ],
)
def test_contractions_articles_and_marks_are_free_both_ways(taught: str, said: str) -> None:
    assert faithful(taught, said, "What of it?")
    assert faithful(said, taught, "What of it?")


@pytest.mark.parametrize(
    ("taught", "said", "question"),
    [
        (WIFI, "It is called moorhen-17.", WIFI_ASKED),
        (WIFI, "It's called moorhen-17.", "What's our guest wifi called?"),
        (WIFI, "The wifi for guests is called moorhen-17.", WIFI_ASKED),
        (WIFI, "Your guest wifi is moorhen-17.", WIFI_ASKED),
        (WIFI, "Moorhen-17.", WIFI_ASKED),
        ("The building closes at 21:15.", "It closes at 21:15.", "When does the building close?"),
        ("The keys are named Bo and Al.", "They are named Bo and Al.", "How are the keys named?"),
        ("The van's spare key is in B4.", "The spare key of the van is in B4.", QUESTION),
        ("The keys are in B4.", "In B4.", "Where are the keys kept?"),
    ],
)
def test_what_was_asked_about_may_be_named_a_pronoun_or_left_out(
    taught: str, said: str, question: str
) -> None:
    assert faithful(taught, said, question)
    assert faithful(said, taught, question)


@pytest.mark.parametrize(
    ("taught", "said", "question"),
    [
        (WIFI, "It is called moorhen-18.", WIFI_ASKED),
        (WIFI, "It is not called moorhen-17.", WIFI_ASKED),
        (WIFI, "It was called moorhen-17.", WIFI_ASKED),
        (WIFI, "It is called moorhen-17.", "Do the guests have a wifi, and the staff?"),
        (WIFI, "The wifi is called moorhen-17.", WIFI_ASKED),
        (WIFI, "The guests are called moorhen-17.", WIFI_ASKED),
        (WIFI, "The staff's wifi is called moorhen-17.", WIFI_ASKED),
        ("The van is at Kai's.", "It is at Kai's.", "Where is the key of the van?"),
        ("The wifi for staff is X1.", "The wifi staff is X1.", "What is the wifi called?"),
        ("Some guests are out.", "They are out.", "Where are the guests?"),
        ("Room B4 is upstairs.", "It is upstairs.", "Where is room B4 or B5?"),
        ("Room B4 is upstairs.", "Room is upstairs.", "Where is room B4?"),
        ("It is upstairs.", "The room is upstairs.", "Where is room B4?"),
        ("The red key is here.", "It is here.", "Where are the red and the blue key?"),
        ("Use production.", "Use staging.", "What is staging or production?"),
        (WIFI, "Called moorhen-17.", WIFI_ASKED),
        ("They can enter.", "It can enter.", "Can they?"),
        ("We are at Kai's.", "They are at Kai's.", "Where are we?"),
        (
            "The friend of Anna's boss is Kai.",
            "The boss of Anna's friend is Kai.",
            "Who is the boss of Anna's friend?",
        ),
        (
            "The bus from Rome to Oslo is red.",
            "The bus from Oslo to Rome is red.",
            "Where is the bus from Oslo to Rome?",
        ),
    ],
)
def test_a_subject_is_exchanged_only_whole_and_where_the_question_is_about_it_alone(
    taught: str, said: str, question: str
) -> None:
    assert not faithful(taught, said, question)


@pytest.mark.parametrize("question", ["May I return tea?", "Tea?", ""])
def test_an_opening_that_could_be_a_yes_is_not_harmless(question: str) -> None:
    assert not faithful("After 37 days.", "Sure: after 37 days.", question)


@given(st.text(), st.text())
def test_any_answer_is_faithful_to_itself(answer: str, question: str) -> None:
    assert faithful(answer, answer, question)


@given(st.lists(st.sampled_from(TELLING), min_size=1), st.sampled_from([" ", "\n", ", "]))
def test_the_same_words_are_faithful_in_capitals_and_on_lines(
    answer: list[str], between: str
) -> None:
    said = between.join(answer).upper() if between != ", " else " ".join(answer).title() + "!"
    assert faithful(" ".join(answer), said, "What is it?")


@given(
    st.lists(st.sampled_from(TELLING), min_size=1),
    st.lists(st.sampled_from(TELLING)),
    st.data(),
)
def test_no_telling_word_is_lost_new_or_elsewhere(
    answer: list[str], others: list[str], data: st.DataObject
) -> None:
    said = data.draw(st.one_of(st.permutations(answer), st.just(others), st.just(answer[1:])))
    assume(said != answer)
    question = " ".join(["Is", *answer, "or", *said])
    assert not faithful(" ".join(answer), " ".join(said), question)
