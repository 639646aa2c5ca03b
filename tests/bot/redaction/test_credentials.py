"""Keys, tokens, passwords and PINs are found whole."""

import re

import pytest

from bot.redaction import credentials, find, redact
from tests.bot.redaction.made_up import HOOK, JWT, KEY, SLACK


@pytest.mark.parametrize(
    "secret",
    [
        SLACK,
        "xapp-1-" + "A012345678-1234567890123-abcdef0123456789",
        HOOK,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
        "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789" + "-longer-than-its-shape",
        "github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "glpat-" + "abcdefghij0123456789",
        "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "sk-proj-" + "abcdefghijklmnop0123456789",
        "sk-ant-" + "api03-abcdefghijklmnop0123456789",
        "sk_live_" + "abcdefghijklmnopqrstuvwx",
        "npm_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "SG." + "abcdefghijklmnopqrstuv." + "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        JWT,
        KEY,
    ],
)
def test_tokens_are_found_whole(secret: str) -> None:
    text = f"Use {secret} for the job."
    assert redact(text, find(text)) == "Use [secret] for the job."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("The wifi password is sunflower42.", "The wifi password is [secret]."),
        ("password: hunter2-x", "password: [secret]"),
        ("api_key = 'abc123def456'", "api_key = '[secret]'"),
        ("Passwort: Sommer2024!", "Passwort: [secret]!"),
        ("password: swordfish", "password: [secret]"),
        ("The password is: swordfish.", "The password is: [secret]."),
        ("Passwort: Geheim", "Passwort: [secret]"),
        ("pw: abc123!x", "pw: [secret]"),
        ("PIN: 1234", "PIN: [secret]"),
        ("The PIN is 004711, the door is green.", "The PIN is [secret], the door is green."),
        ("postgres://app:s3cret@db/main", "postgres://app:[secret]@db/main"),
        (
            "https://x.example/f?sv=1&sig=abcdefghijklmnop%3D",
            "https://x.example/f?sv=1&sig=[secret]",
        ),
        ("ibm_cloud_iam_key = " + "aB3-" * 11, "[secret]"),
        ("softlayer_key:   " + "0a" * 32, "[secret]"),
    ],
)
def test_passwords_and_pins_are_found_by_their_label(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


def test_a_word_after_a_label_is_prose() -> None:
    assert find("The password is required, the token is refreshed.") == []


def test_no_pattern_of_detect_secrets_takes_any_number_of_spaces() -> None:
    """Three such repeats in a row took half a minute for a label and 2,000 spaces."""
    slow = [pattern for _, patterns in credentials._SLOW for pattern in patterns]
    assert len(slow) > 8
    for pattern in (*credentials._KNOWN, *slow):
        assert not re.search(r" [*+]| \{\d+,\}", pattern.pattern)


@pytest.mark.parametrize("label", ["token", "secret_key", "softlayer_key", "cloudant_key"])
def test_a_label_and_many_spaces_do_not_stall_it(label: str) -> None:
    """With a pattern that grows with the cube of them this takes hours."""
    assert find(label + " " * 20000) == []
