"""How the votes between base and tuned stand, and how sure one can be of it. Knows no Slack."""

from dataclasses import dataclass

DECISIVE_VOTES = 6
"""With fewer, not even a unanimous vote is significant: two-sided, 2 / 2**5 is above 0.05."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class VoteTally:
    """Votes by what they came down to. Ties and "both bad" decide nothing."""

    base: int = 0
    tuned: int = 0
    tie: int = 0
    bad: int = 0

    @property
    def decisive(self) -> int:
        """Votes for one of the two."""
        return self.base + self.tuned

    @property
    def missing(self) -> int:
        """How many more decisive votes it takes before anything is said of a winner."""
        return max(0, DECISIVE_VOTES - self.decisive)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the tuned model's share of the decisive votes lies, by Wilson (1927)."""
        # Scientific Python is slow to import, and the bot starts without it.
        from scipy.stats import binomtest  # noqa: PLC0415  scipy is slow to import

        if not self.decisive:
            return 0.0, 1.0
        share = binomtest(self.tuned, self.decisive).proportion_ci(CONFIDENCE, method="wilson")
        return float(share.low), float(share.high)

    @property
    def winner(self) -> str | None:
        """`base` or `tuned` where the interval is all on one side; None where it is open."""
        if self.missing:
            return None
        low, high = self.interval
        if low > 0.5:  # noqa: PLR2004  half of the votes
            return "tuned"
        return "base" if high < 0.5 else None  # noqa: PLR2004  an even chance
