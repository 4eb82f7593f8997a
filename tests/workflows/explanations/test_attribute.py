"""One call from Python: what it computes, and what it refuses."""

import inspect
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import nn

import xaitool
from xaitool import Score, attribute, registry
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.baselines.blur import Blur
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.models.normalise import Normalise
from xaitool.errors import (
    ConfigError,
    DataError,
    ModelError,
    ShapeError,
    UnknownNameError,
    XaitoolError,
)
from xaitool.workflows.explanations.image_arguments import labelled_images

RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(4, 3, 8, 8, generator=RANDOM)
REFERENCES = torch.rand(5, 3, 8, 8, generator=RANDOM)
DATA = torch.rand(20, 3, 8, 8, generator=RANDOM), torch.arange(20) % 5
QUICK: dict[str, dict[str, Any]] = {"agi": {"steps": 3, "classes": 2}, "blur-ig": {"steps": 5}}


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(216, 5)]
    return nn.Sequential(Normalise([0.5] * 3, [0.2] * 3), *layers)


def logits(model):
    with torch.no_grad():
        return model.eval()(IMAGES)


def refused(error: type[XaitoolError], match: str, model=None, inputs=IMAGES, *rest, **given):
    with pytest.raises(error, match=match) as caught:
        attribute(model or network(), inputs, *rest, **given)
    return caught.value.hint or ""


@pytest.mark.parametrize("baseline", [None, 0.2, IMAGES.flip(0)])
def test_each_of_the_most_probable_classes(baseline):
    """As one call for each of the classes."""
    model = network()
    found = attribute(model, IMAGES, "deeplift", target="top3", baseline=baseline)
    classes = logits(model).topk(3).indices
    assert torch.equal(found.score.target, classes.flatten())
    for rank in range(3):
        alone = attribute(model, IMAGES, "deeplift", target=classes[:, rank], baseline=baseline)
        torch.testing.assert_close(found.values[rank::3], alone.values)
        torch.testing.assert_close(found.score_baseline[rank::3], alone.score_baseline)


@pytest.mark.parametrize("name", registry.names("method"))
def test_every_method_by_its_name_and_as_a_class(name):
    model, kind = network().train(), registry.load("method", name)
    known: dict[str, dict[str, Any]] = {
        "dataset": {"references": REFERENCES},
        "cvae": {"baseline": "recolour"},
    }
    references = known.get(kind.default_baseline, {})
    by_name, by_class = (
        attribute(model, IMAGES, method, **references, **QUICK.get(name, {}))
        for method in (name, kind)
    )
    assert torch.equal(by_name.values, by_class.values)
    assert by_name.values.shape == IMAGES.shape
    assert isinstance(by_name, xaitool.Attribution)
    assert by_name.score is not None
    assert by_name.score.output == kind.default_output
    assert all(module.training for module in model.modules())
    assert torch.equal(by_name.score.target, logits(model).argmax(1))


@pytest.mark.parametrize("name", registry.names("method"))
def test_no_option_of_a_method_is_hidden_by_an_argument(name):
    options = registry.load("method", name).Options.from_mapping({}, source="").to_dict()
    assert not options.keys() & inspect.signature(attribute).parameters.keys()


@pytest.mark.parametrize(
    "target",
    [
        2,
        [2, 2, 2, 2],
        (2,) * 4,
        torch.tensor(2),
        torch.full((4,), 2, dtype=torch.int32),
        np.full(4, 2),
    ],
)
def test_one_target_or_one_a_sample(target):
    result = attribute(network(), IMAGES, "saliency", target=target)
    expected = Saliency(network()).attribute(IMAGES, Score(torch.full((4,), 2)))
    torch.testing.assert_close(result.values, expected.values)


