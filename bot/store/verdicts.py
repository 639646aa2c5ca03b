"""What people thought of one adapter's answers, in votes that are for or against it."""

from dataclasses import dataclass

from bot.store.connections import Connections


@dataclass(frozen=True)
class Tally:
    """Decided votes only."""

    against: int
    in_favour: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.against + other.against, self.in_favour + other.in_favour)


class Verdicts:
    """Reads `votes`, `comparisons`, `feedback` and `replies`; writes nothing."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def votes(self, adapter: str, since: str = "") -> Tally:
        """Blind comparisons with the base model, each decided by most of its votes."""
        margins = self._margins(
            "select sum(case choice when 'tuned' then 1 when 'base' then -1 else 0 end) margin"
            " from votes join comparisons on comparisons.id = votes.comparison_id"
            " join replies on replies.id = comparisons.tuned_reply"
            " where replies.adapter = ? and votes.created_at > ? group by comparison_id",
            [adapter, since],
        )
        return Tally(sum(m < 0 for m in margins), sum(m > 0 for m in margins))

    def thumbs(self, adapter: str, before: str | None, since: str = "") -> Tally:
        """Answers of an adapter, each beside one of the adapter before it (None: the base).

        A pair is decided if people liked exactly one of the two. As long as the new one is liked
        at least as often, at most half of these are against it: McNemar's argument.
        """
        new = self._liked(adapter, since)
        old = self._liked(before, "")[::-1]
        pairs = list(zip(new, old, strict=False))
        return Tally(
            sum(theirs and not ours for ours, theirs in pairs),
            sum(ours and not theirs for ours, theirs in pairs),
        )

    def _liked(self, adapter: str | None, since: str) -> list[bool]:
        """Whether people liked each answer that they had an opinion of, in their order.

        Answers that repeated a lesson's own words say nothing about an adapter.
        """
        margins = self._margins(
            "select sum(feedback.value) margin from feedback"
            " join replies on replies.id = feedback.reply_id"
            " where replies.adapter is ? and replies.recalled is null"
            " and feedback.created_at > ? group by replies.id having margin != 0"
            " order by replies.id",
            [adapter, since],
        )
        return [margin > 0 for margin in margins]

    def _margins(self, query: str, parameters: list[str | None]) -> list[int]:
        return [int(row["margin"]) for row in self._connections.db.query(query, parameters)]
