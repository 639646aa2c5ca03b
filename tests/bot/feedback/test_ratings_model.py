"""Random thumbs, corrections and second thoughts of three people, against a model of ten lines.

What one of them says beside the words of another is proposed, so a lesson may wait as well.
"""

import tempfile
from pathlib import Path
from typing import Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.feedback.ratings import ReplyRatings
from bot.settings import FeedbackSettings, Settings
from bot.store import Store
from tests.bot.stored import reply

PEOPLE = ("U1", "U2", "U3")
"""The first one asked; the second is a teacher."""
BAD, QUESTION = "Never.", "When is lunch?"
person = st.sampled_from(PEOPLE)


class Verdicts(RuleBasedStateMachine):
    """One answer, and everything that people may do about it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self._folder.name) / "store.db")
        self.opinions: dict[str, int] = {}
        self.corrections: dict[str, str] = {}

    def teardown(self) -> None:
        self.store.close()
        self._folder.cleanup()

    @initialize(thumbs=st.sampled_from(["anyone", "asker", "teachers", 2]))
    def ask(self, thumbs: Literal["anyone", "asker", "teachers"] | int) -> None:
        base = Settings()
        asked = base.with_changes(
            feedback=FeedbackSettings(thumbs=thumbs),
            slack=base.slack.model_copy(update={"teachers": ("U2",)}),
        )
        self.thumbs = thumbs
        self.ratings = ReplyRatings(self.store, asked)
        self.reply = reply(self.store, QUESTION, BAD)

    @rule(who=person)
    def up(self, who: str) -> None:
        self.ratings.thumbs_up(self.reply, who)
        self.opinions[who] = 1
        self.corrections.pop(who, None)

    @rule(who=person)
    def down(self, who: str) -> None:
        self.ratings.thumbs_down(self.reply, who)
        self.opinions[who] = -1

    @precondition(lambda self: self.opinions)
    @rule(who=person)
    def take_back(self, who: str) -> None:
        self.ratings.take_back(self.reply, who)
        if self.opinions.pop(who, None) is not None:
            self.corrections.pop(who, None)

    @rule(who=person, text=st.sampled_from(["At noon.", "At one.", BAD]))
    def correct(self, who: str, text: str) -> None:
        taught = self.ratings.correct(self.reply, who, text, "keep")
        if text == BAD:
            assert taught.status == "refused"
            return
        self.opinions[who] = -1
        self.corrections[who] = text

    @invariant()
    def one_row_a_person_and_the_last_word_counts(self) -> None:
        if hasattr(self, "reply"):
            assert self.store.ratings.everyone(self.reply) == self.opinions

    @invariant()
    def the_answer_is_a_lesson_if_enough_who_count_like_it_and_nobody_corrected_it(self) -> None:
        if not hasattr(self, "reply"):
            return
        counting = {"asker": ("U1",), "teachers": ("U2",)}.get(str(self.thumbs), PEOPLE)
        likes = sum(value for who, value in self.opinions.items() if who in counting)
        needed = 2 if self.thumbs == 2 else 1
        wanted = likes >= needed and not self.corrections
        live = [*self.store.examples.approved(), *self.store.examples.search(status="pending")]
        lessons = [example.completion for example in live]
        assert (BAD in lessons) == wanted
        assert set(lessons) - {BAD} == set(self.corrections.values())

    @invariant()
    def each_correction_is_one_preference(self) -> None:
        rows = self.store.connections.db.query("select author, chosen from preferences")
        assert {row["author"]: row["chosen"] for row in rows} == self.corrections


TestVerdicts = Verdicts.TestCase
TestVerdicts.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
