"""What is known of an added adapter comes over as one line of JSON."""

import json

from trainer.results.added import AddedAdapter


def test_what_was_written_is_read_again() -> None:
    added = AddedAdapter("/a", "PEFT", "dora", 8, 14, "some/base", False, notes=("A note.",))
    line = json.loads(json.dumps(added.to_json()))
    assert line["phase"] == "done"
    assert AddedAdapter.from_json(line) == added


def test_a_base_that_is_not_named_is_neither_the_same_nor_another() -> None:
    line = json.loads(json.dumps(AddedAdapter().to_json()))
    assert AddedAdapter.from_json(line).same_base is None
    assert AddedAdapter.from_json({"phase": "done"}) == AddedAdapter()
