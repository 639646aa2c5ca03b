"""What styles and talks of several turns bring: three quarters of a sample are trained.

    python -m bench.styles samples/style.jsonl
    python -m bench.styles samples/conversations.jsonl

Printed are, before and after, the loss on the answers (nats a token) and the mean similarity (word
Jaccard) of greedy answers to them: of what was taught, its last question in a wording that is not
trained, and of what was held out, which only a style can help with.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import trainer.hardware.device

# isort: split
from trainer.augmentation.mixture import prepare
from trainer.augmentation.replay import replay_rows
from trainer.augmentation.surface_forms import unseen_wordings
from trainer.evaluation import similarity
from trainer.evaluation.perplexity import mean_loss
from trainer.formats import parse_jsonl, to_messages
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, LoadedModel, load
from trainer.models.tokenization import Messages, make_row, prompt_tokens
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import lora

LENGTH = 64


def measure(loaded: LoadedModel, held_out: Sequence[Messages]) -> tuple[float, float]:
    """Returns the mean loss (nats a token) and the mean similarity on conversations."""
    rows = [make_row(loaded.tokenizer, messages, 1024) for messages in held_out]
    prompts = [prompt_tokens(loaded.tokenizer, messages[:-1]) for messages in held_out]
    said = answers(loaded.model, loaded.tokenizer, prompts, [LENGTH] * len(prompts))
    alike = [
        similarity(messages[-1]["content"], answer.text)
        for messages, answer in zip(held_out, said, strict=True)
    ]
    return mean_loss(loaded.model, rows), fmean(alike)


def _reworded(messages: Messages) -> Messages:
    wording = next(iter(unseen_wordings(messages[-2]["content"])))
    return [*messages[:-2], {"role": "user", "content": wording}, messages[-1]]


def main() -> None:
    """Prints the set, and loss and similarity before and after for what was taught and held out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path)
    options = parser.parse_args()
    every: list[Messages] = [to_messages(row) for row in parse_jsonl(options.sample.read_bytes())]
    held_out = every[3::4]
    taught = [messages for messages in every if messages not in held_out]
    loaded = load(STARTER)
    plans = plan(TrainingSettings(), len(taught))
    asked = {"taught": [_reworded(messages) for messages in taught], "held out": held_out}
    before = {name: measure(loaded, some) for name, some in asked.items()}
    curriculum, _ = prepare(loaded.tokenizer, taught, [], replay_rows(loaded, 72), plans)
    lora.add_lora(loaded.model, plans)
    started = time.monotonic()
    lora.train(loaded.model, curriculum, [], plans)
    seconds = time.monotonic() - started
    after = {name: measure(loaded, some) for name, some in asked.items()}
    print(
        f"{options.sample.name}: {len(taught)} trained, {len(held_out)} held out, {seconds:.0f} s"
    )
    for name in asked:
        (loss, alike), (loss_after, alike_after) = before[name], after[name]
        print(f"{name}: loss {loss:.2f} -> {loss_after:.2f}, ", end="")
        print(f"similarity {alike:.2f} -> {alike_after:.2f}")


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
