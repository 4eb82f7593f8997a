"""What a loss costs in a training step, and what our training loop costs beside a bare one."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, data, digits, finish
from tests.benchmarks.measure import Row, seconds
from xaitool import registry
from xaitool.core.losses.base import Loss
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.training.classifier_step import classifier_step
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.runs.training import TrainingResult

STEPS = 5
ROUNDS = 30
LOOP_ROUNDS = 6
BATCH = 64


def run() -> Iterator[Row]:
    """The rows, as they are ready."""
    images, labels = digits()
    for architecture in ("lenet5", "cnn2c"):
        for batch in (64, 256):
            part = images[:batch], labels[:batch]
            yield from _loss_rows(architecture, *part)
    yield _loop_row(images, labels)


def _network(architecture: str) -> nn.Module:
    torch.manual_seed(0)
    model = build_classifier(
        architecture, shape=(1, 28, 28), classes=10, mean=(0.13,), standard_deviation=(0.31,)
    )
    return model.to(RUNTIME.device)


def _loss_rows(architecture: str, images: Tensor, labels: Tensor) -> Iterator[Row]:
    """Steps with each loss and with cross-entropy, all in turns."""
    names = ("cross-entropy", "lgl-inr", "pc")
    steps = [
        _steps(_network(architecture), registry.load("loss", name)(), images, labels)
        for name in names
    ]
    peer, *ours = seconds(*steps, rounds=ROUNDS, finish=finish)
    for name, taken in zip(names[1:], ours, strict=True):
        case = f"{name}, {architecture}, batch {len(images)}"
        mine, other = (1000 * value / STEPS for value in (taken, peer))
        yield Row("losses", case, mine, other, "a step with cross-entropy", "ms", target=1.05)


def _steps(model: nn.Module, loss: Loss, images: Tensor, labels: Tensor) -> Callable[[], None]:
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)

    def take() -> None:
        for _ in range(STEPS):
            classifier_step(model, loss, optimiser, images, labels)

    return take


def _loop_row(images: Tensor, labels: Tensor) -> Row:
    """An epoch of CNN2C, in turns; ours is what the run says that its steps took."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(LOOP_ROUNDS):
        result = _trained()
        taken[0].append(result.metrics["train_seconds"])
        size = result.step * BATCH
        taken[1].append(_bare_epoch(images[:size], labels[:size]))
    ours, peer = (statistics.median(times[1:]) for times in taken)
    case = f"epoch of cnn2c, {result.step} steps of {BATCH}"
    return Row("losses", case, ours, peer, "bare loop, floats in memory", "s", target=1 / 0.9)


def _trained() -> TrainingResult:
    """An epoch on two of MNIST's classes, which leave few images to validate on."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainClassifierConfig(
            dataset="mnist",
            classes=("0", "1"),
            data_dir=data(),
            architecture="cnn2c",
            epochs=1,
            batch_size=BATCH,
            device=RUNTIME.device.type,
            out=Path(folder) / "run",
        )
        result = train_classifier(config)
    if not isinstance(result, TrainingResult):
        raise TypeError(result)
    return result


def _bare_epoch(images: Tensor, labels: Tensor) -> float:
    """Seconds of the loop that anybody writes first, on floats that lie ready in any order."""
    model = _network("cnn2c").train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    finish()
    start = time.perf_counter()
    for indices in torch.randperm(len(images), device=images.device).split(BATCH):
        loss = F.cross_entropy(model(images[indices]), labels[indices])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    finish()
    return time.perf_counter() - start