def test_against_the_second_class():
    model = network()
    ranked = logits(model).argsort(1, descending=True)
    result = attribute(model, IMAGES, "saliency", against="second")
    assert result.score is not None
    assert result.score.against is not None
    assert torch.equal(result.score.target, ranked[:, 0])
    assert torch.equal(result.score.against, ranked[:, 1])
    target = ranked[:, 1]
    result = attribute(model, IMAGES, "saliency", target=target, against="second")
    assert result.score is not None
    assert result.score.against is not None
    assert torch.equal(result.score.against, ranked[:, 0])


def test_the_scale_of_the_score():
    result = attribute(network(), IMAGES, "saliency", target=1, score="probability")
    expected = logits(network()).softmax(1)[:, 1]
    torch.testing.assert_close(result.score_input, expected)


def test_baselines_by_name_as_an_object_and_as_images():
    model = network()
    blurred = Blur(sigma=1).for_images(IMAGES, Score(torch.zeros(4, dtype=torch.int64)))
    image, colour = REFERENCES[0], torch.tensor([0.1, 0.5, 0.9]).view(3, 1, 1)
    grey = Image.new("L", (8, 8), 51)
    for same in (
        [None, 0, 0.0, "zero", torch.zeros(3, 8, 8), torch.zeros_like(IMAGES)],
        [Blur(sigma=1), blurred, blurred[:, 0]],
        [0.5, torch.full((3, 8, 8), 0.5)],
        [image, image.double(), image.expand(4, 1, 3, 8, 8), image[None], image[None, None]],
        [image.numpy(), image.permute(1, 2, 0).numpy(), image],
        [colour, colour.numpy(), colour.view(1, 1, 3).numpy(), colour.expand(3, 8, 8)],
        [np.float32(0.25), np.array(0.25), torch.tensor(0.25), 0.25],
        [grey, grey.convert("RGB"), np.asarray(grey), torch.full((1, 1, 1), 0.2)],
    ):
        values = [
            attribute(model, IMAGES, "occlusion", target=0, baseline=one).values for one in same
        ]
        for other in values[1:]:
            torch.testing.assert_close(other, values[0])


@pytest.mark.parametrize("name", registry.names("method"))
def test_of_no_images_the_result_is_empty(name):
    result = attribute(network(), IMAGES[:0], name)
    assert result.values.shape == (0, 3, 8, 8)
    assert result.score_input.shape == (0,)
    assert result.score is not None
    assert len(result.score) == 0


def test_a_single_logit_is_two_classes():
    torch.manual_seed(0)
    linear = nn.Linear(192, 1)
    model = nn.Sequential(nn.Flatten(), linear, nn.Flatten(0))
    slope = linear.weight.detach().view(3, 8, 8)
    for target, against, wanted in ((1, 0, slope), (0, 1, -slope), (1, None, slope / 2)):
        result = attribute(model, IMAGES, "saliency", target=target, against=against)
        torch.testing.assert_close(result.values[0], wanted)
    result = attribute(model, IMAGES, "saliency", score="probability", target=1)
    torch.testing.assert_close(result.score_input, model(IMAGES).sigmoid().detach())
    predicted = attribute(model, IMAGES, "saliency", against="second").score
    assert predicted is not None
    assert torch.equal(predicted.target, (model(IMAGES) > 0).long())


@pytest.mark.parametrize("method", ["deep-shap", "integrated-gradients"])
def test_references_shared_by_all(method):
    result = attribute(network(), IMAGES, method, target=1, references=REFERENCES)
    with torch.no_grad():
        expected = network().eval()(REFERENCES)[:, 1].mean()
    torch.testing.assert_close(result.score_baseline, expected.expand(4))


def test_data_to_choose_from():
    model = network()
    given = {"target": 0, "against": [1, 2, 3, 4]}
    chosen = attribute(model, IMAGES, baseline="nearest-target", data=DATA, **given)
    dataset = labelled_images(DATA)
    assert dataset is not None
    for same in (
        attribute(model, IMAGES, baseline="nearest-target", data=dataset, **given),
        attribute(model, IMAGES, baseline=NearestTarget(data=dataset), **given),
    ):
        assert torch.equal(chosen.values, same.values)


