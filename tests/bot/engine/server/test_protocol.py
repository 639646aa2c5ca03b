"""Requests and responses have the form of OpenAI's chat API."""

import json
import math
from typing import Any

import pytest

from bot.engine.server.protocol import (
    ApiError,
    ChatRequest,
    RerankRequest,
    ResponseBuilder,
    embedding_list,
    model_list,
    parse_request,
    ranking,
    usage,
)

HELLO = {"role": "user", "content": "Hello"}


def parse(**fields: Any) -> ChatRequest:
    return parse_request(json.dumps({"messages": [HELLO]} | fields).encode(), ChatRequest)


def test_a_request_without_a_model_asks_the_latest() -> None:
    request = parse()
    assert (request.model, request.stream, request.max_tokens) == ("latest", False, None)
    assert request.stop_sequences == ()


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_both_names_of_the_token_limit_are_read(name: str) -> None:
    assert parse(**{name: 7}).max_tokens == 7


@pytest.mark.parametrize(("stop", "sequences"), [("END", ("END",)), (["a", "b"], ("a", "b"))])
def test_stop_is_one_text_or_several(stop: object, sequences: tuple[str, ...]) -> None:
    assert parse(stop=stop).stop_sequences == sequences


@pytest.mark.parametrize("stop", ["", ["a", ""], ["a", "b", "c", "d", "e"]])
def test_an_empty_stop_and_more_than_four_are_refused(stop: object) -> None:
    with pytest.raises(ApiError, match="up to four texts, none of them empty"):
        parse(stop=stop)


def test_unknown_fields_are_ignored_but_tools_are_refused() -> None:
    assert parse(user="somebody", tools=[]).model == "latest"
    with pytest.raises(ApiError, match="tools"):
        parse(tools=[{"type": "function"}])


def test_parts_become_one_text_and_a_developer_is_the_system() -> None:
    parts = [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]
    request = parse(messages=[{"role": "developer", "content": parts}, HELLO])
    assert [message.as_dict() for message in request.messages] == [
        {"role": "system", "content": "Be kind."},
        HELLO,
    ]


def test_a_refusal_names_the_field_and_not_what_people_wrote() -> None:
    with pytest.raises(ApiError) as refused:
        parse(messages=[{"role": "user", "content": {"secret": 1}}])
    assert refused.value.status == 400
    assert "messages.0.content" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, "invalid_request_error"), (500, "server_error"), (503, "server_error")],
)
def test_an_error_says_whose_fault_it_is(status: int, kind: str) -> None:
    assert ApiError(status, "code", "Why.").body() == {
        "error": {"message": "Why.", "type": kind, "param": None, "code": "code"}
    }


def test_the_objects_of_one_answer_share_id_time_and_model() -> None:
    builder = ResponseBuilder("v0001")
    counts = usage(3, 4)
    whole = builder.completion("Hi", "stop", counts)
    first, last, counted = (
        builder.chunk({"content": "Hi"}),
        builder.chunk({}, "length"),
        builder.usage_chunk(counts),
    )
    shared = [{key: o[key] for key in ("id", "created", "model")} for o in (whole, first, last)]
    assert shared == [{key: counted[key] for key in ("id", "created", "model")}] * 3
    assert whole["model"] == "v0001"
    assert whole["object"] == "chat.completion"
    assert {o["object"] for o in (first, last, counted)} == {"chat.completion.chunk"}
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "Hi"}
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert first["choices"][0]["delta"] == {"content": "Hi"}
    assert first["choices"][0]["finish_reason"] is None
    assert last["choices"][0]["finish_reason"] == "length"
    assert counted["choices"] == []
    assert counted["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert builder.completion("", "stop", counts)["id"] != ResponseBuilder("v0001").chunk({})["id"]


def test_models_are_listed_by_their_names() -> None:
    assert [model["id"] for model in model_list(["base", "v0001"])["data"]] == ["base", "v0001"]


def test_a_ranking_holds_chances_the_likeliest_first() -> None:
    ranked = ranking([0.0, 800.0, -800.0, math.log(3)], "abc")
    assert (ranked["model"], ranked["system_fingerprint"]) == ("reranker", "abc")
    assert [row["index"] for row in ranked["results"]] == [1, 3, 0, 2]
    chances = [row["relevance_score"] for row in ranked["results"]]
    assert chances == pytest.approx([1, 0.75, 0.5, 0])


def test_of_equals_the_first_document_comes_first_and_only_so_many_are_told() -> None:
    ranked = ranking([1.0, 2.0, 2.0], "abc", top_n=2)
    assert [row["index"] for row in ranked["results"]] == [1, 2]


def test_a_request_for_scores_asks_the_reranker_for_all() -> None:
    request = parse_request(b'{"query": "a", "documents": ["b"]}', RerankRequest)
    assert (request.model, request.top_n) == ("reranker", None)


def test_vectors_stand_in_order_beside_their_counts() -> None:
    listed = embedding_list([[0.5], [1.0]], 7, "abc")
    assert [(row["index"], row["embedding"]) for row in listed["data"]] == [(0, [0.5]), (1, [1.0])]
    assert (listed["model"], listed["system_fingerprint"]) == ("embedder", "abc")
    assert listed["usage"] == {"prompt_tokens": 7, "total_tokens": 7}


def test_tokens_of_reasoning_are_told_where_there_were_some() -> None:
    """Under OpenAI's name: they are part of the answer's, though none of its text is sent."""
    assert "completion_tokens_details" not in usage(3, 5)
    counts = usage(3, 5, 4)
    assert (counts["completion_tokens"], counts["total_tokens"]) == (5, 8)
    assert counts["completion_tokens_details"] == {"reasoning_tokens": 4}
