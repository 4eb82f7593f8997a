"""Models as users have them: what they do to their input and output changes no result."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.engine.layers import ModuleLayer
from xaitool.core.baselines.optimised_target import OptimisedTarget
from xaitool.core.baselines.reached import predictions
from xaitool.core.frozen.users_model import (
    UsersClassifier,
    UsersDiscriminator,
    UsersModel,
    bare,
    class_name,
    ends_in_sigmoid,
    guarded,
)
from xaitool.core.metrics.explanation.insertion_deletion import deletion, insertion
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.core.randomisation import cascading_randomisation, weight_layers
from xaitool.core.score import Score
from xaitool.errors import ModelError, XaitoolError

METHODS = registry.names("method")
ATTACKS = registry.names("attack")
RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 3, 8, 8, dtype=torch.float64, generator=RANDOM)
REFERENCES = torch.rand(3, 2, 3, 8, 8, dtype=torch.float64, generator=RANDOM)
KEPT = REFERENCES.clone()
TARGET, AGAINST = torch.tensor([0, 3, 1]), torch.tensor([2, 1, 0])
OF_METHOD: dict[str, dict[str, Any]] = {
    "agi": {"classes": 2, "steps": 4},
    "blur-ig": {"steps": 4},
    "expected-gradients": {"samples": 4},
    "integrated-gradients": {"steps": 4},
    "smooth-grad": {"samples": 3},
}
OF_ATTACK: dict[str, dict[str, Any]] = {
    "pgd": {"steps": 3},
    "apgd-ce": {"steps": 6},
    "apgd-dlr": {"steps": 6},
    "square": {"queries": 20},
    "spsa": {"steps": 2, "pairs": 4},
    "cw-l2": {"search_steps": 2, "steps": 6, "initial_constant": 1.0},
}
Results = namedtuple("Results", "logits hidden")


class Written(nn.Module):
    """A network that a function runs.

    Args:
        run: From the network and images to what it returns.
        classes: How many logits `logits` has.
    """

    def __init__(self, run: Callable[[Written, Tensor], Any], classes: int = 5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.run = run
        self.convolution = nn.Conv2d(3, 6, 3, padding=1)
        self.head = nn.Linear(24, classes)
        self.double()

    def forward(self, images: Tensor) -> Any:
        return self.run(self, images)

    def logits(self, images: Tensor) -> Tensor:
        hidden = F.adaptive_avg_pool2d(F.relu(self.convolution(images)), 2)
        logits: Tensor = self.head(hidden.flatten(1))
        return logits


def plain(net: Written, images: Tensor) -> Tensor:
    return net.logits((images - 0.5) / 0.25)


def in_place(net: Written, images: Tensor) -> Tensor:
    images -= 0.5
    images /= 0.25
    return net.logits(images)


def under_autocast(net: Written, images: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return plain(net, images)


# What must not be told from the plain network.
OTHERS: dict[str, Callable[[Written, Tensor], Any]] = {
    "in-place": in_place,
    "tuple": lambda net, images: (in_place(net, images), 1),
    "named tuple": lambda net, images: Results(plain(net, images), images.flatten(1)),
    "fields": lambda net, images: SimpleNamespace(logits=plain(net, images), hidden=images),
    "dictionary": lambda net, images: OrderedDict(loss=None, logits=plain(net, images), h=images),
}


def explained(name: str, model: nn.Module, images: Tensor = IMAGES) -> Attribution:
    method = registry.load("method", name)(model, **OF_METHOD.get(name, {}))
    score = Score(TARGET, output=method.default_output)
    found: Attribution = method.attribute(images, score, REFERENCES.to(images), rows=7)
    return found


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", METHODS)
def test_every_method(name: str, other: str) -> None:
    images = IMAGES.clone()
    wanted, found = (explained(name, Written(run), images) for run in (plain, OTHERS[other]))
    for one in ("values", "score_input", "score_baseline", "completeness_gap"):
        torch.testing.assert_close(getattr(found, one), getattr(wanted, one), equal_nan=True)
    assert torch.equal(images, IMAGES)
    assert torch.equal(REFERENCES, KEPT)


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack(name: str) -> None:
    images, random = IMAGES.clone(), torch.Generator().manual_seed(0)
    attack = registry.load("attack", name)(rows=2, **OF_ATTACK.get(name, {}))
    wanted, found = (
        attack.run(Written(run), images, TARGET, generator=random)
        for run in (plain, OTHERS["tuple"])
    )
    for one in ("images", "success", "steps", "l2"):
        torch.testing.assert_close(getattr(found, one), getattr(wanted, one))
    assert torch.equal(images, IMAGES)


def _first_randomised(model: nn.Module) -> Tensor:
    name, copied = next(cascading_randomisation(model, IMAGES, seed=0))
    assert name == "head"
    with torch.no_grad():
        found: Tensor = guarded(copied)(IMAGES)
    return found


MEASURES: dict[str, Callable[[nn.Module], Tensor]] = {
    "insertion": lambda model: insertion(model, IMAGES, IMAGES - 0.3, Score(TARGET)).curve,
    "deletion": lambda model: deletion(model, IMAGES, IMAGES - 0.3, Score(TARGET)).curve,
    "features": lambda model: penultimate(model, IMAGES),
    "predictions": lambda model: predictions(model, REFERENCES),
    "optimised baseline": lambda model: OptimisedTarget(model=model, steps=4).for_images(
        IMAGES, Score(TARGET, AGAINST)
    ),
    "randomisation": _first_randomised,
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("measure", MEASURES)
def test_whatever_else_calls_a_model(measure: str, other: str) -> None:
    kept = IMAGES.clone()
    wanted, found = (MEASURES[measure](Written(run)) for run in (plain, OTHERS[other]))
    torch.testing.assert_close(found, wanted)
    assert torch.equal(IMAGES, kept)
    assert torch.equal(REFERENCES, KEPT)


@pytest.mark.parametrize("name", METHODS)
def test_logits_of_another_dtype(name: str) -> None:
    wanted = explained(name, Written(plain))
    found = explained(name, Written(lambda net, images: plain(net, images).float()))
    assert found.values.dtype == found.score_input.dtype == torch.float64
    torch.testing.assert_close(found.score_input, wanted.score_input, rtol=1e-5, atol=1e-6)
    if name == "agi":  # steps by signs
        return
    torch.testing.assert_close(found.values, wanted.values, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("name", METHODS)
def test_autocast_inside(name: str, back: bool) -> None:
    def run(net: Written, images: Tensor) -> Tensor:
        logits = under_autocast(net, images)
        return logits.float() if back else logits

    images = IMAGES.float()
    wanted, found = (explained(name, Written(one).float(), images) for one in (plain, run))
    assert found.values.dtype == found.score_input.dtype == torch.float32
    torch.testing.assert_close(found.score_input, wanted.score_input, rtol=0.05, atol=0.05)
    if name == "agi":
        return
    like = F.cosine_similarity(found.values.flatten(1), wanted.values.flatten(1))
    assert like.min() > 0.95


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_on_autocast_inside(name: str) -> None:
    attack = registry.load("attack", name)(**OF_ATTACK.get(name, {}))
    model = Written(under_autocast).float()
    random = torch.Generator().manual_seed(0)
    found = attack.run(model, IMAGES.float(), TARGET, generator=random)
    assert found.images.dtype == torch.float32
    assert found.images.isfinite().all()


@pytest.mark.parametrize("squeezed", [True, False])
def test_a_single_logit_is_two_classes(squeezed: bool) -> None:
    net = Written(lambda net, images: plain(net, images).squeeze(1 if squeezed else 2), classes=1)
    if not squeezed:
        net.run = plain
    logit = plain(net, IMAGES)
    logits = UsersClassifier(net)(IMAGES)
    torch.testing.assert_close(logits.softmax(1)[:, 1:], logit.sigmoid())
    torch.testing.assert_close(logits[:, 1:] - logits[:, :1], logit)


@pytest.mark.parametrize("name", METHODS)
def test_either_class_of_a_single_logit_is_explained(name: str) -> None:
    single = UsersClassifier(Written(plain, classes=1))

    def both(net: Written, images: Tensor) -> Tensor:
        logit = plain(net, images)
        return torch.cat([-logit / 2, logit / 2], 1)

    images, method = IMAGES.clone(), registry.load("method", name)
    for label in (0, 1):
        score = Score(torch.full((3,), label), output=method.default_output)
        found, wanted = (
            method(model, **OF_METHOD.get(name, {})).attribute(images, score, REFERENCES)
            for model in (single, Written(both, classes=1))
        )
        torch.testing.assert_close(found.values, wanted.values)
    if name == "saliency":
        pair = method(single).attribute(images, Score(score.target, 1 - score.target))
        leaf = images.clone().requires_grad_()
        (slope,) = torch.autograd.grad(plain(bare(single), leaf).sum(), leaf)  # type: ignore[arg-type]
        torch.testing.assert_close(pair.values, slope)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda x: (x.flatten(1), x.mean((2, 3))), r"tuple of \(3, 192\) and \(3, 3\) for 3"),
        (lambda x: [], "list of no tensors"),
        (lambda x: {"a": x.flatten(1), "b": x}, r"dict of \(3, 192\) and \(3, 3, 8, 8\)"),
    ],
)
def test_what_may_be_several_logits_is_refused(returned: Any, words: str) -> None:
    model = Written(lambda net, images: returned(images))
    with pytest.raises(ModelError, match=words) as caught:
        guarded(model)(IMAGES)
    assert caught.value.hint is not None


def test_what_is_no_tensor_is_left_to_whoever_asked() -> None:
    assert guarded(Written(lambda net, images: None))(IMAGES) is None
    assert UsersClassifier(Written(lambda net, images: "no"))(IMAGES) == "no"
    labels = guarded(Written(lambda net, images: plain(net, images).argmax(1)))(IMAGES)
    assert labels.dtype == torch.int64


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 1, 1, 1)])
def test_one_number_an_image_is_a_column(shape: tuple[int, ...]) -> None:
    net = Written(lambda net, images: (plain(net, images).view(shape), None), classes=1)
    column = UsersDiscriminator(net)(IMAGES)
    assert torch.equal(column, plain(net, IMAGES))


@pytest.mark.parametrize("returned", [lambda x: x, lambda x: 3])
def test_a_discriminator_of_patches_is_refused(returned: Any) -> None:
    net = UsersDiscriminator(Written(lambda net, images: returned(images)))
    with pytest.raises(ModelError, match=r"returns .* but logits \(3, 1\) are wanted"):
        net(IMAGES)


def test_a_users_explanation_finds_the_parts_of_the_discriminator() -> None:
    net = UsersDiscriminator(Written(plain))
    assert net.head.out_features == 5
    with pytest.raises(AttributeError):
        net.tail  # noqa: B018


def test_layers_are_named_as_the_user_knows_them() -> None:
    net = Written(in_place)
    assert list(weight_layers(guarded(net), IMAGES)) == ["convolution", "head"]
    assert class_name(guarded(net)) == "Written"
    assert bare(guarded(net)) is bare(net) is net
    users = UsersModel(net)
    assert guarded(users) is users
    model = guarded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(4, 4, 3))))
    layer = registry.load("method", "grad-cam")(model, layer="0")._layer(IMAGES)
    assert layer == ModuleLayer(bare(model)[0])  # type: ignore[index]


@pytest.mark.parametrize("end", [nn.Sigmoid(), nn.Sequential(nn.Sigmoid(), nn.Flatten(0))])
def test_a_sigmoid_of_a_single_logit_is_seen(end: nn.Module) -> None:
    model = UsersClassifier(nn.Sequential(Written(plain, classes=1), end))
    with torch.no_grad():
        assert model.is_sigmoid(IMAGES, model(IMAGES))
    logit = UsersClassifier(Written(lambda net, images: plain(net, images) ** 2, classes=1))
    assert not logit.is_sigmoid(IMAGES, logit(IMAGES))
    assert not ends_in_sigmoid(plain(Written(plain), IMAGES))


@pytest.mark.parametrize("name", METHODS)
def test_no_images(name: str) -> None:
    none = torch.empty(0, dtype=torch.int64)
    method = registry.load("method", name)(Written(plain))
    found = method.attribute(IMAGES[:0], Score(none), REFERENCES[:0])
    assert found.values.shape == (0, 3, 8, 8)
    assert found.score_input.shape == found.completeness_gap.shape == (0,)
    with pytest.raises(XaitoolError):
        method.attribute(IMAGES[:0], Score(TARGET), REFERENCES[:0])
