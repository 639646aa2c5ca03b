"""Keys, tokens, passwords and PINs: the shapes of detect-secrets and our own."""

import re
from collections.abc import Iterable, Iterator

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from bot.redaction.finding import Finding

# Left out: entropy and keywords (made for source code), public addresses, and three with shapes
# of our own below (private keys, web tokens, passwords in addresses).
_PLUGINS = (
    ArtifactoryDetector,
    AWSKeyDetector,
    AzureStorageKeyDetector,
    DiscordBotTokenDetector,
    GitHubTokenDetector,
    GitLabTokenDetector,
    NpmDetector,
    OpenAIDetector,
    PypiTokenDetector,
    SendGridDetector,
    SlackDetector,
    SquareOAuthDetector,
    StripeDetector,
    TelegramBotTokenDetector,
    TwilioKeyDetector,
)


def _bounded(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The same pattern with at most three spaces where it allows any number of them.

    detect-secrets puts three such repeats in a row between a label and its value: a label and
    2,000 spaces would take half a minute, in which nothing else runs.
    """
    bounded = pattern.pattern.replace(" *", " {0,3}").replace(" +", " {1,3}")
    return re.compile(bounded, pattern.flags)


_KNOWN: tuple[re.Pattern[str], ...] = tuple(
    _bounded(pattern) for plugin in _PLUGINS for pattern in plugin().denylist
)
# Slow shapes, and words of which each of their matches has one (in any case).
_SLOW: tuple[tuple[tuple[str, ...], tuple[re.Pattern[str], ...]], ...] = tuple(
    (needed, tuple(_bounded(pattern) for plugin in plugins for pattern in plugin().denylist))
    for needed, plugins in (
        (
            ("key", "pw", "pass", "token", "cloudant", "softlayer"),
            (CloudantDetector, IbmCloudIamDetector, IbmCosHmacDetector, SoftlayerDetector),
        ),
        (("-us",), (MailchimpDetector,)),
    )
)
_TOKENS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        xox[a-z]-[\w-]{10,} | xapp-[\w-]{10,} | xoxe(?:\.xox[a-z])?-[\w-]{10,}      # Slack
      | https://hooks\.slack\.com/(?:services|workflows|triggers)/\S{10,}
      | (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}                                         # AWS
      | AIza[\w-]{35} | ya29\.[\w-]{20,} | GOCSPX-[\w-]{20,}                        # Google
      | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_\w{22,} | glpat-[\w-]{20,}          # GitHub, GitLab
      | hf_[A-Za-z0-9]{30,} | sk-(?:ant-|proj-|svcacct-)?[\w-]{20,}                 # models
      | (?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,} | dop_v1_[a-f0-9]{64} | dapi[a-f0-9]{32}
      | npm_[A-Za-z0-9]{36} | pypi-[\w-]{50,} | SG\.[\w-]{16,}\.[\w-]{16,}
      | eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?                                        # web tokens
    )""",
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|.*\Z)",
    re.DOTALL,
)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^\s/:@]{1,100}:(?P<secret>[^\s/@]{1,200})@")
_LABELLED = re.compile(
    r"""(?:(?P<password>pass(?:word|wort|phrase|code)|kennwort|pwd|\bpw)|pin|secret(?:[ _-]?key)?
        |(?:api|access|auth|private)[ _-]?(?:key|token)|bearer|token)
        ["']?\s{0,3}(?P<told>:=?|=|\bis:?|\blautet:?)\s{0,3}["'`]?(?P<secret>[^\s"'`<>\[\]]{6,200})""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_PASSWORDS = frozenset(
    [
        "change",
        "contact",
        "expired",
        "hidden",
        "nothing",
        "optional",
        "please",
        "required",
        "string",
        "unknown",
    ]
)
"""What stands after `password:` in instructions."""
_PIN = re.compile(
    r"\bpin(?:[ -]?(?:code|number|nummer))?\s{0,3}(?::|=|is:?|ist:?|lautet:?)\s{0,3}"
    r"(?P<secret>\d{4,8})(?![\w-]|\.\d)",
    re.IGNORECASE,
)
_LABELS = ("pass", "kennwort", "pw", "pin", "secret", "key", "token", "bearer")
"""Each match of `_LABELLED` and `_PIN` has one of them."""
_SIGNATURE = re.compile(r"[?&](?:sig|signature|X-Amz-Signature)=(?P<secret>[\w%+/=-]{16,})")
_TOKEN_END = re.compile(r"[\w+/=~-]*")


def secrets(text: str) -> Iterator[Finding]:
    """Keys, tokens, passwords and PINs, in no order; they may overlap."""
    plain = text.casefold()
    slow = [pattern for needed, patterns in _SLOW if _has(plain, needed) for pattern in patterns]
    for pattern in (*_KNOWN, *slow, _TOKENS):
        for match in pattern.finditer(text):
            # Some shapes stop before their token does.
            end = _TOKEN_END.match(text, match.end())
            yield Finding("secret", match.start(), end.end() if end else match.end())
    for match in _PRIVATE_KEY.finditer(text):
        yield Finding("secret", *match.span())
    for pattern in (_PASSWORD_IN_ADDRESS, _SIGNATURE):
        for match in pattern.finditer(text):
            yield Finding("secret", *match.span("secret"))
    if _has(plain, _LABELS):
        yield from _labelled(text)


def _labelled(text: str) -> Iterator[Finding]:
    for match in _PIN.finditer(text):
        yield Finding("secret", *match.span("secret"))
    for match in _LABELLED.finditer(text):
        value = match["secret"].rstrip(".,;:!?)")
        if len(value) >= 6 and not (value.isalpha() and _prose(match, value)):  # noqa: PLR2004  as in the pattern
            start = match.start("secret")
            yield Finding("secret", start, start + len(value))


def _prose(match: re.Match[str], word: str) -> bool:
    """Whether a word of letters is no secret, as in "the token is refreshed hourly"."""
    told = match["password"] and match["told"].endswith((":", "="))
    return not told or word.casefold() in _NO_PASSWORDS


def _has(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)
