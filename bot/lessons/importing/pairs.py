"""Keeps the pairs of a preferred and a disliked answer that files bring.

They are preference data and no lessons: nobody is told them. Whether one may be trained on is
asked at each export, by `bot.lessons.preference_pairs`.
"""

from dataclasses import dataclass, replace

from bot.lessons.teaching import clean
from bot.settings import ExampleSettings
from bot.store import Store
from bot.store.ratings import IMPORTED, pair_key
from trainer.dataset.validation import validate_example
from trainer.importing.lines import FoundPair


@dataclass(frozen=True)
class KeptPair:
    """What became of a pair of a file.

    Attributes:
        pair: it as it is stored, or would be.
        new: whether it was added; otherwise it was known, or there are errors.
        errors: why it was not kept.
        redacted: the kinds of things that were taken out of it.
    """

    pair: FoundPair
    new: bool = False
    errors: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()


class PairKeeper:
    """Checks and cleans the pairs of one import, and adds each of them once."""

    def __init__(self, store: Store, settings: ExampleSettings, author: str) -> None:
        """Begins an import.

        Args:
            store: where the pairs are kept.
            settings: the limits, and what to do about secrets and personal data.
            author: the person who imports them.
        """
        self._store = store
        self._settings = settings
        self._author = author
        self._known: set[str] | None = None

    def keep(self, pair: FoundPair) -> KeptPair:
        """Adds a pair, unless it is known or cannot be learned from."""
        pair = FoundPair(pair.line, pair.prompt.strip(), pair.chosen.strip(), pair.rejected.strip())
        if errors := pair_errors(pair, self._settings):
            return KeptPair(pair, errors=errors)
        texts: list[str] = []
        found: list[str] = []
        for text in (pair.prompt, pair.chosen, pair.rejected):
            cleaned, kinds = clean(text, self._settings)
            texts.append(cleaned)
            found += kinds
        redacted = tuple(dict.fromkeys(found))
        if redacted and self._settings.sensitive != "redact":
            # Nobody could look at it and let it in: pairs have no status.
            sentence = f"it contains {' and '.join(redacted)}; import it without"
            return KeptPair(pair, errors=(sentence,))
        prompt, chosen, rejected = texts
        pair = replace(pair, prompt=prompt, chosen=chosen, rejected=rejected)
        if chosen == rejected:
            return KeptPair(pair, errors=("both answers are the same",))
        key = pair_key(prompt, chosen, rejected)
        if self._known is None:
            self._known = set(self._store.ratings.imported())
        if key in self._known:
            return KeptPair(pair, redacted=redacted)
        self._store.ratings.prefer(prompt, chosen, rejected, IMPORTED, self._author, None)
        self._known.add(key)
        return KeptPair(pair, new=True, redacted=redacted)


def pair_errors(pair: FoundPair, settings: ExampleSettings) -> tuple[str, ...]:
    """Returns why a night could not learn from a pair, as of a lesson."""
    errors: list[str] = []
    for name, answer in (("chosen", pair.chosen), ("rejected", pair.rejected)):
        errors += (
            error.replace("completion", f"{name} answer")
            for error in validate_example(
                {"prompt": pair.prompt, "completion": answer},
                max_prompt_length=settings.max_prompt_length,
                max_completion_length=settings.max_completion_length,
            )
        )
    return tuple(dict.fromkeys(errors))
