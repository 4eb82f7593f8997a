import functools
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim, export
from torchvision.models import resnet18

from xaitool import registry
from xaitool.core.frozen.untouched import untouched
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ModelError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.probe import probe
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

SINGLE = Runtime(torch.device("cpu"), torch.float32)
DOUBLE = Runtime(torch.device("cpu"), torch.float64)

INPUTS = torch.rand(4, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
BASELINES = torch.zeros(4, 1, 3, 12, 12, dtype=torch.float64)
SCORE = Score(torch.tensor([0, 1, 2, 3]), against=torch.tensor([1, 2, 3, 4]))

ANY = {0: Dim("batch")}
BATCHES = {
    "any number": ANY,
    "exactly three": None,
    "two or three": {0: Dim("batch", min=2, max=3)},
    "at most three": {0: Dim("batch", max=3)},
}


class Network(nn.Module):
    """In-place and functional activations, normalisation, a sum, overlapping pools, dropout."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.normalisation = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout()
        self.linear = nn.Linear(4, 5)
        statistics = dict(self.normalisation.named_buffers())
        nn.init.normal_(statistics["running_mean"])
        nn.init.uniform_(statistics["running_var"], 0.5, 2)

    def forward(self, images):
        features = F.relu(self.normalisation(self.convolution(images)), inplace=True)
        features = F.max_pool2d(features + torch.sigmoid(features), 3, 2)
        return self.linear(self.dropout(features.mean((2, 3))))


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def network(dtype=torch.float64):
    torch.manual_seed(0)
    return Network().to(dtype).eval()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def exported(model, examples, decomposed=False, **options):
    program = export(model, examples, **options)
    file = io.BytesIO()
    torch.export.save(program.run_decompositions() if decomposed else program, file)
    return file.getvalue()


@functools.cache
def exported_network(batches, dtype, decomposed):
    examples = (INPUTS[:3].to(dtype),)
    return exported(network(dtype), examples, decomposed, dynamic_shapes=(BATCHES[batches],))


def save(model, *examples, **options):
    Path("a.pt2").write_bytes(exported(model, examples, **options))


def save_network(batches="exactly three", dtype=torch.float64, decomposed=False):
    Path("a.pt2").write_bytes(exported_network(batches, dtype, decomposed))


def load(runtime=DOUBLE, **options):
    return load_classifier("a.pt2", None, runtime, options=ModelOptions(**options))


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_images_whatever_it_was_exported_for(batches, count):
    save_network(batches)
    images = INPUTS[:count].clone().requires_grad_()
    logits = load().model(images)
    assert torch.allclose(logits, network()(images), rtol=0, atol=1e-14)
    weights = torch.randn_like(logits)
    (gradient,) = torch.autograd.grad((weights * logits).sum(), images)
    (expected,) = torch.autograd.grad((weights * network()(images)).sum(), images)
    assert torch.allclose(gradient, expected, rtol=0, atol=1e-14)


def test_what_is_known_of_it():
    save_network("any number", torch.float32)
    classifier = load(SINGLE)
    facts = (
        classifier.input.channels,
        classifier.input.resize,
        classifier.input.crop,
        classifier.input.interpolation,
    )
    assert facts == (3, 12, 12, "bilinear")
    assert (classifier.input.mean, classifier.input.standard_deviation) == ((0.5,) * 3, (1.0,) * 3)
    assert (classifier.classes, classifier.weights, classifier.options) == ((), None, {})
    assert classifier.sha256 == hashlib.sha256(Path("a.pt2").read_bytes()).hexdigest()
    assert probe(classifier, (3, 12, 12), SINGLE) == probe(classifier, (3, 12, 12), SINGLE)
    assert classifier.class_count((3, 12, 12), SINGLE) == 5


def test_it_is_left_as_it_was():
    save_network()
    model = load().model
    before = [(parameter.requires_grad, parameter.clone()) for parameter in model.parameters()]
    assert len(before) == 6
    model.train()
    with untouched(model):
        assert not model.training
        assert not any(parameter.requires_grad for parameter in model.parameters())
    assert model.training
    for parameter, (flag, value) in zip(model.parameters(), before, strict=True):
        assert parameter.requires_grad == flag
        assert torch.equal(parameter, value)


# AGI's nearest classes need modules, which a program has none of.
@pytest.mark.parametrize("name", registry.names("method"))
def test_every_method_gives_what_it_gives_on_the_network(name):
    save_network()
    method = registry.load("method", name)
    found = method(load().model).attribute(INPUTS, SCORE, BASELINES, rows=5)
    expected = method(network()).attribute(INPUTS, SCORE, BASELINES, rows=5)
    assert expected.values.abs().max() > 1e-3
    assert torch.allclose(found.values, expected.values, rtol=0, atol=1e-13)
    if name in ("deeplift", "deep-shap"):
        assert found.completeness_gap.abs().max() < 1e-13


def test_deeplift_of_a_residual_network():
    torch.manual_seed(0)
    model = resnet18(num_classes=4).double().eval()
    arguments = INPUTS[:1], SCORE.select(slice(0, 1)), BASELINES[:1]
    save(model, INPUTS[:1])
    deeplift = registry.load("method", "deeplift")
    found = deeplift(load().model).attribute(*arguments).values
    expected = deeplift(model).attribute(*arguments).values
    assert torch.allclose(found, expected, rtol=0, atol=1e-9 * expected.abs().max())


def clipped():
    """What becomes ``hardtanh`` and a product when it is decomposed."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU6(), nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4, 5)).double().eval()


@pytest.mark.parametrize("name", ["saliency", "guided-backprop", "deeplift"])
def test_clipped_activations_decomposed_into_core_operations(name):
    save(clipped(), INPUTS, decomposed=True)
    method = registry.load("method", name)
    found = method(load().model).attribute(INPUTS, SCORE, BASELINES).values
    expected = method(clipped()).attribute(INPUTS, SCORE, BASELINES).values
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "name", ["saliency", "guided-backprop", "integrated-gradients", "deeplift", "grad-cam"]
)
def test_decomposed_into_core_operations(name):
    save_network(decomposed=True)
    method = registry.load("method", name)
    found = method(load().model).attribute(INPUTS, SCORE, BASELINES).values
    expected = method(network()).attribute(INPUTS, SCORE, BASELINES).values
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("runtime", [SINGLE, DOUBLE])
def test_it_computes_in_the_precision_of_the_run(dtype, runtime):
    save_network(dtype=dtype)
    logits = load(runtime).logits(INPUTS.to(runtime.dtype), 4)
    assert logits.dtype == runtime.dtype
    expected = network(dtype).to(runtime.dtype)(INPUTS.to(runtime.dtype))
    assert torch.allclose(logits, expected, atol=1e-6)