def test_a_baseline_that_asks_the_model():
    model = network()
    result = attribute(model, IMAGES, baseline="optimised-target", target=0, against=1)
    assert result.values.isfinite().all()
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_seed_and_rows_and_options_are_passed_on():
    one, same, other = (
        attribute(network(), IMAGES, "smooth-grad", target=1, samples=3, seed=seed, rows=rows)
        for seed, rows in ((0, 1), (0, 64), (1, 64))
    )
    torch.testing.assert_close(one.values, same.values)
    assert not torch.allclose(one.values, other.values)


def test_the_dtype_is_that_of_the_inputs():
    result = attribute(network().double(), IMAGES.double(), target=1)
    assert result.values.dtype == torch.float64
    single = attribute(network(), IMAGES, target=1)
    torch.testing.assert_close(single.values, result.values.float(), rtol=1e-4, atol=1e-6)


def test_a_network_on_normalised_images_becomes_one_on_pixels():
    linear = nn.Linear(192, 5)
    model = nn.Sequential(Normalise([0.5] * 3, [0.25] * 3), nn.Flatten(), linear)
    result = attribute(model, IMAGES, "saliency", target=2)
    expected = linear.weight[2].detach().view(3, 8, 8) / 0.25
    torch.testing.assert_close(result.values[0], expected)


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_bare_network_of_torchvision_is_warned_of(wrapped):
    model = torchvision.models.squeezenet1_1(num_classes=5)
    images = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    if wrapped:
        attribute(nn.Sequential(xaitool.Normalise([0.5] * 3, [0.2] * 3), model), images, "saliency")
        return
    message = r"torchvision's SqueezeNet, which wants normalised images, .*xaitool\.Normalise"
    with pytest.warns(UserWarning, match=message) as caught:
        attribute(model, images, "saliency")
    assert caught[0].filename == __file__


def test_smaller_batches_when_memory_is_short():
    class Cramped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, images):
            if len(images) > 2:
                raise torch.OutOfMemoryError("out of memory on purpose")
            return self.inner(images)

    with pytest.warns(UserWarning, match="going on with") as caught:
        result = attribute(Cramped(), IMAGES, "saliency", target=1, rows=8)
    assert [str(one.message)[-6:] for one in caught] == ["4 rows", "2 rows"]
    assert {one.filename for one in caught} == {__file__}
    torch.testing.assert_close(
        result.values, attribute(network(), IMAGES, "saliency", target=1).values
    )


def test_probabilities_are_warned_of():
    with pytest.warns(UserWarning, match="probabilities, not logits") as caught:
        attribute(nn.Sequential(network(), nn.Softmax(1)), IMAGES, "saliency")
    assert caught[0].filename == __file__


def test_wrong_images_are_clear_errors():
    assert "Normalise" in refused(ShapeError, r"from -2 to 2, but pixels", None, IMAGES * 4 - 2)
    assert "255" in refused(ShapeError, r"from .* to 255, but pixels", None, IMAGES * 255)
    refused(ShapeError, r"\(8, 8\), but \(N, C, H, W\)", None, IMAGES[0, 0])
    refused(ShapeError, "from nan to nan", None, IMAGES * torch.nan)
    refused(ShapeError, "but floating pixels", None, IMAGES[:, :0])
    refused(ShapeError, "torch.int32 .* but floating pixels or uint8", None, IMAGES.int())
    refused(ShapeError, "a dict is given as inputs, but tensors, NumPy arrays or", None, {})
    assert "Image.open" in refused(ShapeError, "a str is given as inputs", None, "cat.png")


