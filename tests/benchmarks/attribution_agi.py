"""AGI beside the authors' loop, and beside three forward passes a step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, as_loaded, finish, network, relative, some_photos
from tests.benchmarks.measure import Row, fastest, seconds
from xaitool.core.attribution.agi import AdversarialGradientIntegration
from xaitool.core.attribution.base import Attribution
from xaitool.core.score import Score

CLASSES = tuple(range(25, 1000, 50))
STEPS = 20
LOOP, FLOOR = "authors' loop", "three forward passes a step, batches of"
_FORWARDED = 32 if RUNTIME.device.type == "cpu" else 512
"""Images whose forward passes are timed for the floor."""


def run() -> Iterator[Row]:
    """Steps of the paper's size, and so small that every class takes all of them."""
    photos = some_photos(4)
    ours, peer = as_loaded(network("resnet18")), network("resnet18")
    batch = _best_batch(ours, photos)
    yield from _race(ours, peer, photos[:1], batch, epsilon=0.05, rounds=3)
    yield _default_rule(ours, photos, batch)
    yield from _race(ours, peer, photos[:1], batch, epsilon=0.0002, rounds=1)


def _race(
    model: nn.Module, peer: nn.Module, photos: Tensor, batch: int, *, epsilon: float, rounds: int
) -> Iterator[Row]:
    """One photo by the paper's own rule, as the authors' code has it."""
    target = model(photos).argmax(1)
    results: dict[str, Attribution] = {}

    def ours() -> None:
        results["ours"] = _explain(model, photos, target, epsilon, "left")

    def loop() -> None:
        _authors_loop(peer, photos, int(target), epsilon)

    times = seconds(
        ours, loop, _forward(model, photos, batch), rounds=rounds, warm=rounds > 1, finish=finish
    )
    steps = int(results["ours"].extras["class_steps"].sum())
    case = f"AGI, {len(CLASSES)} classes, {steps} steps of {epsilon}"
    yield Row(
        "attribution", case, times[0], times[1], LOOP, "s", 1 / 1.8,
        _difference(model, photos, target), 1e-9, "difference of the map in float64",
    )  # fmt: skip
    floor = times[2] / _FORWARDED * 3 * steps
    yield Row("attribution", case, times[0], floor, f"{FLOOR} {batch}", "s", 1.35)


def _default_rule(model: nn.Module, photos: Tensor, batch: int) -> Row:
    """Several photos by the default rule, which also wants the gradient at a path's end."""
    target = model(photos).argmax(1)
    results: list[Attribution] = []

    def ours() -> None:
        results[:] = [_explain(model, photos, target, 0.05, "trapezoid")]

    time, forward = seconds(ours, _forward(model, photos, batch), rounds=2, finish=finish)
    steps = int(results[0].extras["class_steps"].sum())
    case = f"AGI, {len(photos)} photos, trapezoid, {steps} steps"
    floor = forward / _FORWARDED * 3 * steps
    return Row("attribution", case, time, floor, f"{FLOOR} {batch}", "s", 1.35)


def _explain(
    model: nn.Module,
    photos: Tensor,
    target: Tensor,
    epsilon: float,
    rule: str,
    classes: tuple[int, ...] = CLASSES,
) -> Attribution:
    rows = RUNTIME.rows(photos[0].numel(), None)
    method = AdversarialGradientIntegration(
        model, epsilon=epsilon, steps=STEPS, class_list=classes, rule=rule
    )
    return method.attribute(photos, Score(target, output="probability"), rows=rows)


def _authors_loop(
    model: nn.Module, photo: Tensor, target: int, epsilon: float, classes: tuple[int, ...] = CLASSES
) -> Tensor:
    """After pgd_step of github.com/pd90506/AGI at 4b28c8b, but from point to point.

    The published code starts every step at the original image; algorithm 1 does not.
    """
    total = torch.zeros_like(photo)
    for label in classes:
        point = photo.clone()
        for _ in range(STEPS):
            point.requires_grad_()
            logits = model(point)
            if logits.argmax().item() == label:
                break
            probability = logits.softmax(1)[0]
            ascent = _backward(model, probability[label], point, retain_graph=True)
            slope = _backward(model, probability[target], point)
            after = (point.detach() + epsilon * ascent.sign()).clamp(0, 1)
            total -= slope * (after - point.detach())
            point = after
    return total / len(classes)


def _backward(
    model: nn.Module, value: Tensor, point: Tensor, *, retain_graph: bool = False
) -> Tensor:
    """As theirs: through the parameters, too, whose gradients nobody reads."""
    model.zero_grad()
    point.grad = None
    value.backward(retain_graph=retain_graph)
    assert point.grad is not None
    return point.grad.detach().clone()


def _difference(model: nn.Module, photo: Tensor, target: Tensor) -> float:
    """In float64 and for few classes: in float32 a sign step flips at rounding level."""
    few, exact = CLASSES[:2], copy.deepcopy(model).double()
    ours = _explain(exact, photo.double(), target, 0.05, "left", few).values
    return relative(ours, _authors_loop(exact, photo.double(), int(target), 0.05, few))


def _best_batch(model: nn.Module, photos: Tensor) -> int:
    """The batch with which a forward pass takes least time an image."""
    sizes = [size for size in (1, 2, 4, 8, 16, 32, 128, 512) if size <= _FORWARDED]
    return fastest(sizes, lambda size: _forward(model, photos, size)(), finish)


def _forward(model: nn.Module, photos: Tensor, batch: int) -> Callable[[], None]:
    images = photos.repeat(batch // len(photos) + 1, 1, 1, 1)[:batch]

    @torch.no_grad()
    def forward() -> None:
        for _ in range(_FORWARDED // batch):
            model(images)

    return forward