def test_a_dtype_that_is_baked_in():
    save(Function(lambda images: images.float().mean((2, 3))), INPUTS.float())
    assert load(SINGLE).logits(INPUTS.float(), 4).shape == (4, 3)
    with pytest.raises(ModelError, match=r"fails on an image .*Tensor dtype mismatch"):
        probe(load(), (3, 12, 12), DOUBLE)


def test_normalisation_is_put_in_front():
    save_network()
    mean, std = torch.tensor([0.1, 0.2, 0.3]).double(), torch.tensor([0.4, 0.5, 0.6]).double()
    classifier = load(mean=tuple(mean.tolist()), std=tuple(std.tolist()))
    normal = (INPUTS - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    assert torch.allclose(classifier.logits(INPUTS, 4), network()(normal), rtol=0, atol=1e-6)
    assert classifier.input.mean == tuple(mean.tolist())
    assert classifier.options == {"mean": mean.tolist(), "std": std.tolist()}


def test_the_size_may_be_free():
    sides = {2: Dim("height", min=8, max=64), 3: Dim("width", min=8, max=64)}
    save(network(), INPUTS, dynamic_shapes=(ANY | sides,))
    assert load().input.crop == 12
    assert load(input_size=20).logits(torch.rand(1, 3, 20, 20).double(), 1).shape == (1, 5)
    with pytest.raises(ModelError, match=r"Guard failed: .* <= 64"):
        probe(load(input_size=65), (3, 65, 65), DOUBLE)


@pytest.mark.parametrize("options", [{"input_size": 16}, {"channels": 1}])
def test_the_size_and_channels_are_fixed(options):
    save_network()
    with pytest.raises(ConfigError, match=r"but a\.pt2 was exported for 3x12x12"):
        load(**options)


def test_a_program_that_a_file_names_is_not_loaded(monkeypatch):
    save_network()
    monkeypatch.setattr(torch.export, "load", lambda path: pytest.fail("it was loaded"))
    with pytest.raises(ModelError, match=r"'a\.pt2' is code, but code is loaded only where"):
        load_classifier("a.pt2", None, DOUBLE, allow_code=False)


def test_weights_are_not_for_a_program():
    save_network()
    with pytest.raises(ModelError, match=r"is an exported program, but --weights is for the other"):
        load_classifier("a.pt2", Path("w.pth"), DOUBLE)


def pixels(dtype=torch.float32, shape=(2, 3, 8, 8)):
    return torch.zeros(shape, dtype=dtype)


def test_a_program_may_write_into_its_images_and_name_its_logits():
    def named(x):
        x.sub_(0.5)
        return {"logits": x.mean((2, 3)), "images": x}

    save(Function(named), pixels(shape=(2, 3, 8, 8)))
    images = torch.rand(5, 3, 8, 8)
    kept = images.clone()
    found = load(SINGLE).logits(images, 5)
    torch.testing.assert_close(found, kept.mean((2, 3)) - 0.5)
    assert torch.equal(images, kept)


@pytest.mark.parametrize(
    ("function", "examples", "message"),
    [
        (lambda x, y: (x + y).mean((2, 3)), (pixels(), pixels()), "takes 2 inputs, but one batch"),
        (lambda x: x.float().mean((2, 3)), (pixels(torch.uint8),), r"takes torch.uint8 \(2, 3, 8"),
        (lambda x: x + 1, (pixels(shape=(2, 3)),), r"takes torch.float32 \(2, 3\), but one batch"),
        (
            lambda x: x.mean((2, 3)),
            (pixels(shape=(2, 3, 8, 6)),),
            "takes images of 8x6, but square",
        ),
        (lambda x: F.dropout(x).mean((2, 3)), (pixels(),), r"in train mode \(aten\.dropout"),
        (lambda x: F.rrelu(x, training=True).sum((2, 3)), (pixels(),), r"train mode \(aten\.rrelu"),
    ],
)
def test_programs_that_are_refused(function, examples, message):
    save(Function(function), *examples)
    with pytest.raises(ModelError, match=message):
        load(SINGLE)


@pytest.mark.parametrize("decomposed", [False, True])
def test_exported_in_train_mode(decomposed):
    model = Network().train()
    save(model, INPUTS.float(), decomposed=decomposed)
    with pytest.raises(
        ModelError, match=r"was exported in train mode \(aten\..*batch_norm"
    ) as caught:
        load()
    assert caught.value.hint == "call model.eval() before torch.export.export"


@pytest.mark.parametrize("decomposed", [False, True])
def test_normalisation_of_each_image_has_one_mode(decomposed):
    model = nn.Sequential(
        nn.InstanceNorm2d(3, affine=True), nn.ReLU(), Function(lambda x: x.mean((2, 3)))
    )
    save(model.double().eval(), INPUTS, decomposed=decomposed)
    assert probe(load(), (3, 12, 12), DOUBLE).warnings == ()
    assert torch.allclose(load().logits(INPUTS, 3), model(INPUTS), atol=1e-12)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: (x.mean((2, 3)), x), r"a tuple of \(2, 3\) and .* for 2 images, but logits"),
        (lambda x: x.mean((2, 3))[:, :, None], r"returns \(2, 3, 1\) for 2 images"),
        (lambda x: x.mean((0, 2, 3)), r"returns \(3,\) for 2 images"),
        (lambda x: x.mean((2, 3)) / 0, "returns NaN or infinity"),
    ],
)
def test_programs_that_return_no_logits(function, message):
    save(Function(function), pixels(shape=(2, 3, 8, 8)))
    with pytest.raises(ModelError, match=message):
        probe(load(SINGLE), (3, 8, 8), SINGLE)


def test_files_that_are_no_program(capfd):
    with pytest.raises(ModelError, match=r"model 'a\.pt2' does not exist, but an exported program"):
        load()
    save_network()
    content = Path("a.pt2").read_bytes()
    with zipfile.ZipFile("other.zip", "w") as archive:
        archive.writestr("a", "b")
    for damaged in (b"", b"nothing", content[: len(content) // 2], Path("other.zip").read_bytes()):
        Path("a.pt2").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"a\.pt2 cannot be loaded \(.*\), but a program"):
            load()
    assert capfd.readouterr() == ("", "")
