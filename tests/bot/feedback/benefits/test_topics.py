"""What lessons are about."""

from bot.feedback.benefits.topics import MOST, Topic, topics


def test_a_lesson_counts_for_one_topic_alone() -> None:
    questions = [
        "How do I reach the VPN?",
        "Which VPN works in Berlin?",
        "What does the VPN cost in Berlin?",
        "Who runs the Berlin office?",
        "Where is the Berlin canteen?",
    ]
    # Berlin has four of them; of the one that is left, no word is had by two.
    assert topics(questions) == (Topic("berlin", 4),)


def test_fillers_and_numbers_are_no_topics() -> None:
    assert topics(["What is the code 42?", "What is the 42 thing?"]) == ()
    assert topics(["Wie ist das?", "Wie ist die Miete?"]) == ()


def test_a_word_of_nearly_all_lessons_says_nothing() -> None:
    questions = [f"Nightschool printer {'abcdefghijklmnopqrstu'[n]}xyz" for n in range(11)]
    questions += [f"Nightschool garden {'abcdefghijklmnopqrstu'[n]}xyz" for n in range(10)]
    names = [topic.name for topic in topics([*questions, *["Tea?"] * 9])]
    assert "nightschool" not in names


def test_topics_are_bounded_and_in_a_fixed_order() -> None:
    words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]
    questions = [f"{word} {n}" for word in words for n in range(2)]
    told = topics(questions)
    assert [topic.name for topic in told] == words[:MOST]
    assert topics([]) == ()
