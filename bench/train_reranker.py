"""Trains one of the two rerankers that come with the program, the one for lessons named alike.

    python -m bench.train_reranker --clinc data_full.json      # seven minutes on an H200

It writes `trainer/lists/reranker_overlapping.safetensors`; `bench.calibrate` has to run after it.

It is the bundled encoder with LoRA and a head (`trainer.models.reranker`), trained to pick the
lesson that answers a question among those that the encoder finds nearest, and to tell whether it
does. It reads `bench/pairs` and `bench/overlapping` without what the calibration is fitted on, and
the questions of every second intent of CLINC150.
"""

import argparse
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear
from mlx.nn.losses import binary_cross_entropy
from mlx.nn.utils import value_and_grad
from mlx.optimizers import AdamW, clip_grad_norm, cosine_decay, join_schedules, linear_schedule
from mlx.utils import tree_flatten
from mlx_lm.tuner.lora import LoRALinear
from tokenizers import Tokenizer

from bench.calibrate import FOLDER, UNSEEN, joined, pairs
from bench.overlapping import HELD, overlapping, topics
from trainer.canaries import general_prompts
from trainer.models.activations import gelu
from trainer.models.embedder import Embedder, renamed
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.loading import fingerprint
from trainer.models.reranker import MAX_TOKENS, SCALE
from trainer.retrieval.calibration import Rows
from trainer.retrieval.choice import CONSIDERED, WORD_CANDIDATES
from trainer.retrieval.finder import LessonFinder
from trainer.retrieval.fitting import LessonQuestions
from trainer.retrieval.keys import pair

TARGET = Path(__file__).parent.parent / "trainer" / "lists" / "reranker_overlapping.safetensors"
CANDIDATES = CONSIDERED + WORD_CANDIDATES
"""Lessons of one question, at most."""
COSINE_WEIGHT = 10.0
"""Factor on the cosines beside which it learns to pick; the bot's own was chosen later."""
GROUPS = 48
"""Questions of one step."""
HIDDEN = 64
"""Width of the head."""
PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""Linear layers of a block, by Hugging Face's names."""
INTENT_QUESTIONS = 60
"""Questions of each CLINC150 intent; the first one is the lesson."""


@dataclass(frozen=True)
class Group:
    """A question with the lessons that were found for it.

    Attributes:
        texts: each lesson as the reranker reads it.
        cosines: of each lesson.
        right: whether each has the right answer.
    """

    question: str
    texts: tuple[str, ...]
    cosines: tuple[float, ...]
    right: tuple[bool, ...]


def groups(some: LessonQuestions, encoder: Embedder) -> list[Group]:
    """Returns all questions of a set with the lessons nearest to them."""

    def embed(texts: Sequence[str]) -> Rows:
        return np.array(encoder.embed(texts))

    finder = LessonFinder(some.lessons, embed, None)
    made = []
    questions = [question for question, _ in some.asked]
    for (question, place), hits in zip(some.asked, finder.hits(questions), strict=True):
        answer = None if place is None else some.lessons[place][1]
        right = tuple(hit.answer == answer for hit in hits)
        if place is not None and not any(right):
            continue  # what is not found cannot be picked
        made.append(
            Group(
                question,
                tuple(pair(*some.lessons[hit.id]) for hit in hits),
                tuple(hit.cosine for hit in hits),
                right,
            )
        )
    return made


def seen_intents(file: Path) -> LessonQuestions:
    """Returns every second intent of CLINC150 by its training questions, and general questions."""
    data = json.loads(file.read_text(encoding="utf-8"))
    questions: dict[str, list[str]] = {}
    for question, intent in data["train"]:
        questions.setdefault(intent, []).append(question)
    lessons: list[tuple[str, str]] = []
    asked: list[tuple[str, int | None]] = [(question, None) for question, _ in data["oos_train"]]
    asked += [(question, None) for question in general_prompts()]
    for number, name in enumerate(sorted(questions)):
        if number % 2 == 0:
            first, *others = questions[name][:INTENT_QUESTIONS]
            asked += [(question, len(lessons)) for question in others]
            lessons.append((first, f"Use the form {number}."))
    return LessonQuestions(lessons, asked)


