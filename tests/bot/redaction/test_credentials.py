"""Keys, tokens, passwords and PINs are found whole."""

import pytest

from bot.redaction import find, redact
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
        ("ibm_cloud_iam_key = " + "aB3x" * 11, "ibm_cloud_iam_key = [secret]"),
        ("softlayer_key:   " + "0a" * 32, "softlayer_key:   [secret]"),
    ],
)
def test_passwords_and_pins_are_found_by_their_label(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


def test_a_word_after_a_label_is_prose() -> None:
    assert find("The password is required, the token is refreshed.") == []
