"""Which gap a question belongs to by its words alone, as every language and every home has them."""

from collections import defaultdict

from bot.feedback.gaps.clusters import apart
from trainer.similarity import Form, alike, form

COMPARED = 200
"""At most so many questions that share a question's rarest words are compared with it."""


class WordIndex:
    """The wordings of gaps, of which only those are compared that share a word of meaning."""

    def __init__(self) -> None:
        self._forms: list[tuple[Form, str, int]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)

    def put(self, gap_id: int, text: str) -> None:
        """Adds a wording of a gap."""
        one = form(text)
        for word in (one.text, *one.bag):
            self._by_word[word].append(len(self._forms))
        self._forms.append((one, text, gap_id))

    def find(self, text: str) -> int | None:
        """Returns the gap that was asked in nearly the same words, or None."""
        asked = form(text)
        shared = [self._by_word[word] for word in (asked.text, *asked.bag) if word in self._by_word]
        places = [place for some in sorted(shared, key=len) for place in some[-COMPARED:]]
        for place in dict.fromkeys(places[:COMPARED]):
            other, words, gap_id = self._forms[place]
            if alike(asked, other) and not apart(text, [words]):
                return gap_id
        return None
