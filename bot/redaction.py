"""Secrets and personal data in what people write, found before it is stored.

Secrets: the shapes that detect-secrets knows, those of Slack and the clouds, private keys, and
values that are labelled as passwords. Personal data: e-mail addresses, phone numbers, IBANs and
card numbers, the last two only with a right checksum. Names of people are allowed.

A finding has a place and a kind, never the text itself, so it can be logged.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

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

FindingKind = Literal["secret", "card number", "IBAN", "e-mail", "phone number"]
_IMPORTANCE: tuple[FindingKind, ...] = ("secret", "card number", "IBAN", "e-mail", "phone number")

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
_KNOWN: tuple[re.Pattern[str], ...] = tuple(
    pattern for plugin in _PLUGINS for pattern in plugin().denylist
)
# Slow shapes, and words of which each of their matches has one (in any case).
_SLOW: tuple[tuple[tuple[str, ...], tuple[re.Pattern[str], ...]], ...] = tuple(
    (needed, tuple(pattern for plugin in plugins for pattern in plugin().denylist))
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

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_GAP = "[ \u00a0\u2009\u202f.\u2011-]"
_IBAN = re.compile(rf"(?<!\w)[A-Za-z]{{2}}\d{{2}}(?:{_GAP}?[A-Za-z0-9]){{11,30}}(?!\w)")
_CARD = re.compile(rf"(?<![\w.])[2-6]\d{{3}}(?:{_GAP}?\d){{9,15}}(?![\w])")
_PHONE = re.compile(
    rf"""(?<![\w.+:/=-])(?:
        (?:\+|00)\ ?[1-9](?:[ /()]|{_GAP}|\d){{5,22}}\d          # with its country
      | \(?\d{{3}}\)?{_GAP}\d{{3}}{_GAP}\d{{4}}                    # as in North America
      | \(?0\d{{1,5}}\)?[ /\u00a0-]{{1,3}}\d{{3,}}(?:{_GAP}?\d){{0,8}}    # with an area code
      | 0[1-9]\d{{8,10}}
    )(?!\w|[.:-]\d)""",
    re.VERBOSE,
)
_PHONE_DIGITS = range(8, 16)
_DIGIT = re.compile(r"\d")
_TOKEN_END = re.compile(r"[\w+/=~-]*")


@dataclass(frozen=True)
class Finding:
    """Where something stands that should not be kept: `text[start:end]`."""

    kind: FindingKind
    start: int
    end: int


def find(text: str) -> list[Finding]:
    """Secrets and personal data in a text, in order and without overlaps."""
    found = [*_secrets(text), *_personal(text)]
    found.sort(key=lambda one: (_IMPORTANCE.index(one.kind), one.start, -one.end))
    kept: list[Finding] = []
    for one in found:
        touching = [other for other in kept if one.start < other.end and other.start < one.end]
        if not touching:
            kept.append(one)
            continue
        # All of it goes, under the name of what weighs most.
        kept = [other for other in kept if other not in touching]
        start = min(one.start, *(other.start for other in touching))
        end = max(one.end, *(other.end for other in touching))
        kept.append(Finding(touching[0].kind, start, end))
    return sorted(kept, key=lambda one: one.start)


def redact(text: str, findings: Iterable[Finding]) -> str:
    """The text with each finding as its kind in brackets, say `[e-mail]`.

    Args:
        text: as it was given to `find`.
        findings: of `find`, or some of them.
    """
    pieces = []
    done = 0
    for one in sorted(findings, key=lambda finding: finding.start):
        pieces += [text[done : one.start], f"[{one.kind}]"]
        done = one.end
    return "".join([*pieces, text[done:]])


def _secrets(text: str) -> Iterator[Finding]:
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
    if not _has(plain, _LABELS):
        return
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


def _personal(text: str) -> Iterator[Finding]:
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Finding("e-mail", *match.span())
    if not _DIGIT.search(text):
        return
    for match in _IBAN.finditer(text):
        if length := _iban_length(match[0]):
            yield Finding("IBAN", match.start(), match.start() + length)
    for match in _CARD.finditer(text):
        if _luhn(_digits(match[0])):
            yield Finding("card number", *match.span())
    for match in _PHONE.finditer(text):
        if len(_digits(match[0])) in _PHONE_DIGITS:
            yield Finding("phone number", *match.span())


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _luhn(digits: str) -> bool:
    """The checksum of payment cards (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _iban_length(text: str) -> int:
    """How much of the text is an IBAN by its checksum (ISO 13616, ISO/IEC 7064 MOD 97-10); or 0.

    A word may follow the number, so shorter and shorter beginnings are tried.
    """
    for end in range(len(text), 14, -1):
        if text[end - 1].isalnum() and (end == len(text) or not text[end].isalnum()):
            number = "".join(character for character in text[:end] if character.isalnum())
            if len(number) >= 15 and _mod_97(number) == 1:  # noqa: PLR2004  Norway's, the shortest
                return end
    return 0


def _mod_97(number: str) -> int:
    turned = (number[4:] + number[:4]).upper()
    return int("".join(str(int(character, 36)) for character in turned)) % 97
