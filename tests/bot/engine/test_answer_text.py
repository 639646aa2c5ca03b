"""Nothing of a foreign model's reasoning is shown, however its server sends it."""

import pytest

from bot.engine.answer_text import AnswerText, KnownModels

LONE = ["They ask ", "about lunch.\n", "</think>", "\n\nAt ", "noon."]
MARKED = ["<think>", *LONE]
PLAIN = ["At ", "noon."]


def said(models: KnownModels, pieces: list[str], *, cut: bool = False) -> tuple[list[str], str]:
    """What is shown of an answer piece by piece, and the whole."""
    text = models.answer("r1")
    shown = [text.feed(piece) for piece in pieces]
    shown.append(text.finish(cut=cut))
    models.learn("r1", text)
    return shown, text.whole


@pytest.mark.parametrize("pieces", [LONE, MARKED, PLAIN])
def test_the_first_answer_comes_in_one_piece_without_reasoning(pieces: list[str]) -> None:
    shown, whole = said(KnownModels(), pieces)
    assert [piece for piece in shown if piece] == ["At noon."]
    assert whole == "At noon."


@pytest.mark.parametrize("pieces", [LONE, MARKED, PLAIN])
def test_later_answers_stream_and_their_reasoning_stays_unseen(pieces: list[str]) -> None:
    models = KnownModels()
    said(models, pieces)
    shown, whole = said(models, pieces)
    assert [piece for piece in shown if piece] == ["At ", "noon."]
    assert whole == "At noon."


def test_a_model_that_opens_nothing_any_more_is_shown_and_streams_again() -> None:
    models = KnownModels()
    said(models, LONE)
    shown, whole = said(models, PLAIN)
    assert [piece for piece in shown if piece] == ["At noon."]
    assert whole == "At noon."
    assert said(models, PLAIN)[0] == ["At ", "noon.", ""]


def test_a_model_that_begins_to_open_its_reasoning_is_noticed_and_not_kept() -> None:
    models = KnownModels()
    said(models, PLAIN)
    assert said(models, LONE)[1] == "At noon."
    assert [piece for piece in said(models, LONE)[0] if piece] == ["At ", "noon."]


@pytest.mark.parametrize("first", [LONE, MARKED])
def test_reasoning_that_a_limit_cut_off_is_no_answer(first: list[str]) -> None:
    models = KnownModels()
    said(models, first)
    cut = models.answer("r1")
    assert [cut.feed(piece) for piece in first[:-3]] == [""] * len(first[:-3])
    assert cut.finish(cut=True) == ""
    assert cut.only_reasoning


@pytest.mark.parametrize(("opened", "shown"), [(True, ""), (False, "They ask")])
def test_a_cut_answer_of_an_unknown_model_is_shown_only_once_that_is_decided(
    opened: bool, shown: str
) -> None:
    text = AnswerText(opened=None)
    assert text.feed("They ask") + text.finish(cut=True) == text.whole == ""
    assert text.undecided
    assert text.decide(opened) == text.whole == shown
    assert text.only_reasoning == opened
    assert not text.undecided


def test_a_cut_answer_with_a_mark_is_decided_by_it() -> None:
    for sent in ("<think>They", "They ask.\n</think>\nAt", "<think>x</think>At"):
        text = AnswerText(opened=None)
        text.feed(sent)
        text.finish(cut=True)
        assert not text.undecided


def test_an_empty_answer_is_no_reasoning() -> None:
    text = AnswerText(opened=None)
    assert text.finish(cut=False) == ""
    assert not text.only_reasoning


def test_the_answers_of_our_own_engine_are_taken_as_they_come() -> None:
    text = AnswerText(opened=False, ours=True)
    assert "".join(map(text.feed, LONE)) + text.finish(cut=False) == text.whole == "".join(LONE)
