"""Secrets and personal data are found; ordinary lessons are left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import Finding, find, redact
from tests.bot.redaction.made_up import HOOK, JWT, KEY, SLACK


@pytest.mark.parametrize(
    "text",
    [
        "Call Anselm at extension 417; he keeps the printer alive.",
        "The team meets every Thursday at 10:15 in the Juniper room.",
        "Our office is on Foxglove Street 9, 10115 Berlin.",
        "Customers may return any tea within 45 days, even if it is opened.",
        "The release of 2024-11-23 10:15:00 has version 10.12.3-rc1.",
        "On 01.02.2024 we sold 1 234 567 lanterns for 12,345,678.90 euros.",
        "The server is 192.168.100.200:8080, the log says error 0x8007045D.",
        "Commit 9fceb02d0ae598e95dc970b74767f19372d61af8 broke it.",
        "The id is 123e4567-e89b-12d3-a456-426614174000.",
        "Order 4111 1111 1111 1112 has no right checksum.",
        "DE00 3704 1044 5532 1130 11 is no account.",
        "The token is refreshed every hour; the password is secret.",
        "What is the password policy? At least twelve characters.",
        "Use pip install nightschool==0.1.0, then see https://docs.example/a/b?c=1.",
        "Mention @marlene in #time-off.",
        "ISBN 978-3-16-148410-0",
        "skip-the-line-tickets-are-sold-out-until-march",
        "The pin is behind the door.",
        "Password: please ask Noor. Token: refreshed every hour.",
        "The field password: string is required.",
        "The pin is 12 mm long, and the spin is 1500 a minute.",
        "The password policy is twelve characters; passwords: see the wiki.",
        "",
    ],
)
def test_ordinary_lessons_are_left_alone(text: str) -> None:
    assert find(text) == []


def test_a_finding_tells_place_and_kind_and_never_the_text() -> None:
    (one,) = find("Write to a@b.example")
    assert one == Finding("e-mail", 9, 20)
    assert "a@b" not in repr(one)


def test_what_overlaps_goes_under_the_name_of_what_weighs_most() -> None:
    text = f"password: {SLACK}"
    assert redact(text, find(text)) == "password: [secret]"
    address = "https://me:pa55word@mail.example/x"
    assert [one.kind for one in find(address)] == ["secret"]
    assert "pa55word" not in redact(address, find(address))


def test_only_some_findings_can_be_redacted() -> None:
    text = "a@b.example, c@d.example"
    assert redact(text, find(text)[1:]) == "a@b.example, [e-mail]"


pieces = st.sampled_from(
    [
        *(SLACK, HOOK, JWT, KEY, "password: abc123x", "a@b.example", "+49 30 1234567"),
        *(
            "DE89370400440532013000",
            "4111111111111111",
            "SSN 536-90-4399",
            " ",
            "\n",
            ".",
            "x",
            "1",
            "://",
            "@",
            ":",
        ),
    ]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=8).map("".join))
def test_findings_are_in_order_within_the_text_and_do_not_overlap(text: str) -> None:
    done = 0
    for one in find(text):
        assert done <= one.start < one.end <= len(text)
        done = one.end


@given(st.lists(pieces, max_size=6).map(" ".join))
def test_nothing_is_left_to_find_after_redacting(text: str) -> None:
    assert find(redact(text, find(text))) == []


def test_long_texts_of_one_character_do_not_stall_it() -> None:
    """No pattern backtracks without end; the time-out of the test is the measure."""
    start = time.process_time()
    for character in ("a", "1", "0", "+", "-", "@", ".", " ", "A1", "a@", "eyJ", "password: "):
        find(character * (4096 // len(character)))
    assert time.process_time() >= start
