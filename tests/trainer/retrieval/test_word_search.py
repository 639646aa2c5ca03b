"""Lessons that share words with a question are found, those with its rare words first."""

from trainer.retrieval.word_search import MOST_WORDS, WordSearch

LESSONS = [
    ("Who owns document-service?", "Ana does."),
    ("Who owns report-service?", "Ben does, not document-service."),
    ("Who owns the document cache?", "Cleo does."),
    ("Which port has report-service?", "4100."),
    ("Who owns ledger-service?", "Dov does."),
]


def test_names_are_found_however_they_are_written_the_rare_words_first() -> None:
    search = WordSearch(LESSONS)
    assert set(search.places("whom do I ask about the Document Service", 5)[:2]) == {0, 2}
    assert search.places("document service", 3)[0] == 0, "it alone has both words"


def test_only_the_questions_of_lessons_are_searched_and_no_more_than_asked_for() -> None:
    search = WordSearch(LESSONS)
    assert search.places("does", 5) == []
    assert len(search.places("who owns what", 2)) == 2


def test_what_people_write_is_no_query() -> None:
    search = WordSearch(LESSONS)
    assert search.places('prompt: "owns" NOT NEAR(* OR', 9) == search.places("owns", 9)
    assert search.places("!? ...", 9) == []
    assert search.places("word " * 10_000 + "owns", 9) == [], f"{MOST_WORDS} words are looked for"
