import pytest
import torch
from PIL import Image

from xaitool.errors import ConfigError, UnknownNameError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.input import ModelInput, shape_text

RESNET = ModelInput(3, 232, 224, "bilinear", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def changed(own=RESNET, **options):
    return vars(own.changed(ModelOptions(**options)))


def test_nothing_given_changes_nothing():
    assert changed() == vars(RESNET)
    assert ModelOptions().input_options() == {}


@pytest.mark.parametrize(
    ("options", "resize", "crop"),
    [
        ({"input_size": 384}, 384, 384),
        ({"input_size": 64}, 64, 64),
        ({"input_size": 224}, 232, 224),
        ({"resize": 256}, 256, 224),
        ({"resize": 224}, 224, 224),
        ({"input_size": 299, "resize": 342}, 342, 299),
    ],
)
def test_size(options, resize, crop):
    result = changed(**options)
    assert (result["resize"], result["crop"]) == (resize, crop)
    assert ModelOptions(**options).input_options() == options


def test_one_value_for_all_channels():
    result = changed(mean=(0.5,), std=(0.25,))
    assert (result["mean"], result["standard_deviation"]) == ((0.5,) * 3, (0.25,) * 3)
    result = changed(mean="0.1,0.2,0.3", std="1,2,3")
    assert (result["mean"], result["standard_deviation"]) == ((0.1, 0.2, 0.3), (1, 2, 3))


def test_channels_and_interpolation():
    result = changed(channels=1, mean=(0.5,), std=(0.25,), interpolation="bicubic")
    assert (result["channels"], result["mean"]) == (1, (0.5,))
    assert result["interpolation"] == "bicubic"
    grey = changed(ModelInput.unknown(), channels=1)
    assert (grey["mean"], grey["standard_deviation"]) == ((0.5,), (1.0,))


def test_what_is_taken_for_granted():
    assert (ModelInput.unknown().resize, ModelInput.unknown().crop) == (256, 224)
    assert (ModelInput.unknown(crop=32).resize, ModelInput.unknown(1).mean) == (32, (0.5,))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resize": 128}, "--resize is 128, but at least the input size 224 is wanted"),
        ({"input_size": 64, "resize": 63}, "--resize is 63, but at least the input size 64"),
        ({"mean": (0.5, 0.5), "std": (1,)}, "--mean has 2 values, but one or one for each of 3 ch"),
        ({"mean": (0.5,), "std": (1, 1)}, "--std has 2 values"),
        ({"channels": 1}, "--channels is 1, but the model's own normalisation is of 3"),
        ({"channels": 1, "mean": (0, 0, 0), "std": (1,)}, "3 values, .* of 1 channel is wanted"),
        ({"channels": 2}, "--channels is 2, but 1 or 3 is wanted"),
        ({"channels": 4}, "--channels is 4, but at least 1 and at most 3 is wanted"),
        ({"mean": (0.5,)}, "--mean is given without --std, but both are wanted"),
        ({"std": (0.5,)}, "--std is given without --mean"),
        ({"mean": (123.7,), "std": (58,)}, "--mean is 123.7, but at least 0 and at most 1"),
        ({"mean": (0.5,), "std": (0,)}, "--std is 0.0, but more than 0 is wanted"),
        ({"mean": (float("nan"),), "std": (1,)}, "--mean is nan"),
        ({"input_size": 0}, "--input-size is 0, but at least 1"),
    ],
)
def test_what_does_not_fit(options, message):
    with pytest.raises(ConfigError, match=message):
        changed(**options)


def test_an_interpolation_that_does_not_exist():
    with pytest.raises(UnknownNameError, match="interpolation 'cubic'"):
        ModelOptions(interpolation="cubic")


def test_a_picture_as_the_model_gets_it():
    seen = ModelInput(3, 8, 4, "bilinear", (0.5,) * 3, (1.0,) * 3)
    assert (seen.shape, shape_text(seen.shape)) == ((3, 4, 4), "3x4x4")
    picture = Image.new("L", (16, 8), 51)
    # The left third is white, and lies outside the square in the middle.
    picture.paste(255, (0, 0, 5, 8))
    found = seen.prepared(picture, "a.png")
    assert (found.shape, found.dtype) == ((3, 4, 4), torch.float32)
    assert torch.equal(found, torch.full((3, 4, 4), 51 / 255))
