"""What every registered baseline promises, made as a workflow makes any of them."""

import pytest
import torch
from torch import nn

from tests.core.baselines.brighten import Brighten
from xaitool import registry
from xaitool.core.baselines.base import Need
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score
from xaitool.errors import ConfigError

BASELINES = registry.names("baseline")
SHAPE = (3, 6, 8)
GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(5, *SHAPE, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 3, 1, 2, 0])
AGAINST = torch.tensor([2, 1, 0, 0, 1])
SCORE = Score(TARGET, AGAINST)


class Data:
    """Forty images of four classes."""

    def __init__(self):
        generator = torch.Generator().manual_seed(1)
        self.pixels = torch.rand(40, *SHAPE, generator=generator)
        self.labels = torch.arange(40) % 4

    def images(self, indices):
        return self.pixels[indices]


def network(dtype=torch.float64):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(96, 4)
    ).to(dtype)


def autoencoder(dtype):
    torch.manual_seed(0)
    return Cvae(SHAPE, 4, (2,)).to(dtype)


def make(name, *, seed=0, model=None, **options):
    found = registry.load("baseline", name)
    supply = {
        "image": torch.rand(SHAPE, generator=torch.Generator().manual_seed(2)),
        "references": torch.rand(2, *SHAPE, generator=torch.Generator().manual_seed(3)),
        "data": Data(),
        "model": model or network(),
        "generator": Brighten(),
        "seed": seed,
    }
    if Need.CVAE in found.needs:
        supply["cvae"] = autoencoder(next(supply["model"].parameters()).dtype)
    if "references" in vars(found.Options.from_mapping({}, source="")):
        options = {"references": 3, **options}
    return found(**{need: supply[need] for need in found.keyword_needs()}, **options)


@pytest.mark.parametrize("name", BASELINES)
def test_needs_are_known(name):
    assert registry.load("baseline", name).needs <= set(Need)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_references_look_like_the_images_and_are_pixels(name, dtype):
    images = IMAGES.to(dtype)
    references = make(name, model=network(dtype)).for_images(images.requires_grad_(), SCORE)
    assert references.shape == (5, references.shape[1], *SHAPE)
    assert references.shape[1] >= 1
    assert references.dtype == dtype
    assert references.min() >= 0
    assert references.max() <= 1


@pytest.mark.parametrize("name", BASELINES)
def test_batched_equals_single(name):
    batched = make(name).for_images(IMAGES, SCORE)
    for row in range(5):
        part = slice(row, row + 1)
        single = make(name).for_images(IMAGES[part], SCORE.select(part))
        torch.testing.assert_close(single[0], batched[row], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
def test_neither_order_nor_global_random_state_matters(name):
    straight = make(name).for_images(IMAGES, SCORE)
    order = torch.tensor([3, 0, 4, 1, 2])
    baseline = make(name)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    shuffled = baseline.for_images(IMAGES[order], SCORE.select(order))
    torch.testing.assert_close(shuffled, straight[order], rtol=1e-9, atol=1e-12)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", BASELINES)
def test_the_seed_matters_where_it_is_needed(name):
    one, same, other = (make(name, seed=seed).for_images(IMAGES, SCORE) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    drawn = Need.SEED in registry.load("baseline", name).needs
    assert torch.equal(one, other) != drawn


@pytest.mark.parametrize("name", BASELINES)
def test_a_second_class_is_asked_for_where_it_is_needed(name):
    baseline = make(name)
    if Need.SECOND_CLASS not in baseline.needs:
        with_it = baseline.for_images(IMAGES, SCORE)
        assert torch.equal(baseline.for_images(IMAGES, Score(TARGET)), with_it)
        return
    with pytest.raises(ConfigError, match="the score has no second class") as error:
        baseline.for_images(IMAGES, Score(TARGET))
    assert error.value.hint == "--against second"


@pytest.mark.parametrize("name", BASELINES)
def test_nothing_is_changed(name):
    model = network().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    images = IMAGES.clone()
    make(name, model=model).for_images(images, SCORE)
    assert torch.equal(images, IMAGES)
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", BASELINES)
def test_no_images_have_no_references(name):
    references = make(name).for_images(IMAGES[:0], SCORE.select(slice(0, 0)))
    assert references.shape[0] == 0
    assert references.shape[2:] == SHAPE


@pytest.mark.parametrize("name", BASELINES)
def test_unknown_options_are_refused(name):
    found = registry.load("baseline", name)
    if found.Options.from_mapping({}, source="").to_dict():
        with pytest.raises(ConfigError, match="has no option 'nonsense'"):
            make(name, nonsense=1)
