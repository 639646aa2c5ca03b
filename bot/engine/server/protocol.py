"""Requests and responses in the form of OpenAI's chat API. Imports no mlx."""

import math
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

FinishReason = Literal["stop", "length"]
BASE = "base"
LATEST = "latest"
EMBEDDER = "embedder"
RERANKER = "reranker"
MAX_TEXTS = 2048
"""Texts that one request for embeddings may hold, as OpenAI's."""
MAX_DOCUMENTS = 100
"""Documents that one request may have reranked."""
_INTERNAL_SERVER_ERROR = 500
_MAX_STOP_SEQUENCES = 4


class ApiError(Exception):
    """A request that gets an error as its answer.

    Attributes:
        status: the HTTP status.
        code: OpenAI's machine-readable code.
    """

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """Returns the error object of OpenAI's API."""
        kind = "invalid_request_error" if self.status < _INTERNAL_SERVER_ERROR else "server_error"
        return {
            "error": {"message": str(self), "type": kind, "param": None, "code": self.code},
        }


class TextPart(BaseModel):
    """One part of a message's content; parts that are not text are refused."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn of the conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def as_dict(self) -> dict[str, str]:
        """Returns role and content (as one text) the way chat templates take them."""
        content = self.content
        if not isinstance(content, str):
            content = "".join(part.text for part in content)
        return {"role": "system" if self.role == "developer" else self.role, "content": content}


class StreamOptions(BaseModel):
    """Options of a streamed answer."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """The fields of a request that the engine understands.

    Others are ignored, as OpenAI clients send many; those that would change the meaning of the
    answer are refused.
    """

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    model: str = LATEST
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, validation_alias=AliasChoices("max_completion_tokens", "max_tokens")
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    tools: Annotated[list[Any], Field(max_length=0)] | None = None

    @field_validator("stop")
    @classmethod
    def _check_stop(cls, stop: str | list[str] | None) -> str | list[str] | None:
        sequences = [stop] if isinstance(stop, str) else stop or []
        if len(sequences) > _MAX_STOP_SEQUENCES or not all(sequences):
            raise ValueError("up to four texts, none of them empty")
        return stop

    @property
    def stop_sequences(self) -> tuple[str, ...]:
        """The texts that end an answer and are not part of it."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())


class EmbeddingRequest(BaseModel):
    """A request for the vectors of one text or of several."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    model: str = EMBEDDER
    input: str | Annotated[list[str], Field(min_length=1, max_length=MAX_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: None = None

    @property
    def texts(self) -> list[str]:
        """The texts, also where there is one."""
        return [self.input] if isinstance(self.input, str) else self.input


class RerankRequest(BaseModel):
    """A request that tells of several documents how likely each answers a question."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    model: str = RERANKER
    query: Annotated[str, Field(min_length=1)]
    documents: Annotated[list[str], Field(min_length=1, max_length=MAX_DOCUMENTS)]
    top_n: Annotated[int, Field(ge=1)] | None = None
    """How many of the likeliest are told; all of them by default."""


RequestT = TypeVar("RequestT", bound=BaseModel)


def parse_request(body: bytes, kind: type[RequestT]) -> RequestT:
    """Parses the JSON body of a request.

    Raises:
        ApiError: 400 with the field that is wrong; never with what people wrote.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        message = f"The request is not valid: {place}: {first['msg']}."
        raise ApiError(400, "invalid_request", message) from error


class ResponseBuilder:
    """Builds the response objects of one answer, which share an id and a time."""

    def __init__(self, model: str):
        self.model = model
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def completion(self, text: str, reason: FinishReason, usage: dict[str, Any]) -> dict[str, Any]:
        """Returns the one object of an answer that is not streamed."""
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        return self._object("chat.completion", [choice]) | {"usage": usage}

    def chunk(self, delta: dict[str, str], reason: FinishReason | None = None) -> dict[str, Any]:
        """Returns one object of a stream."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return self._object("chat.completion.chunk", [choice])

    def usage_chunk(self, usage: dict[str, Any]) -> dict[str, Any]:
        """Returns the object with the token counts, which follows the last choice."""
        return self._object("chat.completion.chunk", []) | {"usage": usage}

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self.model,
            "choices": choices,
        }


def usage(prompt_tokens: int, completion_tokens: int, reasoning_tokens: int = 0) -> dict[str, Any]:
    """Returns token counts under OpenAI's names; those of reasoning only where there was some."""
    counts: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    if reasoning_tokens:
        counts["completion_tokens_details"] = {"reasoning_tokens": reasoning_tokens}
    return counts


def embedding_list(
    vectors: Iterable[Sequence[float] | str], tokens: int, revision: str
) -> dict[str, Any]:
    """Returns the answer of /v1/embeddings.

    Args:
        vectors: each as numbers, or as base64 of its 32-bit numbers (little-endian).
        tokens: how many the texts had.
        revision: the fingerprint of the encoder.
    """
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    return {
        "object": "list",
        "data": data,
        "model": EMBEDDER,
        "system_fingerprint": revision,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def ranking(scores: Sequence[float], revision: str, top_n: int | None = None) -> dict[str, Any]:
    """Returns the answer of /v1/rerank, in the form that Cohere's and Jina's servers have.

    Args:
        scores: the log-odds that each document answers the question; a `relevance_score` is
            their logistic function, from 0 to 1.
        revision: the fingerprint of the reranker.
        top_n: how many of the likeliest are told; None tells all.
    """
    results = [
        {"index": index, "relevance_score": _logistic(score)} for index, score in enumerate(scores)
    ]
    results.sort(key=lambda result: -result["relevance_score"])
    return {"model": RERANKER, "system_fingerprint": revision, "results": results[:top_n]}


def _logistic(x: float) -> float:
    """Returns 1 / (1 + e^-x), also where e^-x is larger than any number."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def model_list(names: list[str]) -> dict[str, Any]:
    """Returns the answer of /v1/models."""
    models = [{"id": n, "object": "model", "created": 0, "owned_by": "nightschool"} for n in names]
    return {"object": "list", "data": models}
