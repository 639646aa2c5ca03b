"""Looks again and again for questions that nobody has taught an answer to. Knows no Slack.

What it has looked through is stored: a year of replies is read once, a few hundred at a time.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.answers.retrieval import Retrieval, today
from bot.engine.client import EngineClient
from bot.errors import EngineError, EngineUnavailableError, NightschoolError
from bot.feedback.gaps.answered import Answered
from bot.feedback.gaps.clusters import Centres, Vector, centre_of
from bot.feedback.gaps.likeness import Likeness
from bot.feedback.gaps.words import WordIndex
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Store
from bot.store.questions.gap_questions import AnsweredQuestion, GapQuestion, GapQuestions
from bot.store.questions.gaps import GapReason
from trainer.importing.shapes.courtesies import is_thanks
from trainer.retrieval.scripts import has_words
from trainer.similarity import normalise

AT_ONCE = 500
"""Replies that one look reads."""
BEFORE = 200
"""Replies before them among which a question may have been asked first."""
AGAIN = timedelta(minutes=30)
"""Who asks in other words within this time was not helped by the first answer."""
EARLIER = 3
"""So many of a person's last questions in a place are compared with the next one."""
ENCODED = 16
"""Questions that one request encodes, for which somebody's question may wait."""
CHECKED = 20
"""Wordings that one look asks retrieval about."""
LESSONS = 200
"""Changes of lessons that one look follows."""
KNOWN_WORDINGS = 5000
"""The newest wordings, with which new questions are compared by words."""
LESSON_NEAR = 0.35
"""Cosine from which a new lesson may answer a gap, so that it is looked for closely."""
LOOK_EVERY = 3.0
"""Seconds between two looks."""
AWAY_EVERY = 30.0
"""Seconds until the next look after one that failed."""
_GREETINGS = """
hi hello hey hallo moin servus bonjour salut hola ciao ok okay yes no ja nein test ping bye
good morning evening afternoon guten morgen tag abend there again you team all so done sure
fine cool great nice right stop
"""
GREETINGS = frozenset(_GREETINGS.split())
"""Words of which alone no question is made."""
_ANY_TEXT = "?"
log = structlog.get_logger(__name__)


