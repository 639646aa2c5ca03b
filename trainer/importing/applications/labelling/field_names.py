"""Tells what the fields and questions of a record are by their names: asked, answered, a comment.

The names are those that the importer knows in rows too (`shapes.names`); here they also stand in
longer ones, such as "response_2" and "corrected_answer".
"""

import re
from collections.abc import Mapping
from typing import Any

from trainer.importing.applications.fields import entries, mapping, text
from trainer.importing.shapes.names import ANSWERS, SYSTEMS, plain, plain_keys, words
from trainer.importing.shapes.questions import asked_of
from trainer.importing.shapes.resemblance import UnreadableError

_ASKED = ("message", "text")  # of a record that has no field with the name of a question
_ANSWERS = frozenset(name for name in ANSWERS if len(name) > 1) | {"generation", "rewrite"}
_CORRECTIONS = words("correction corrected edit edited improved improvement revised korrektur")
_RATINGS = words(
    "rating quality score rank ranking label preference stars correctness helpfulness accuracy"
    " relevance grade vote bewertung"
)
_COMMENTS = words(
    "comment comments commentary reason reasons reasoning why because feedback note notes"
    " explanation explanations explain rationale justification remark remarks critique criticism"
    " review suggestion suggestions issue issues error errors problem problems"
    " kommentar kommentare begrundung grund warum anmerkung anmerkungen bemerkung notiz hinweis"
    " erklarung fehler commentaire commentaires remarque remarques raison motif pourquoi"
    " explication comentario comentarios nota notas razon motivo observacion explicacion"
)
_ASKS_WHETHER = words("is are was were has have does do did can should needs need no ist hat")
_BEHIND = words("text content value one two three four five left right first second final")
"""What may stand behind the word that says what a field holds, as do single letters."""


def is_answer(name: str) -> bool:
    """Returns whether a field or question holds an answer, by its name ("response_2").

    The last word says what it is: a "model_response" is an answer, a "response_model" is none.
    """
    found = words_of(name)
    if not found or found[0] in _ASKS_WHETHER or set(found) & (_RATINGS | _COMMENTS):
        return False
    while len(found) > 1 and (len(found[-1]) == 1 or found[-1] in _BEHIND):
        found.pop()
    return found[-1] in _ANSWERS | _CORRECTIONS


def is_comment(name: str) -> bool:
    """Returns whether a question asks for what a person thinks of an answer, by its name."""
    return not _COMMENTS.isdisjoint(words_of(name))


def question_turns(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the turns before the answer; none where no field is a question.

    Raises:
        DatasetError: the question cannot be used, or there are two.
    """
    by_name = plain_keys(fields)
    system = next((text(by_name[name]) for name in SYSTEMS if text(by_name.get(name))), "")
    turns: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for name, value in fields.items():
        messages = [mapping(one) for one in entries(value)]
        spoken = bool(messages) and all("role" in one and "content" in one for one in messages)
        if spoken and not is_answer(name):
            said = [{"role": one["role"], "content": one["content"]} for one in messages]
            return [*turns, *said]
    try:
        return list(asked_of(by_name))
    except UnreadableError:
        asked = next((name for name in _ASKED if text(by_name.get(name))), None)
    if asked is None:
        others = [
            name
            for name, value in by_name.items()
            if isinstance(value, str)
            and text(value)
            and not is_answer(name)
            and not is_comment(name)
            and name not in SYSTEMS
        ]
        asked = others[0] if len(others) == 1 else None
    return list(asked_of(by_name, name=asked)) if asked is not None else []


def words_of(name: str) -> list[str]:
    """Returns the plain words of a name, without digits (`Réponse corrigée 2`, `answerTwo`)."""
    return re.findall(r"[^\W\d_]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:100])))
