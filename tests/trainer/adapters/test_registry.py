"""Adapter versions: whole or absent, and one current choice that can be taken back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.adapters.registry import AdapterCard, Registry, read_card, write_card
from trainer.errors import AdapterError
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses, LossPoint
from trainer.results.mastery import Mastery


def finished(folder: Path, version: str) -> Path:
    """A staging folder as a training run leaves it."""
    folder.mkdir(parents=True)
    (folder / "adapters.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_text("{}")
    write_card(folder, AdapterCard(version=version, base_model="starter", example_ids=(3, 5)))
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "adapters")


def add(registry: Registry, tmp_path: Path) -> str:
    version = registry.new_version()
    registry.add(finished(tmp_path / f"staging-{version}", version), version)
    return version


def test_an_empty_registry_has_nothing_and_answers_with_the_base(registry: Registry) -> None:
    assert registry.versions() == []
    assert registry.current() is None
    assert registry.new_version() == "v0001"


def test_a_finished_folder_becomes_a_version_with_its_card(
    registry: Registry, tmp_path: Path
) -> None:
    version = add(registry, tmp_path)
    assert registry.versions() == ["v0001"]
    assert registry.path(version) == registry.root / "v0001"
    assert registry.card(version) == AdapterCard("v0001", "starter", example_ids=(3, 5))
    assert not (tmp_path / "staging-v0001").exists()
    assert registry.new_version() == "v0002"


@pytest.mark.parametrize("missing", ["adapters.safetensors", "adapter_config.json", "card.json"])
def test_an_unfinished_folder_is_neither_added_nor_listed(
    registry: Registry, tmp_path: Path, missing: str
) -> None:
    staging = finished(tmp_path / "staging", "v0001")
    (staging / missing).unlink()
    with pytest.raises(AdapterError, match="not complete"):
        registry.add(staging, "v0001")
    registry.root.mkdir(exist_ok=True)
    staging.rename(registry.root / "v0001")
    assert registry.versions() == []
    assert registry.new_version() == "v0002"
    with pytest.raises(AdapterError, match="no adapter 'v0001'"):
        registry.promote("v0001")


def test_a_taken_name_is_refused_and_the_old_version_stays(
    registry: Registry, tmp_path: Path
) -> None:
    add(registry, tmp_path)
    with pytest.raises(AdapterError, match="already"):
        registry.add(finished(tmp_path / "again", "v0001"), "v0001")
    assert registry.versions() == ["v0001"]


@pytest.mark.parametrize("name", ["../evil", "v1", "", "base", "v0001/.."])
def test_names_that_are_no_versions_are_refused(
    registry: Registry, tmp_path: Path, name: str
) -> None:
    add(registry, tmp_path)
    with pytest.raises(AdapterError):
        registry.path(name)
    with pytest.raises(AdapterError):
        registry.add(finished(tmp_path / "other", "v0009"), name)


def test_promotion_and_rollback_walk_the_same_way_back(registry: Registry, tmp_path: Path) -> None:
    first, second = add(registry, tmp_path), add(registry, tmp_path)
    registry.promote(first)
    registry.promote(second)
    registry.promote(second)
    assert registry.current() == second
    stored = json.loads((registry.root / "current.json").read_text())
    assert stored == {"version": second, "previous": [None, first]}
    assert registry.rollback() == first
    assert registry.rollback() is None
    assert registry.current() is None
    with pytest.raises(AdapterError, match="no earlier adapter"):
        registry.rollback()


def test_rollback_skips_versions_that_are_gone(registry: Registry, tmp_path: Path) -> None:
    versions = [add(registry, tmp_path) for _ in range(3)]
    for version in versions:
        registry.promote(version)
    (registry.path(versions[1]) / "adapters.safetensors").unlink()
    assert registry.rollback() == versions[0]


def test_a_current_version_that_vanished_means_the_base(registry: Registry, tmp_path: Path) -> None:
    version = add(registry, tmp_path)
    registry.promote(version)
    (registry.path(version) / "adapters.safetensors").unlink()
    assert registry.current() is None


def test_an_unreadable_card_is_one_clear_line(tmp_path: Path) -> None:
    folder = finished(tmp_path / "v0001", "v0001")
    (folder / "card.json").write_text("[1, 2")
    with pytest.raises(AdapterError, match="card of adapter 'v0001' cannot be read"):
        read_card(folder)


def test_cards_of_a_later_program_are_still_read(tmp_path: Path) -> None:
    folder = finished(tmp_path / "v0001", "v0001")
    stored = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(stored | {"something_new": 1}))
    assert read_card(folder).base_model == "starter"


def stored_card(folder: Path, **values: object) -> Path:
    """A card as some version of the program wrote it."""
    folder.mkdir(parents=True, exist_ok=True)
    card = {"version": "v0001", "base_model": "starter"} | values
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_the_keys_of_a_card_are_a_contract(tmp_path: Path) -> None:
    exam = Evaluation(ExamScores(asked=2), ExamScores(asked=2, recalled=1))
    card = AdapterCard(
        "v0001",
        "starter",
        evaluation=exam,
        losses=Losses(steps=40),
        mastery=Mastery(2, 1, (4,), (5,)),
        notes=("x",),
    )
    write_card(tmp_path, card)
    stored = json.loads((tmp_path / "card.json").read_text())
    assert " ".join(stored) == (
        "version base_model base_revision template_hash tokenizer_hash example_ids dataset_hash "
        "settings losses evaluation mastery verdict reason seconds peak_memory_gb notes created_at"
    )
    assert stored["evaluation"] == exam.to_json()
    assert stored["losses"] == Losses(steps=40).to_json()
    assert stored["mastery"]["ids"] == [4]
    assert read_card(tmp_path) == card
    added = replace(card, origin="PEFT")
    write_card(tmp_path, added)
    assert json.loads((tmp_path / "card.json").read_text())["origin"] == "PEFT"
    assert read_card(tmp_path) == added
    warm = replace(card, example_ids=(2, 3), started_with=(1,))
    write_card(tmp_path, warm)
    assert (read_card(tmp_path), warm.learned) == (warm, (2, 3, 1))


def test_a_card_without_an_exam_has_empty_objects(tmp_path: Path) -> None:
    write_card(tmp_path, AdapterCard("v0001", "starter"))
    stored = json.loads((tmp_path / "card.json").read_text())
    assert (stored["evaluation"], stored["losses"], stored["mastery"]) == ({}, {}, {})
    assert read_card(tmp_path) == AdapterCard("v0001", "starter")


def test_an_older_card_loads_without_what_it_lacks(tmp_path: Path) -> None:
    scores = {"asked": 4, "recalled": 3, "canaries_asked": 40, "canaries_right": 28}
    folder = stored_card(
        tmp_path,
        example_ids=[3, 5],
        losses={"valid": 0.4, "history": [[10, 2.0, None]]},
        evaluation={"base": scores | {"recalled": 0}, "candidate": scores},
        judged_by="nobody",
    )
    card = read_card(folder)
    assert card.example_ids == (3, 5)
    assert card.losses == Losses(valid=0.4, history=(LossPoint(10, 2.0, None),))
    assert card.evaluation is not None
    assert card.evaluation.candidate is not None
    assert card.evaluation.candidate.recalled == 3
    assert card.notes == ()
    assert card.mastery is None
    assert card.created_at == ""


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"version": "v1", "base_model": "x", "notes": 3}']
)
def test_a_broken_card_is_refused_by_the_name_of_its_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(AdapterError, match=tmp_path.name):
        read_card(tmp_path)


@pytest.mark.parametrize(
    "name", ["v" + "0" * 5000, "v" + "9" * 5000, "v\u0660\u0660\u0660\u0661", "../v0001", "v\0"]
)
def test_an_odd_name_is_one_short_line(registry: Registry, name: str) -> None:
    """Python refuses to read a number of thousands of digits, and the system a long name."""
    for ask in (registry.path, registry.card, registry.promote):
        with pytest.raises(AdapterError, match="There is no adapter") as refused:
            ask(name)
        assert len(str(refused.value)) < 120
    (registry.root / "v00000000000000000001").mkdir(parents=True)
    assert registry.versions() == []
    assert registry.new_version() == "v0001"


@pytest.mark.parametrize(
    "text", ["[]", "3", '{"version": 3}', '{"previous": 3}', '{"previous": [3]}', "[" * 100_000]
)
def test_a_file_of_the_current_version_that_is_none_is_one_clear_line(
    registry: Registry, text: str
) -> None:
    registry.root.mkdir(parents=True, exist_ok=True)
    (registry.root / "current.json").write_text(text)
    with pytest.raises(AdapterError, match="promote a version anew"):
        registry.current()


def test_a_current_version_with_an_odd_name_means_the_base(registry: Registry) -> None:
    registry.root.mkdir(parents=True, exist_ok=True)
    (registry.root / "current.json").write_text(json.dumps({"version": "v" + "0" * 5000}))
    assert registry.current() is None
