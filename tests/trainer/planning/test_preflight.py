"""What is looked at before a run: power, disk, and the model that the adapter in use is for."""

from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import TrainingError
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import plan
from trainer.planning.preflight import check_adapter, check_disk, check_power, load_of
from trainer.planning.settings import TrainingSettings

Battery = namedtuple("Battery", "percent secsleft power_plugged")  # noqa: PYI024  psutil's own


def battery(monkeypatch: pytest.MonkeyPatch, state: Battery | None) -> None:
    """Machines that test have no battery."""
    monkeypatch.setattr(psutil, "sensors_battery", lambda: state)


@pytest.mark.parametrize("state", [None, Battery(5, 9, True), Battery(5, 9, None)])
def test_on_the_mains_or_without_a_battery_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, state: Battery | None
) -> None:
    battery(monkeypatch, state)
    assert check_power() == []


def test_a_low_battery_is_not_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    battery(monkeypatch, Battery(39, 3600, False))
    with pytest.raises(TrainingError, match=r"at 39%.*plug the machine in"):
        check_power(least=40)
    assert check_power(least=0) == ["It ran on the battery, at 39%."]


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    check_disk(tmp_path, 1)
    with pytest.raises(TrainingError, match="Free some room"):
        check_disk(tmp_path, 10**18)


@pytest.mark.parametrize(
    ("before", "changed"),
    [
        (("template", "tokenizer"), ""),
        (("other", "tokenizer"), "chat template"),
        (("template", "other"), "tokenizer"),
        (("other", "other"), "chat template and tokenizer"),
        (("", ""), ""),
    ],
)
def test_what_changed_since_an_adapter_was_trained_is_said(
    tmp_path: Path, before: tuple[str, str], changed: str
) -> None:
    folder = tmp_path / "v0003"
    folder.mkdir()
    card = AdapterCard("v0003", "m", template_hash=before[0], tokenizer_hash=before[1])
    write_card(folder, card)
    notes = check_adapter(folder, "template", "tokenizer")
    assert len(notes) == bool(changed)
    assert all(f"model's {changed} changed since v0003 was trained" in note for note in notes)


def test_a_card_that_cannot_be_read_is_a_note(tmp_path: Path) -> None:
    assert check_adapter(tmp_path / "v0009", "template", "tokenizer") == [
        "The card of adapter 'v0009' cannot be read."
    ]


def rows(*lengths: int) -> list[TokenRow]:
    """Rows whose answers have three tokens, but for the longest's five."""
    return [
        TokenRow(tuple(range(length)), length - (5 if length == max(lengths) else 3))
        for length in lengths
    ]


def test_the_largest_step_holds_the_two_longest_rows_as_one_talk() -> None:
    plans = plan(TrainingSettings(talks=1, notes=0, batch_size=4, rank=3, layers=2), 4)
    load = load_of(rows(10, 40, 20, 30), plans)
    assert (load.batch_size, load.tokens, load.answer_tokens) == (4, 70, 5)
    assert (load.rank, load.layers, load.checkpointed) == (3, 2, False)


def test_a_row_with_notes_holds_three_more_rows_that_are_not_very_long() -> None:
    plans = plan(TrainingSettings(talks=1, notes=2), 4)
    assert load_of(rows(10, 40, 20, 30, 25), plans).tokens == 40 + 30 + 25 + 20
    assert load_of(rows(400, 300, 100, 20), plans).tokens == 700
    assert load_of(rows(200, 200, 200, 200), plans).tokens == 200 + 3 * 150


def test_without_talks_the_longest_row_is_the_largest_and_none_is_longer_than_allowed() -> None:
    plans = plan(TrainingSettings(talks=0, notes=0, grad_checkpoint=True), 3)
    load = load_of(rows(10, 40, 20), plans)
    assert (load.tokens, load.checkpointed) == (40, True)
    short = plan(TrainingSettings(talks=1, max_seq_length=32), 3)
    assert load_of(rows(10, 40, 20), short).tokens == 32
