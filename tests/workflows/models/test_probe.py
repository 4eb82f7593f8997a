import pytest
import torch
from torch import nn

from xaitool.errors import ConfigError, ModelError
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.probe import probe
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float32)


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.calls = []

    def forward(self, images):
        self.calls.append(len(images))
        return self.function(images)


def classifier(function, shape=(3, 8, 8), **facts):
    return Classifier(
        model=function if isinstance(function, nn.Module) else Function(function),
        source="mine:make",
        weights=None,
        sha256="",
        input=ModelInput.unknown(shape[0], shape[1]),
        **{"classes": (), **facts},
    )


def findings(function, shape=(3, 8, 8), **facts):
    torch.manual_seed(0)
    return probe(classifier(function, shape, **facts), shape, RUNTIME)


def scores(images):
    return images.mean((2, 3))


def test_nothing_to_say_in_three_small_passes():
    model = Function(scores)
    found = findings(model)
    assert (found.class_count, found.warnings) == (3, ())
    assert model.calls == [2, 2, 1]


def test_what_the_loading_found_is_kept():
    assert findings(scores, warnings=("train mode",)).warnings == ("train mode",)


@pytest.mark.parametrize(
    ("function", "warned"),
    [
        (lambda images: scores(images).softmax(1), True),
        (lambda images: nn.functional.one_hot(scores(images).argmax(1), 3).float(), True),
        (lambda images: scores(images).log_softmax(1), False),
        (lambda images: scores(images).sigmoid(), False),
        (lambda images: scores(images).softmax(1) - 1e-3, False),
        # One class alone: a probability that is 1 for every image is possible, but no softmax.
        (lambda images: torch.ones_like(images[:, 0, 0, :1]), False),
        # One of the two images is no proof.
        (
            lambda images: scores(images).softmax(1) * torch.arange(1, len(images) + 1)[:, None],
            False,
        ),
    ],
)
def test_probabilities(function, warned):
    warnings = findings(function).warnings
    if warned:
        assert len(warnings) == 1
        assert "returns probabilities, but logits are wanted" in warnings[0]
    else:
        assert not any("probabilities" in warning for warning in warnings)


@pytest.mark.parametrize("output", ["probability", "log-probability"])
def test_log_probabilities_leave_these_scores_as_they_are(output):
    from xaitool.core.score import Score

    logits = torch.randn(5, 4, dtype=torch.float64)
    score = Score(torch.arange(5) % 4, (torch.arange(5) + 1) % 4, output)
    assert torch.allclose(score(logits), score(logits.log_softmax(1)))


def test_a_model_that_draws():
    (warning,) = findings(lambda images: scores(images + torch.rand_like(images))).warnings
    assert "is not deterministic: its logits for one image differ by 0." in warning
    (warning,) = findings(lambda images: nn.functional.dropout(scores(images))).warnings
    assert "is not deterministic" in warning


def test_a_model_that_mixes_the_images_of_a_batch():
    norm = nn.BatchNorm2d(3, track_running_stats=False).eval()
    (warning,) = findings(lambda images: scores(norm(images) ** 2 * images)).warnings
    assert "looks at the whole batch: its logits for one image differ by" in warning


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda images: scores(images)[:, 0], r"returns \(2,\) for 2 images, but logits"),
        (lambda images: scores(images)[:, :, None], r"returns \(2, 3, 1\) for 2 images"),
        (lambda images: (scores(images), None), "returns tuple for 2 images"),
        (lambda images: {"out": scores(images)}, "returns dict for 2 images"),
        (lambda images: scores(images) * torch.nan, "returns NaN or infinity, but finite logits"),
        (lambda images: scores(images).log(), None),
    ],
)
def test_what_is_no_logits(function, message):
    if message is None:
        assert findings(function).class_count == 3
        return
    with pytest.raises(ModelError, match=f"model mine:make {message}") as caught:
        findings(function)
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("model", "shape", "hint"),
    [
        (
            nn.Sequential(nn.Flatten(), nn.Linear(784, 3)),
            (1, 32, 32),
            "it takes 1x28x28: --input-size 28",
        ),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(784, 3)),
            (3, 224, 224),
            "it takes 1x28x28: --channels 1 --input-size 28",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            (3, 8, 8),
            "it takes 1x8x8: --channels 1",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 2, 30), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            (3, 8, 8),
            "it takes 3x32x32: --input-size 32",
        ),
        (nn.Sequential(nn.Flatten(), nn.Linear(7, 3)), (3, 8, 8), None),
    ],
)
def test_images_that_the_model_does_not_take(model, shape, hint):
    with pytest.raises(ModelError, match="model mine:make fails on an image") as caught:
        findings(model, shape)
    assert str(shape) in str(caught.value)
    assert caught.value.hint == hint


def test_other_names_than_classes():
    assert findings(scores, classes=("a", "b", "c")).class_count == 3
    with pytest.raises(ConfigError, match="--classes-file has 2 names, but model mine:make has 3"):
        findings(scores, classes=("a", "b"))


def test_no_memory_is_no_fault_of_the_model():
    def full(images):
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        findings(full)
