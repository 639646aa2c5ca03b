"""gitleaks' rules are read from their file, and are run as gitleaks would."""

import pytest

from bot.redaction import gitleaks
from bot.redaction.expressions import Plain
from bot.redaction.gitleaks import tokens


def test_every_rule_compiles_and_has_a_keyword() -> None:
    rules = gitleaks._rules()
    assert len(rules) > 200
    for rule in rules:
        assert rule.keywords
        for pattern in (rule.pattern, *rule.allowed):
            assert not pattern.fits("nothing that a rule is about")


@pytest.mark.parametrize(
    "token",
    [
        "dop_v1_" + "9f1b462b545c16bb5548aa5599348021ddd982ab7276096e9626e00b2dd23c17",
        "glsa_" + "qhZOVh5ByCFeoZgWfEed8lWLvGw9Chnc_f7815049",
        "shpat_" + "a445323e365b8d47f04018326664b54b",
    ],
)
def test_a_token_is_found(token: str) -> None:
    text = f"take {token} for it"
    assert [text[one.start : one.end] for one in tokens(Plain(text))] == [token]


def test_what_has_less_disorder_than_its_rule_wants_is_no_token() -> None:
    assert list(tokens(Plain("ghp_" + "a" * 36))) == []


def test_the_example_of_a_vendor_is_no_token() -> None:
    assert list(tokens(Plain("AKIA" + "IOSFODNN7EXAMPLE"))) == []


def test_entropy_is_in_bits_a_character() -> None:
    assert gitleaks.entropy("aaaa") == 0
    assert gitleaks.entropy("abcd") == 2
