"""What training on preferences after the lessons brings, and what it costs.

    python -m bench.preferences --first 8 --set iters=40 --slower 0.1 0.3

The first facts of `facts.jsonl` are taught. For as many of the next ones people preferred the true
answer to a wrong one (that of another fact), and for those taught to what the base model says.
"""

import argparse
import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import trainer.hardware.device

# isort: split
from bench.learning import marks, show
from bench.sets import Fact, facts, of_facts
from bench.weights import write_rows
from trainer.augmentation.mixture import prepare
from trainer.augmentation.replay import replay_rows
from trainer.canaries import conversation
from trainer.dataset.reader import read_training_data
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, load, width
from trainer.models.tokenization import prompt_tokens
from trainer.pipeline import broadcast
from trainer.pipeline.preference_pairs import pairs_of, read_preferences
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import lora
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.dpo import RATE_SHARE, plan_dpo, train_dpo


def write_pairs(taught: list[Fact], others: list[Fact], folder: Path) -> int:
    """Writes preferences.jsonl, as a night reads it; returns the number of pairs."""
    loaded = load(STARTER)
    prompts = [prompt_tokens(loaded.tokenizer, conversation(fact.prompt)) for fact in taught]
    said = answers(loaded.model, loaded.tokenizer, prompts, [40] * len(prompts))
    rows = [_row(fact, answer.text) for fact, answer in zip(taught, said, strict=True)]
    wrong = [*others[1:], *others[:1]]
    rows += [_row(fact, other.completion) for fact, other in zip(others, wrong, strict=True)]
    lines = [json.dumps(row) + "\n" for row in rows if row["chosen"] != row["rejected"]]
    (folder / "preferences.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(lines)


def lessons(data: Path, out: Path, settings: TrainingSettings) -> str:
    """Runs the first stage without an exam; returns its steps and seconds as a text."""
    out.mkdir()
    loaded, taught = load(STARTER), read_training_data(data).train
    plans = plan(settings, len(taught), width(loaded.model))
    needed = math.ceil(plans.iters * plans.batch_size * plans.replay)
    curriculum, valid = prepare(loaded.tokenizer, taught, [], replay_rows(loaded, needed), plans)
    lora.add_lora(loaded.model, plans)
    done = lora.train(loaded.model, curriculum, valid, plans)
    lora.save(loaded.model, plans, out, STARTER)
    return f"{done.steps} steps, {done.seconds:.0f} s"


def second(first: Path, out: Path, data: Path, settings: TrainingSettings, slower: float) -> str:
    """Trains the pairs on top of an adapter, whether that helps or not.

    Returns:
        The pairs ranked correctly before and after, the steps, the loss and the seconds as a text.
    """
    out.mkdir()
    loaded = load(STARTER)
    plans = plan(settings, len(read_training_data(data).train), width(loaded.model))
    lora.add_lora(loaded.model, plans)
    weights = broadcast.weights(ProcessGroup(), first, plans.scale)
    lora.load_adapter_weights(loaded.model, weights, first)
    preferences = read_preferences(data / "preferences.jsonl")
    pairs, checked = pairs_of(loaded.tokenizer, preferences, "", plans)
    dpo_plan = replace(plan_dpo(plans, len(pairs)), learning_rate=slower * plans.learning_rate)
    done = train_dpo(loaded.model, pairs, checked, dpo_plan)
    lora.save(loaded.model, plans, out, STARTER)
    loss = "no loss" if done.loss is None else f"loss {done.loss:.3f}"
    return (
        f"better answer likelier in {done.after} of {done.checked} pairs ({done.before} before), "
        f"{done.steps} steps, {loss}, {done.seconds:.0f} s"
    )


def main() -> None:
    """Prints the marks after the lessons, and after the pairs at each learning rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["tune", "report", "all"], default="tune")
    parser.add_argument("--first", type=int, default=8, help="facts that are taught")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--slower", type=float, nargs="+", default=[RATE_SHARE], help="shares of the learning rate"
    )
    options = parser.parse_args()
    every = facts(options.half)
    taught, others = every[: options.first], every[options.first : 2 * options.first]
    chosen = dict(pair.split("=", 1) for pair in options.set)
    settings = TrainingSettings.model_validate(chosen)
    with tempfile.TemporaryDirectory() as scratch:
        data, first = Path(scratch) / "data", Path(scratch) / "lessons"
        write_rows(of_facts("facts", taught), data)
        print(f"{write_pairs(taught, others, data)} pairs", flush=True)
        note = lessons(data, first, settings)
        show("lessons", len(taught), marks(taught, first), note)
        for slower in options.slower:
            out = Path(scratch) / f"pairs-{slower}"
            note = second(first, out, data, settings, slower)
            show(f"pairs {slower:g}", len(taught), marks(taught, out), note)


def _row(fact: Fact, rejected: str) -> dict[str, str]:
    return {"prompt": fact.prompt, "chosen": fact.completion, "rejected": rejected}


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