@pytest.mark.parametrize("last", [True, False])
def test_bytes_in_whatever_they_are_held_are_the_same_images(last):
    """Channels last or first, in one array, in a list, as PIL images, and one by itself."""
    batch = (IMAGES * 255).round().byte()
    array = batch.permute(0, 2, 3, 1).numpy() if last else batch.numpy()
    pictures = [Image.fromarray(one.permute(1, 2, 0).numpy()) for one in batch]
    expected = attribute(network(), batch / 255, "input-x-gradient", target=1).values
    for same in (batch, array, list(array), tuple(batch), pictures, list(array / 255)):
        found = attribute(network(), same, "input-x-gradient", target=1).values
        torch.testing.assert_close(found, expected)
    for single in (batch[0], array[0], pictures[0]):
        found = attribute(network(), single, "input-x-gradient", target=1).values
        torch.testing.assert_close(found, expected[:1])


def test_what_is_no_tensor_goes_where_the_model_is():
    result = attribute(network().double(), IMAGES.numpy(), target=1)
    assert result.values.dtype == torch.float64
    assert attribute(nn.Flatten(), [IMAGES[0, 0].numpy()]).values.shape == (1, 1, 8, 8)


def test_references_and_data_are_taken_as_images_are():
    for references in (REFERENCES, REFERENCES.numpy(), list(REFERENCES)):
        result = attribute(network(), IMAGES, "deep-shap", target=1, references=references)
        expected = attribute(network(), IMAGES, "deep-shap", target=1, references=REFERENCES)
        assert torch.equal(result.values, expected.values)
    images, labels = DATA
    given = {"baseline": "nearest-target", "target": 0, "against": [1, 2, 3, 4]}
    chosen = attribute(network(), IMAGES, data=(images.numpy(), labels.tolist()), **given)
    assert torch.equal(chosen.values, attribute(network(), IMAGES, data=DATA, **given).values)


class Twice(nn.Module):
    """Returns its logits and something of the same rows."""

    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, images):
        return self.inner(images), images


def test_wrong_models_are_clear_errors():
    refused(ModelError, "a method, but a torch.nn.Module", network().forward)
    refused(ModelError, r"fails on torch.float64 \(4, 3, 8, 8\) on cpu", None, IMAGES.double())
    refused(ModelError, r"returns \(4, 3, 6, 6\)", nn.Conv2d(3, 3, 3))
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 1), nn.Sigmoid())
    assert refused(ModelError, "ends in a sigmoid", model) == "remove its sigmoid"
    assert "call them logits" in refused(ModelError, r"a tuple of \(4, 5\) and", Twice())
    broken = network()
    broken[5].weight.data[0, 0] = torch.nan
    refused(ModelError, "NaN or infinity", broken)


def test_wrong_classes_are_clear_errors():
    refused(ConfigError, "target is 5, but the model's classes are 0 to 4", target=5)
    refused(ConfigError, "target is -1, but the model's classes", target=[0, 1, -1, 2])
    refused(ConfigError, "target is 'cat', but whole numbers", target="cat")
    refused(ConfigError, r"target is 1\.5, but whole numbers", target=1.5)
    refused(ConfigError, "target is True, but whole numbers", target=True)
    refused(ShapeError, r"target is \(2,\), but one class, or one for each of 4", target=[0, 1])
    refused(ConfigError, "against is 'first', but whole numbers", against="first")
    assert "second" in refused(DataError, "against is 1, which is the target", target=1, against=1)
    single = nn.Sequential(nn.Flatten(), nn.Linear(192, 1))
    refused(ConfigError, "target is 2, but the model's classes are 0 to 1", single, target=2)


def test_wrong_methods_and_options_are_clear_errors():
    refused(UnknownNameError, "did you mean 'saliency'", None, IMAGES, "salience")
    assert "steps" in refused(ConfigError, "no option 'stpes'; did you mean 'steps'", stpes=5)
    refused(ConfigError, "rows is 0, but at least 1", rows=0)
    refused(ConfigError, r"rows is 2\.5, but a whole number", rows=2.5)
    refused(ConfigError, "method is 5, but a name or an AttributionMethod", None, IMAGES, 5)
    refused(ConfigError, "method is .*Linear", None, IMAGES, nn.Linear)
    refused(UnknownNameError, "unknown score 'prob'; did you mean 'probability'", score="prob")


