"""Names that others give to a question, an answer and what belongs to them, in four languages."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

QUESTIONS = (
    *("prompt", "question", "instruction", "query", "input", "user", "human", "q"),
    *("frage", "anweisung", "eingabe", "pregunta", "instruccion", "entrada", "consigne", "entree"),
    *("questions", "fragen", "preguntas"),
)
"""Names of what is asked; where a row has several, the first wins."""
ANSWERS = (
    *("completion", "answer", "response", "output", "assistant", "reply", "a"),
    *("antwort", "ausgabe", "reponse", "sortie", "respuesta", "salida"),
    *("answers", "antworten", "reponses", "respuestas"),
)
"""Names of what is answered; where a row has several, the first wins."""
CONTEXTS = (
    *("input", "context", "passage", "kontext", "contexte", "contexto"),
    *("eingabe", "entree", "entrada", "background", "paragraph", "article", "document", "text"),
)
"""Names of what belongs to a question and stands below it."""
LOOSE_CONTEXTS = frozenset(("article", "document", "text", "input", "eingabe", "entree", "entrada"))
"""Those that may be something else: the name of a file, or the whole row once more."""
CHOICES = ("choices", "options", "alternatives", "distractors", "auswahl", "opciones", "choix")
"""Names of answers to choose from, which no lesson can keep."""
MESSAGES = (
    *("messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat"),
    *("gesprach", "conversacion"),
)
"""Names of a list of messages."""
SYSTEMS = ("system", "system_prompt", "system_message")
HISTORIES = ("history",)
TOOLS = ("tools", "functions", "tool_calls", "function_call")
COLUMNS = ("question", "answer", "context", "system", "source")
"""What a person can name a column for."""

SHOWN = 6
"""Keys that an error shows at most."""
_LONGEST = 24
_LONGEST_NAME = 100
_SEPARATOR = re.compile(r"[\s_\-]+")
_SCALE = re.compile(r"\s*[(\[]\s*\d{1,4}\s*(?:-|\u2013|/|to|bis|à|a|\.\.)\s*(\d{1,4})\s*[)\]]\s*\Z")


def words(text: str) -> frozenset[str]:
    """Returns the words of a list that is written as one text."""
    return frozenset(text.split())


@lru_cache(4096)
def best_of_name(name: str) -> float | None:
    """Returns the best number of the scale that a name ends with: 5 of `Rating (1-5)`."""
    scale = _SCALE.search(name[:_LONGEST_NAME])
    return float(scale[1]) if scale and float(scale[1]) > 0 else None


@lru_cache(4096)
def plain(name: str) -> str:
    """Returns a name without case, accents and separators: `Réponse ` and `REPONSE` are one.

    The scale at its end is no part of it: `Rating (1-5)` is `rating`.
    """
    letters = unicodedata.normalize("NFKD", _SCALE.sub("", name[:_LONGEST_NAME]))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _SEPARATOR.sub("_", bare.casefold().strip(" \t\r\n\ufeff*:#?"))


def plain_keys(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row by the plain names of its keys; of two that become one, the first stays."""
    keys: dict[str, Any] = {}
    for name, value in row.items():
        # Only short names are kept in memory: a file may have a new long one in every row.
        keys.setdefault(plain(name[:_LONGEST_NAME]), value)
    return keys


def first_of(names: Sequence[str], there: Collection[str]) -> str | None:
    """Returns the first of the names that is there."""
    return next((name for name in names if name in there), None)


def shown_keys(names: Iterable[str]) -> str:
    """Words the keys of a row for people: six at most, each cleaned and shortened."""
    cleaned = [shown(name) for name in names]
    more = f" and {len(cleaned) - SHOWN} more" if len(cleaned) > SHOWN else ""
    return ", ".join(cleaned[:SHOWN]) + more if cleaned else "none"


def shown(name: str) -> str:
    """Returns a name out of a file as it may stand in an error: short, on one line, no markup."""
    # Markup of Slack, of HTML and of terminals has no way through letters, digits and spaces.
    text = "".join(c if c.isalnum() or c in " _-./" else "?" for c in name[: _LONGEST + 1])
    text = " ".join(text.split())
    return (text[: _LONGEST - 1] + "…" if len(text) > _LONGEST else text) or "(empty)"
