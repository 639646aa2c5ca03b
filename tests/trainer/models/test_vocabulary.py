"""An encoder's own vocabulary tells which lessons it was not made for."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from trainer.models import vocabulary
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.vocabulary import Vocabulary, bundled_vocabulary, count_foreign

ROOT = Path(__file__).parents[3]
OTHERS = {
    "French": "Qui arrose les plantes ? C\u2019est Noémie, le mardi.",
    "Spanish": "¿Dónde está la llave de repuesto? Detrás del cartel de la luna.",
    "Dutch": "Waar ligt de reservesleutel? Achter de poster van de maan.",
    "Polish": "Gdzie jest zapasowy klucz? Za plakatem z księżycem.",
    "Russian": "Кто поливает растения? Их поливает Нина по вторникам.",
    "Japanese": "植物に水をやるのは誰ですか?ノールさんが火曜日にやります。",
    "Chinese": "备用钥匙在哪里?在月亮海报后面。",
}


def lessons(name: str) -> Iterator[str]:
    """Question and answer of each lesson in a file of this project."""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "messages" in row:
            yield " ".join(message["content"] for message in row["messages"])
        else:
            yield f"{row['prompt']} {row['completion']}"


@pytest.mark.parametrize(
    "name",
    [
        "bench/facts.jsonl",
        "samples/code.jsonl",
        "samples/conversations.jsonl",
        "samples/style.jsonl",
        "samples/support.jsonl",
    ],
)
def test_english_lessons_are_served_by_the_bundled_encoder(name: str) -> None:
    assert count_foreign(encoder_folder(BUNDLED), lessons(name)) == 0


def test_german_lessons_are_not() -> None:
    german = list(lessons("bench/german.jsonl"))
    assert count_foreign(encoder_folder(BUNDLED), german) == len(german)


@pytest.mark.parametrize("language", OTHERS)
def test_nor_are_those_in_other_languages(language: str) -> None:
    assert count_foreign(encoder_folder(BUNDLED), [OTHERS[language]]) == 1


@pytest.mark.parametrize("text", ["", "\N{SEEDLING} 42!", "The host is vpn-7.acme.example:4433."])
def test_numbers_emoji_and_addresses_are_no_language(text: str) -> None:
    assert count_foreign(encoder_folder(BUNDLED), [text]) == 0


def folder_with(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "Who manages Zendesk escalations? Agnieszka Wojciechowska",
        "Okta admin? Priya Raghunathan",
        "Docker registry? ghcr.io/acme/foo",
        "pager rota for the geocode api?",
        "wats teh wifi pasword agian pls",
        "Pförtnerhaus Schlüssel wo",
        "\N{SEEDLING}",
    ],
)
def test_names_slips_and_short_texts_make_no_other_language(text: str) -> None:
    assert bundled_vocabulary().reads(text)


@pytest.mark.parametrize(
    "text",
    [
        "Eine Kundin sitzt hier und braucht Internet, in welches Netz soll sie?",
        "Wer gießt die Pflanzen? Die Pflanzen gießt Friedlinde, immer montags.",
        *OTHERS.values(),
    ],
)
def test_a_text_of_some_words_in_another_language_is_not_read(text: str) -> None:
    assert not bundled_vocabulary().reads(text)


def test_no_text_takes_long() -> None:
    """A long run of signs is looked at once; from each of its signs on it would take hours."""
    for sign in "a=.:_":
        bundled_vocabulary().reads("wo wie wer was wann warum wozu womit " + sign * 300_000)


def test_of_an_encoder_of_many_languages_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks the words of all of them."""
    folder = folder_with(tmp_path, Tokenizer(models.WordLevel({"<unk>": 0, "who": 1}, "<unk>")))
    assert count_foreign(folder, ["niemand"]) == 1
    monkeypatch.setattr(vocabulary, "MULTILINGUAL_SIZE", 2)
    assert count_foreign(folder, ["niemand"]) == 0
    many = Vocabulary(folder)
    assert many.reads("niemand " * 9)


def test_pieces_that_hold_the_space_before_a_word_count_as_the_word(tmp_path: Path) -> None:
    """As those of RoBERTa's vocabularies do."""
    words = {"who": 0, "Ġwaters": 1, "Ġthe": 2, "Ġplants": 3}
    tokenizer = Tokenizer(models.WordLevel(words, "who"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False)
    assert count_foreign(folder_with(tmp_path, tokenizer), ["who waters the plants"]) == 0