def test_wrong_baselines_are_clear_errors():
    refused(UnknownNameError, "did you mean 'zero'", baseline="zeros")
    refused(ConfigError, "baseline is a dict, but a name, a number, images", baseline={})
    refused(ShapeError, r"a int is given as baselines\[0\]", baseline=[0])
    refused(ConfigError, "baseline is a bool, but", baseline=True)
    refused(ShapeError, "baselines are from 2 to 2, but pixels", baseline=2)
    refused(ConfigError, "Saliency takes no baseline", None, IMAGES, "saliency", baseline=0)
    refused(ConfigError, "Saliency takes no baseline", None, IMAGES, Saliency, baseline="zero")
    refused(ConfigError, r"no references, but references=IMAGES", None, IMAGES, "deep-shap")
    refused(ConfigError, r"no data, but data=\(IMAGES, LABELS\)", baseline="target-class")
    refused(ConfigError, "no image, but baseline=IMAGE", baseline="image")
    refused(ConfigError, "data are given, but no baseline", data=DATA)
    refused(ConfigError, "references are given", baseline="zero", references=REFERENCES)
    refused(ConfigError, "references are given", None, IMAGES, "agi", references=REFERENCES)
    refused(ShapeError, "baselines are from -1 to -1", baseline=-torch.ones(3, 8, 8))
    refused(ShapeError, r"\(8, 8\), but \(C, H, W\) or", baseline=torch.zeros(8, 8))
    fits = r"but what fits inputs \(4, 3, 8, 8\) is wanted"
    refused(ShapeError, rf"are \(3, 9, 8\), {fits}", baseline=torch.zeros(3, 9, 8))
    refused(ShapeError, rf"are \(3, 3, 8, 8\), {fits}", baseline=torch.zeros(3, 3, 8, 8))
    refused(ShapeError, "references are from", references=REFERENCES * 2)
    refused(ShapeError, "labels are", baseline="target-class", data=(DATA[0], DATA[1][1:]))
    refused(ConfigError, "no second class", baseline="nearest-target", data=DATA)


def test_the_classes_agree_with_the_call():
    model = network()
    score = Score(torch.tensor([0, 1, 2, 3]))
    black = torch.zeros(4, 1, 3, 8, 8)
    direct = IntegratedGradients(model, steps=7).attribute(IMAGES, score, black)
    call = attribute(model, IMAGES, steps=7, target=range(4))
    torch.testing.assert_close(call.values, direct.values)


class Distance(nn.Module):
    """From black, where its square root has no gradient."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        distance = images.square().sum((1, 2, 3)).sqrt()
        return torch.stack([distance, -distance], 1)


class Blind(nn.Module):
    """Counts bright pixels, which has no slope."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        count = (images > 0.5).to(images).sum((1, 2, 3)) + 0 * images.sum()
        return torch.stack([count, -count], 1)


@pytest.mark.parametrize("method", ["saliency", "integrated-gradients"])
def test_values_that_are_not_finite_are_warned_of(method):
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    images[1] = 0
    with pytest.warns(UserWarning, match=f"{method} has NaN .* 1 of 3 .* input 1"):
        attribute(Distance(), images, method, target=0)
    with pytest.warns(UserWarning, match=f"{method} has NaN .* 1 of 3 inputs, .* input 1"):
        attribute(Distance(), images, method, target="top2")


def test_a_map_of_zeros_is_warned_of():
    images = torch.full((2, 3, 8, 8), 0.4)
    images[1] = 0.6
    with pytest.warns(UserWarning, match="is 0 everywhere, .* 1 of 2 inputs, the first is input 1"):
        attribute(Blind(), images, "integrated-gradients", target=0)