class CrossEncoder(Module):
    """The encoder with LoRA on all its linear layers, and the head."""

    def __init__(self, folder: Path, rank: int, dropout: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # its library is untyped
        self.encoder: Any = Embedder(folder).encoder
        loaded: Any = mx.load(str(folder / "model.safetensors"))
        names = ((renamed(name.removeprefix("bert.")), it) for name, it in loaded.items())
        whole = [(name, it.astype(mx.float32)) for name, it in names if name]
        self.encoder.load_weights(whole)  # in 32 bits on every machine
        self.encoder.freeze()
        for layer in self.encoder.layers:
            for name, part in list(layer.items()):
                if isinstance(part, Linear):
                    layer[name] = LoRALinear.from_base(part, rank, dropout, SCALE)
        self.h1 = Linear(self.encoder.words.weight.shape[1], HIDDEN)
        self.h2 = Linear(HIDDEN, 1)

    def __call__(self, tokens: mx.array, segments: mx.array, real: mx.array) -> mx.array:
        """Returns the log-odds (rows,) of pairs (rows, length)."""
        states = self.encoder(tokens, real, segments)
        weights = real.astype(mx.float32)[..., None]
        pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        found: mx.array = self.h2(gelu(self.h1(pooled)))[:, 0]
        return found


def loss(
    model: CrossEncoder,
    rows: tuple[mx.array, ...],
    cosines: mx.array,
    right: mx.array,
    real: mx.array,
) -> mx.array:
    """Returns what is least where the right lesson is picked, and known to be right.

    Args:
        model: to be trained.
        rows: tokens, segments and which are real, (groups x candidates, length) each.
        cosines: (groups, candidates).
        right: (groups, candidates), 1 where the lesson has the right answer.
        real: (groups, candidates), 0 for padding.
    """
    logits = model(*rows).reshape(right.shape)
    told = binary_cross_entropy(logits, right, reduction="none") * real
    heavy = 1 + (WEIGHT_OF_RIGHT - 1) * right
    told = (told * heavy).sum() / (real * heavy).sum()
    values = mx.where(real > 0, logits + COSINE_WEIGHT * cosines, -1e9)
    of_right = mx.where(right > 0, values, -1e9)
    picked = mx.logsumexp(values, axis=1) - mx.logsumexp(of_right, axis=1)
    known = (right.sum(axis=1) > 0).astype(mx.float32)
    return told + (picked * known).sum() / mx.maximum(known.sum(), 1)


WEIGHT_OF_RIGHT = 3.0
"""A right lesson counts as so many wrong ones, of which a question has more."""


def batches(some: Sequence[Group], tokenizer: Tokenizer, seed: int) -> Iterator[Any]:
    """Yields all groups once, those of like length together, in a random order."""
    dice = random.Random(seed)  # noqa: S311  not for secrets
    order = sorted(some, key=lambda one: len(one.question) + dice.random() * 40)
    chunks = [order[start : start + GROUPS] for start in range(0, len(order), GROUPS)]
    dice.shuffle(chunks)
    for chunk in chunks:
        size = (len(chunk), CANDIDATES)
        cosines, right, real = (np.zeros(size, np.float32) for _ in range(3))
        texts = []
        for row, one in enumerate(chunk):
            count = len(one.texts)
            cosines[row, :count], right[row, :count], real[row, :count] = one.cosines, one.right, 1
            texts += [(one.question, text) for text in one.texts]
            texts += [("", "")] * (CANDIDATES - count)
        encoded = tokenizer.encode_batch(texts)
        longest = -(-max(len(one.ids) for one in encoded) // 16) * 16
        ids, kinds, seen = (np.zeros((len(encoded), longest), np.int32) for _ in range(3))
        for row, it in enumerate(encoded):
            ids[row, : len(it.ids)], kinds[row, : len(it.ids)] = it.ids, it.type_ids
            seen[row, : len(it.ids)] = 1
        rows = (mx.array(ids), mx.array(kinds), mx.array(seen) > 0)
        yield rows, mx.array(cosines), mx.array(right), mx.array(real)


def train(
    model: CrossEncoder, some: Sequence[Group], folder: Path, epochs: int, rate: float
) -> None:
    """Trains a model with AdamW; the rate rises, then falls along a cosine."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    steps = epochs * math.ceil(len(some) / GROUPS)
    warm = max(1, steps // 20)
    schedule = join_schedules(
        [linear_schedule(0, rate, warm), cosine_decay(rate, steps - warm)],
        [warm],
    )
    optimizer = AdamW(schedule, weight_decay=0.01)
    gradient: Any = value_and_grad(model, loss)
    state = [model.state, optimizer.state]
    model.train()
    for epoch in range(epochs):
        losses = []
        for batch in batches(some, tokenizer, epoch):
            found, gradients = gradient(model, *batch)
            gradients, _ = clip_grad_norm(gradients, 1.0)  # type: ignore[no-untyped-call]  # its library is untyped
            optimizer.update(model, gradients)
            mx.eval(state, found)
            losses.append(found.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    model.eval()


def save(model: CrossEncoder, folder: Path, file: Path) -> None:
    """Writes the changes under Hugging Face's names of the layers, in 16 bits."""
    theirs = {
        str(renamed(f"{name}.weight")).removesuffix(".weight"): name
        for number in range(len(model.encoder.layers))
        for name in (f"encoder.layer.{number}.{part}" for part in PARTS)
    }
    weights = {}
    trained: Any = tree_flatten(model.trainable_parameters())  # type: ignore[no-untyped-call]  # its library is untyped
    for name, tensor in trained:
        ours, _, part = name.removeprefix("encoder.").rpartition(".")
        low_rank = part in ("lora_a", "lora_b")
        place = f"m.{theirs[ours]}.{part[-1].upper()}" if low_rank else name
        weights[place] = tensor.astype(mx.float16)
    mx.save_safetensors(str(file), weights, {"encoder": fingerprint(folder)})


def questions(clinc: Path) -> list[LessonQuestions]:
    """Returns all that the reranker is trained on."""
    names = sorted(file.stem for file in FOLDER.glob("*.jsonl"))
    files = [pairs(name) for name in names if name not in UNSEEN]
    overlaps = [topic for name, topic in topics().items() if name not in HELD]
    return [
        *files,
        joined(files),
        *(overlapping([topic]) for topic in overlaps),
        overlapping(overlaps, 2),
        seen_intents(clinc),
    ]


def main() -> None:
    """Trains it and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clinc", type=Path, required=True, help="CLINC150's data_full.json")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    folder = encoder_folder(BUNDLED)
    mx.random.seed(options.seed)
    encoder = Embedder(folder)
    some = [group for one in questions(options.clinc) for group in groups(one, encoder)]
    print(f"{len(some)} questions", flush=True)
    model = CrossEncoder(folder, options.rank, options.dropout)
    train(model, some, folder, options.epochs, options.rate)
    save(model, folder, options.out)


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
