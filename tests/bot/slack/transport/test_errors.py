"""People read a sentence, the log gets a line with the same id, and nobody's words are logged."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.errors import InputError, NightschoolError
from bot.slack.transport.errors import UNKNOWN, BusyError, code_of, explain


def refusal(data: object) -> SlackApiError:
    response = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="chat.postMessage",
        req_args={},
        data=data,  # type: ignore[arg-type]  # any body
        headers={},
        status_code=200,
    )
    return SlackApiError("what somebody wrote", response)  # type: ignore[no-untyped-call]  # its library is untyped


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    return "".join(capsys.readouterr())


def test_a_mistake_of_theirs_is_told_alone_and_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert explain(InputError("The question is too long."), "hear") == "The question is too long."
    assert logged(capsys) == ""


def test_an_error_of_ours_is_told_in_its_words_with_the_id_of_the_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = explain(NightschoolError("The engine is away."), "answer")
    line = logged(capsys)
    assert told.startswith(":warning: The engine is away. (error ")
    assert told.rsplit("error ", 1)[1].strip(")") in line
    assert "The engine is away." in line
    assert "answer" in line


def test_too_many_questions_is_no_warning_but_logged(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(BusyError("Ask me again in a minute."), "hear") == "Ask me again in a minute."
    assert "BusyError" in logged(capsys)


def test_any_other_error_is_told_and_logged_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise ValueError("what somebody wrote")

    with pytest.raises(ValueError, match="somebody") as raised:
        fail()
    told = explain(raised.value, "hear")
    line = logged(capsys)
    assert UNKNOWN in told
    assert "ValueError" in line
    assert "test_errors.py:" in line
    assert "somebody" not in told + line


def test_a_refusal_is_logged_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    explain(refusal({"ok": False, "error": "is_archived"}), "answer")
    line = logged(capsys)
    assert "is_archived" in line
    assert "somebody" not in line


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"ok": False, "error": "is_archived"}, "is_archived"),
        ({"ok": False, "error": "What somebody wrote!"}, "an answer that is not Slack's"),
        ({"ok": False, "error": ""}, "an answer that is not Slack's"),
        ("<html>", "an answer that is not Slack's"),
    ],
)
def test_only_what_looks_like_a_code_is_one(data: object, code: str) -> None:
    assert code_of(refusal(data)) == code


def test_other_errors_have_no_code() -> None:
    assert code_of(ValueError("is_archived")) is None