class GapFinder:
    """Turns new replies, thumbs and lessons into gaps that open, grow and close.

    It may be used from any thread; any number of processes may look at the same home.
    """

    def __init__(
        self,
        store: Store,
        engine: EngineClient | None,
        settings: Settings,
        retrieval: Retrieval | None = None,
    ) -> None:
        """Makes one.

        Args:
            store: has the replies, and the gaps.
            engine: encodes the questions; without one they are compared by their words.
            settings: validated settings.
            retrieval: looks for the lessons that answer a question [one of its own].
        """
        self._store = store
        self._questions = GapQuestions(store.connections)
        self._likeness = Likeness(engine)
        if retrieval is None and engine is not None:
            retrieval = Retrieval(store, engine)
        self._answered = Answered(store, retrieval)
        self._engine = engine
        self._privacy = Privacy(store, settings)
        self._lock = threading.Lock()
        self._words: WordIndex | None = None
        self._centres: Centres | None = None
        self._revision: str | None = None
        self._seen = 0

    def look(self) -> int:
        """Processes what is new since the last look, in parts; returns how much that was.

        Raises:
            NightschoolError: the database cannot be written.
        """
        with self._lock:
            done = self._follow_replies() + self._follow_thumbs()
            done += self._read_new()
            done += self._follow_lessons()
            return done + self._check()

    def ensure(self, reply_id: int) -> int | None:
        """Returns the gap of one reply, made where there is none; None where it can have none.

        Raises:
            NightschoolError: the database cannot be written.
        """
        if (gap := self._store.gaps.of_reply(reply_id)) is not None:
            return gap
        with self._lock:
            for asked in self._questions.of_replies([reply_id]):
                reason: GapReason = "asked_again" if asked.basis == "taught" else "untaught"
                self._add(asked, [reason])
                self._read_new(newest_only=True)
        return self._store.gaps.of_reply(reply_id)

    def run(self, stopped: threading.Event) -> None:
        """Looks until `stopped` is set."""
        pause = 0.0
        while not stopped.wait(pause):
            try:
                pause = LOOK_EVERY if not self.look() else 0.1
            except (NightschoolError, OSError, ValueError) as error:
                # Without its sentence: it could hold what people wrote.
                log.warning("gaps could not be looked for", error=type(error).__name__)
                pause = AWAY_EVERY

    def _follow_replies(self) -> int:
        after = self._questions.progress("reply")
        last = min(after + AT_ONCE, self._questions.last_reply())
        if last <= after:
            return 0
        latest: dict[tuple[str, str], list[AnsweredQuestion]] = {}
        for asked in self._questions.between(max(after - BEFORE, 0), last):
            before = latest.setdefault((asked.person, asked.channel), [])
            if asked.reply_id > after:
                self._judge(asked, before)
            before.append(asked)
            del before[:-EARLIER]
        self._questions.advance("reply", last)
        return last - after

    def _judge(self, asked: AnsweredQuestion, before: Sequence[AnsweredQuestion]) -> None:
        """Adds a new question where it is a gap, and the earlier one that it puts otherwise."""
        if not _is_question(asked.text):
            return
        for earlier in before:
            if _is_question(earlier.text) and self._asked_again(earlier, asked):
                self._add(earlier, ["asked_again"])
        reasons: list[GapReason] = ["untaught"] if asked.basis != "taught" else []
        if asked.turned_down:
            reasons.append("disliked")
        if reasons:
            self._add(asked, reasons)

    def _asked_again(self, earlier: AnsweredQuestion, asked: AnsweredQuestion) -> bool:
        passed = datetime.fromisoformat(asked.asked_at) - datetime.fromisoformat(earlier.asked_at)
        if passed > AGAIN or normalise(earlier.text) == normalise(asked.text):
            return False
        return self._likeness.reworded(earlier.text, asked.text)

    def _follow_thumbs(self) -> int:
        since = self._questions.mark("thumb")
        thumbs = self._questions.thumbed_down(since, AT_ONCE)
        # Those of the last moment are seen again: another may have come in the same one.
        for asked in self._questions.of_replies([reply for reply, _ in thumbs]):
            if asked.turned_down and _is_question(asked.text):
                self._add(asked, ["disliked"])
        if thumbs and thumbs[-1][1] > since:
            self._questions.set_mark("thumb", thumbs[-1][1])
        return sum(at > since for _, at in thumbs)

    def _add(self, asked: AnsweredQuestion, reasons: Sequence[GapReason]) -> int:
        """Stores a question of somebody of whom something may be kept; returns 1 if it is new."""
        if not self._privacy.keeps(asked.person):
            return 0
        words = self._wordings()
        known = self._store.gaps.of_reply(asked.reply_id)
        key = normalise(asked.text)
        gap = self._questions.add(asked, key, reasons, words.find(asked.text))
        if known is None:
            words.put(gap, asked.text)
        return int(known is None)

    def _wordings(self) -> WordIndex:
        if self._words is None:
            self._words = WordIndex()
            for gap, text in reversed(self._questions.texts(KNOWN_WORDINGS)):
                self._words.put(gap, text)
        return self._words

    def _read_new(self, *, newest_only: bool = False) -> int:
        """Has the encoder read new questions; each new gap joins the nearest one of its meaning."""
        read = 0
        while questions := self._questions.unread(ENCODED):
            texts = list(dict.fromkeys(question.text for question in questions))
            vectors = self._likeness.read(texts)
            if vectors is None:
                return read
            if vectors.revision != self._revision:
                self._begin(vectors.revision)
            for text, row in zip(texts, vectors.rows, strict=True):
                replies = [each.reply_id for each in questions if each.text == text]
                same = self._questions.same_words(normalise(text))
                self._questions.read([*replies, *same], vectors.revision, row)
            read += len(questions)
            self._place(vectors.revision, list(dict.fromkeys(each.gap_id for each in questions)))
            if newest_only or read >= AT_ONCE:
                break
        return read

    def _begin(self, revision: str) -> None:
        """Takes an encoder into use: what another one has read is read again."""
        self._questions.outdate(revision)
        self._revision, self._centres, self._seen = revision, None, 0

    def _place(self, revision: str, gaps: Sequence[int]) -> None:
        """Makes each gap that was read for the first time part of the nearest one, if one is near.

        A gap that somebody was asked about stays by itself, and others may join it.
        """
        self._refresh(revision, without=gaps)
        centres = self._centres
        for found in self._questions.vectors(sorted(gaps), revision):
            centre = centre_of(found.vectors)
            if centres is None:
                centres = self._centres = Centres(len(centre))
            if found.gap_id not in centres and self._join(found.gap_id, found.texts, centre):
                continue
            centres.put(found.gap_id, centre)

    def _join(self, gap_id: int, texts: Sequence[str], centre: Vector) -> bool:
        centres, revision = self._centres, self._revision
        if centres is None or revision is None:
            return False
        near = centres.nearest(centre, self._likeness.least(revision))
        for candidate, _ in near:
            if candidate == gap_id:
                continue
            for other in self._questions.vectors([candidate], revision):
                if self._likeness.same(texts[0], other.texts) and self._questions.move(
                    gap_id, candidate
                ):
                    for joined in self._questions.vectors([candidate], revision):
                        centres.put(candidate, centre_of(joined.vectors))
                    return True
        return False

    def _refresh(self, revision: str, without: Sequence[int] = ()) -> None:
        """Reads the centres of the gaps that have changed, whoever changed them."""
        changes = self._questions.changes()
        if changes == self._seen:
            return
        fresh = set(without)
        changed = [gap for gap in self._questions.changed(self._seen) if gap not in fresh]
        found = {each.gap_id: each for each in self._questions.vectors(changed, revision)}
        for gap in changed:
            if gap in found:
                centre = centre_of(found[gap].vectors)
                if self._centres is None:
                    self._centres = Centres(len(centre))
                self._centres.put(gap, centre)
            elif self._centres is not None:
                self._centres.drop(gap)
        self._seen = changes

    def _follow_lessons(self) -> int:
        """Has the questions checked that a new lesson may answer, and those that one answered."""
        left = self._questions.left_alone(today(), AT_ONCE)
        if left:
            self._store.gaps.reopen(left)
        return len(left) + self._follow_new_lessons()

    def _follow_new_lessons(self) -> int:
        """Follows lessons by their vectors, which the index makes soon, and by their words."""
        changes = self._questions.progress("changes")
        lessons = self._questions.lessons_changed(changes, LESSONS)
        if lessons:
            self._questions.check(self._by_words([lesson for lesson, _ in lessons]))
            self._questions.advance("changes", lessons[-1][1])
        after = self._questions.progress("vectors")
        ids, last = self._questions.vectors_changed(after, LESSONS)
        revision = self._encoder() if ids else None
        if revision is None:
            return len(lessons)  # without an encoder they are followed later
        self._refresh(revision)
        if self._centres is not None:
            table = self._store.vectors.all_of(revision, self._centres.width, ids)
            self._questions.check(self._centres.within(table.vectors, LESSON_NEAR))
        self._questions.advance("vectors", last)
        return len(ids) + len(lessons)

    def _encoder(self) -> str | None:
        """Returns the fingerprint of the encoder in use; None where there is none now."""
        if self._revision is None:
            read = self._likeness.read([_ANY_TEXT])
            if read is None:
                return None
            self._begin(read.revision)
        return self._revision

    def _by_words(self, lessons: Sequence[int]) -> list[int]:
        """Returns the gaps whose question stands in a lesson in nearly the same words."""
        words = self._wordings()
        found = (
            words.find(self._store.examples.get(lesson).prompt) for lesson in dict.fromkeys(lessons)
        )
        return [gap for gap in found if gap is not None]

    def _check(self) -> int:
        """Asks retrieval about questions that a lesson may answer by now."""
        by_place: dict[tuple[str, str, str, int | None], list[GapQuestion]] = {}
        for each in self._questions.unchecked(AT_ONCE):
            place = each.channel if not each.channel.startswith("D") else each.person
            key = (normalise(each.text), each.source, place, each.told)
            by_place.setdefault(key, []).append(each)
        checked = 0
        for some in list(by_place.values())[:CHECKED]:
            replies = [each.reply_id for each in some]
            try:
                lesson, nearest = self._answered.by(some[0])
            except EngineUnavailableError:
                return checked  # they are checked when it is there again
            except EngineError as error:
                log.debug("a gap was not checked", error=type(error).__name__)
                lesson, nearest = None, None
            if lesson is not None:
                self._store.gaps.answered(replies, lesson.id)
            else:
                self._questions.checked(replies, nearest.id if nearest else None)
            checked += len(some)
        return checked


def _is_question(text: str) -> bool:
    """Returns whether a message may ask something: thanks and greetings do not."""
    words = [word.strip(".,!?;:").casefold() for word in text.split()]
    return has_words(text) and not is_thanks(text) and not GREETINGS.issuperset(words)
