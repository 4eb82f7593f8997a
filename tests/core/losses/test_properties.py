"""What every registered loss promises."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.losses.base import Loss
from xaitool.errors import ConfigError, ShapeError

VARIANTS = [
    *((name, {}) for name in registry.names("loss")),
    ("lgl-inr", {"attach": True, "beta": 3.0}),
    ("lgl-inr", {"beta": 0.0}),
    ("pc", {"logit": "max", "reduction": "mean"}),
    ("pc", {"constraint": 0.0}),
    ("gce", {"alpha": 1.0}),
]
CLASSES = 5


def build(name: str, options: dict[str, object] | None = None) -> Loss:
    loss: Loss = registry.load("loss", name)(**(options or {}))
    return loss


def batch(samples: int = 12, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    logits = scale * torch.randn(samples, CLASSES, generator=generator, dtype=torch.float64)
    # Class 3 is absent.
    labels = torch.tensor([0, 1, 2, 4])[torch.randint(4, (samples,), generator=generator)]
    return logits, labels


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_gradient_is_that_of_the_value(name, options):
    loss = build(name, options)
    logits, labels = batch()
    if name == "lgl-inr" and not options.get("attach") and options.get("beta") != 0:
        return  # its weights are constants of the gradient: compared in test_lgl_inr
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), logits.requires_grad_())


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_order_of_the_samples_does_not_matter(name, options):
    loss = build(name, options)
    logits, labels = batch()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(loss(logits, labels), loss(logits[order], labels[order]))


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e4, 1.0, 0.0])
def test_finite_for_extreme_logits_and_any_batch(name, options, dtype, scale):
    loss = build(name, options)
    signs = batch(8)[0].sign().to(dtype) * scale
    for labels in (torch.arange(8) % CLASSES, torch.full((8,), 2), torch.tensor([4])):
        logits = signs[: len(labels)].clone().requires_grad_()
        value = loss(logits, labels)
        value.backward()
        assert value.shape == ()
        assert value.dtype == dtype
        assert value.isfinite()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", registry.names("loss"))
def test_half_precision_counts_in_full(name):
    logits, labels = batch(300)
    short = logits.bfloat16()
    torch.testing.assert_close(build(name)(short, labels), build(name)(short.float(), labels))


@pytest.mark.parametrize("name", registry.names("loss"))
def test_descent_learns_separable_classes(name):
    """In a plain loop of a user's own, with cross-entropy first where the loss wants it."""
    torch.manual_seed(0)
    labels = torch.arange(60) % CLASSES
    images = torch.eye(CLASSES)[labels] + 0.1 * torch.randn(60, CLASSES)
    layer = nn.Linear(CLASSES, CLASSES)
    chosen = build(name)
    for loss in ([build("cross-entropy")] if chosen.warm_up else []) + [chosen]:
        optimiser = torch.optim.SGD(layer.parameters(), lr=1.0)
        for _ in range(100):
            optimiser.zero_grad()
            loss(layer(images), labels).backward()
            optimiser.step()
    assert (layer(images).argmax(1) == labels).all()


@pytest.mark.parametrize("name", registry.names("loss"))
def test_refusals(name):
    loss = build(name)
    logits, labels = batch()
    for wrong in (logits[0], logits[:0], logits.long()):
        with pytest.raises(ShapeError, match="but floating \\(samples, classes\\)"):
            loss(wrong, labels[: len(wrong)])
    with pytest.raises(ShapeError, match=r"but int64 \(12,\) is wanted"):
        loss(logits, labels[:3])
    with pytest.raises(ShapeError, match="but int64"):
        loss(logits, labels.float())
    with pytest.raises(ShapeError, match="logits have 1 classes, but "):
        loss(logits[:, :1], labels)
    with pytest.raises(ConfigError, match="has no option 'no_such'"):
        build(name, {"no_such": 1})


@pytest.mark.parametrize("name", registry.names("loss"))
def test_class_weights_are_taken_or_refused(name):
    kind = registry.load("loss", name)
    if not kind.weighted:
        with pytest.raises(ConfigError, match="has class weights, but it takes none"):
            kind(class_weights=[1.0] * CLASSES)
        return
    logits, labels = batch()
    torch.testing.assert_close(
        kind(class_weights=[1.0] * CLASSES)(logits, labels), kind()(logits, labels)
    )
    with pytest.raises(ShapeError, match=r"\(2,\) class weights, but \(5,\) are wanted"):
        kind(class_weights=[1.0, 2.0])(logits, labels)
    for wrong in ([0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(ConfigError, match="but finite ones of at least 0"):
            kind(class_weights=wrong)


def test_what_the_losses_say_of_themselves():
    facts = {name: registry.load("loss", name) for name in registry.names("loss")}
    assert [name for name, kind in facts.items() if kind.warm_up] == ["pc"]
    assert [name for name, kind in facts.items() if kind.compares_classes] == ["lgl-inr"]
    assert [name for name, kind in facts.items() if kind.weighted] == ["cross-entropy", "logistic"]
