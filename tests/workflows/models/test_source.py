import hashlib
import json
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import squeezenet1_1

from tests.trained import classifier_run, gan_run
from xaitool.core.frozen.users_model import bare
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, ModelError, UnknownNameError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.probe import probe
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
DOUBLE = Runtime(torch.device("cpu"), torch.float64)

FACTORIES = """
import torch
from torch import nn

class Pooled(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.convolution = nn.Conv2d(3, 6, 3, stride=8)
        self.linear = nn.Linear(6, classes)
        self.register_buffer("count", torch.tensor(3))
        self.register_buffer("narrow", torch.ones(2, dtype=torch.bfloat16))

    def forward(self, images):
        return self.linear(torch.relu(self.convolution(images)).mean((2, 3)))

def make():
    torch.manual_seed(0)
    return Pooled()

class Constant(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, images):
        return self.function(images)

def standardising():
    return nn.Sequential(nn.InstanceNorm2d(3), make())

def not_numbers():
    return Constant(lambda images: images.mean((2, 3)) * torch.nan)

class WithState(nn.Linear):
    def get_extra_state(self):
        return {"object": object(), "version": self.out_features, "scale": torch.ones(2)}

def with_extra_state(version=3):
    torch.manual_seed(0)
    layers = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3), WithState(3, version)
    return nn.Sequential(*layers)

def lazy():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(5))

def compiled():
    return torch.compile(make(), backend="eager")

def for_several_devices():
    return nn.DataParallel(make())

def exported():
    return torch.export.export(make().eval(), (torch.rand(2, 3, 16, 16),)).module()

def frozen(seed=0):
    torch.manual_seed(seed)
    return torch.jit.freeze(torch.jit.script(Pooled().eval()))

def quantised():
    torch.manual_seed(0)
    return torch.ao.quantization.quantize_dynamic(Pooled(), {nn.Linear}, dtype=torch.qint8)

def a_map():
    return Constant(lambda images: images)

def a_pair():
    return Constant(lambda images: (images.mean((2, 3)), images))

def in_place(written=True):
    torch.manual_seed(0)
    linear = nn.Linear(3, 1)

    def run(images):
        images = images.mul_(0.5) if written else images * 0.5
        return linear(images.mean((2, 3))).squeeze(1), "beside"

    return Parted(run, linear)

class Parted(Constant):
    def __init__(self, function, part):
        super().__init__(function)
        self.part = part

def probability():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1), nn.Sigmoid())

def one_row():
    return Constant(lambda images: images.mean((0, 2, 3))[None].expand(2, -1))

def dropping(rate=0.5):
    return nn.Sequential(make(), nn.Dropout(rate))

def grey(classes=4):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))

def other_size():
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 3))

def raising():
    raise RuntimeError("no\\nmoon")

def a_list():
    return [1]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, which holds a module of factories."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "factories_of_tests", raising=False)
    Path("factories_of_tests.py").write_text(FACTORIES)
    return tmp_path


def factory(name, weights=None, runtime=RUNTIME, **options):
    source = f"factories_of_tests:{name}"
    return load_classifier(source, weights, runtime, options=ModelOptions(**options))


@pytest.mark.parametrize("runtime", [RUNTIME, DOUBLE])
def test_a_run_gives_the_network_that_was_trained(runtime):
    checkpoint = load_checkpoint(classifier_run(), kind="classifier")
    network = build_classifier(
        "lenet5",
        shape=(1, 28, 28),
        classes=10,
        mean=checkpoint["mean"],
        standard_deviation=checkpoint["standard_deviation"],
    )
    network.load_state_dict(checkpoint["state"]["model"])
    images = load_dataset("digits", "test").images(range(5)).to(runtime.dtype)
    classifier = load_classifier(str(classifier_run()), None, runtime)
    expected = network.to(runtime.dtype).eval()(images)
    assert torch.allclose(classifier.logits(images, 2), expected, atol=1e-5)
    assert not classifier.model.training
    assert (classifier.input.channels, classifier.input.resize, classifier.input.crop) == (
        1,
        28,
        28,
    )
    assert classifier.classes == tuple(str(digit) for digit in range(10))
    assert (classifier.dataset, classifier.dataset_classes) == ("digits", None)
    best = (classifier_run() / "best.pt").read_bytes()
    assert classifier.sha256 == hashlib.sha256(best).hexdigest()


def test_a_run_or_its_file():
    run = load_classifier(str(classifier_run()), None, RUNTIME)
    file = load_classifier(str(classifier_run() / "best.pt"), None, RUNTIME)
    assert run.sha256 == file.sha256
    assert run.source == str(classifier_run())


def test_a_factory(here):
    classifier = factory("make")
    images = torch.rand(3, 3, 224, 224)
    sys.path.insert(0, str(here))
    import factories_of_tests  # type: ignore[import-not-found]

    assert torch.equal(classifier.logits(images, 3), factories_of_tests.make()(images))
    facts = (
        classifier.input.channels,
        classifier.input.resize,
        classifier.input.crop,
        classifier.input.interpolation,
    )
    assert facts == (3, 256, 224, "bilinear")
    assert classifier.input.mean == (0.5, 0.5, 0.5)
    assert classifier.input.standard_deviation == (1.0, 1.0, 1.0)
    assert (classifier.classes, classifier.dataset, classifier.weights) == ((), None, None)
    assert classifier.class_count((3, 224, 224), RUNTIME) == 4


def test_a_factory_with_arguments_and_options(here):
    options = {"input_size": 8, "channels": 1, "mean": (0.25,), "std": (0.5,)}
    classifier = factory("grey(classes=3)", interpolation="bicubic", **options)
    images = torch.rand(2, 1, 8, 8)
    other = factory("grey(3)", input_size=8, channels=1)
    wanted = other.logits((images - 0.25) / 0.5, 2)
    assert torch.allclose(classifier.logits(images, 2), wanted, atol=1e-6)
    assert (classifier.input.channels, classifier.input.resize, classifier.input.crop) == (1, 8, 8)
    assert (classifier.input.mean, classifier.input.standard_deviation) == ((0.25,), (0.5,))
    assert (other.input.mean, other.input.standard_deviation) == ((0.5,), (1.0,))
    assert classifier.sha256 == other.sha256
    plain = {"mean": [0.25], "std": [0.5], "interpolation": "bicubic"}
    assert classifier.options == {**options, **plain}
    assert json.loads(json.dumps(classifier.options)) == classifier.options
    assert probe(classifier, (1, 8, 8), RUNTIME).class_count == 3


def test_train_mode_is_ended_and_said_where_it_matters(here):
    classifier = factory("dropping(rate=0.3)")
    assert not any(module.training for module in classifier.model.modules())
    warning = "model factories_of_tests:dropping(rate=0.3) was in train mode, but it is explained"
    (found,) = probe(classifier, (3, 224, 224), RUNTIME).warnings
    assert found.startswith(warning)
    assert factory("make").warnings == ()


def test_class_names_replace_the_models_own(here):
    Path("names.txt").write_text("\n".join("abcd"))
    assert factory("make", classes_file=Path("names.txt")).classes == tuple("abcd")
    run = str(classifier_run())
    Path("names.txt").write_text("\n".join("abcdefghij"))
    options = ModelOptions(classes_file=Path("names.txt"))
    assert load_classifier(run, None, RUNTIME, options=options).classes == tuple("abcdefghij")
    with pytest.raises(ConfigError, match=r"--classes-file has 10 names, but .* has 4 classes"):
        probe(factory("make", classes_file=Path("names.txt")), (3, 224, 224), RUNTIME)


@pytest.mark.parametrize(
    "options",
    [
        {"input_size": 28},
        {"resize": 30},
        {"interpolation": "bicubic"},
        {"channels": 1},
        {"mean": (0.5,), "std": (1,)},
    ],
)
def test_a_checkpoint_knows_its_own_input(options):
    flag = "--" + next(iter(options)).replace("_", "-")
    with pytest.raises(ModelError, match=f"is a checkpoint, but {flag} is for the others"):
        load_classifier(str(classifier_run()), None, RUNTIME, options=ModelOptions(**options))


def squeezenet(classes, **options):
    torch.manual_seed(0)
    network = squeezenet1_1(num_classes=classes)
    torch.save(network.state_dict(), "w.pth")
    return network.eval(), load_classifier(
        "torchvision:squeezenet1_1", Path("w.pth"), RUNTIME, options=ModelOptions(**options)
    )


def test_torchvision_with_the_classes_of_its_weights(here):
    network, classifier = squeezenet(7, input_size=64)
    images = torch.rand(2, 3, 64, 64)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    assert torch.allclose(classifier.logits(images, 2), network((images - mean) / std), atol=1e-5)
    assert (classifier.classes, classifier.input.resize, classifier.input.crop) == ((), 64, 64)
    assert classifier.options == {"input_size": 64}
    assert len(squeezenet(1000)[1].classes) == 1000


def test_torchvision_normalised_otherwise(here):
    network, classifier = squeezenet(5, channels=1, mean=(0.5,), std=(0.25,), input_size=64)
    images = torch.rand(2, 1, 64, 64)
    wanted = network(((images - 0.5) / 0.25).expand(-1, 3, -1, -1))
    assert torch.allclose(classifier.logits(images, 2), wanted, atol=1e-5)
    with pytest.raises(ConfigError, match="--channels is 1, but the model's own normalisation"):
        squeezenet(5, channels=1)


def test_images_too_small_for_torchvision(here):
    with pytest.raises(
        ModelError, match="images are 8x8, but squeezenet1_1 wants another"
    ) as caught:
        squeezenet(5, input_size=8)
    assert "--input-size" in str(caught.value.hint)


@pytest.mark.filterwarnings("ignore")  # torch calls some of these old
@pytest.mark.parametrize("name", ["compiled", "for_several_devices", "exported", "frozen"])
def test_networks_that_are_no_plain_modules(here, name):
    images = torch.rand(3, 3, 16, 16)
    expected = factory("make").logits(images, 3)
    classifier = factory(name)
    assert torch.allclose(classifier.logits(images, 3), expected, atol=1e-5)
    if name in ("compiled", "for_several_devices"):
        assert classifier.sha256 == factory("make").sha256


@pytest.mark.filterwarnings("ignore")
def test_the_hash_knows_all_that_weights_may_be(here):
    names = ["make", "frozen", "frozen(1)", "quantised", "with_extra_state", "with_extra_state(2)"]
    hashes = [factory(name).sha256 for name in names]
    assert hashes == [factory(name).sha256 for name in names]
    assert len(set(hashes)) == len(names)


def test_a_lazy_module_is_refused(here):
    with pytest.raises(ModelError, match=r"parameter '1\.weight' of Sequential has no values yet"):
        factory("lazy")


def test_the_hash_does_not_depend_on_the_precision(here):
    assert factory("make").sha256 == factory("make", runtime=DOUBLE).sha256


def test_weights_for_a_factory(here):
    weights = Path("weights.pth")
    state = {
        key: torch.ones_like(value)
        for key, value in bare(factory("make").model).state_dict().items()
    }
    torch.save(state, weights)
    classifier = factory("make", weights)
    assert all((value == 1).all() for value in classifier.model.parameters())
    assert classifier.weights == "weights.pth"
    assert classifier.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_a_factory_may_write_into_its_images_and_return_one_logit_for_two_classes(here):
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    kept, written, other = images.clone(), factory("in_place"), factory("in_place(false)")
    logits = written.logits(images, 2)
    assert torch.equal(logits, other.logits(images, 2))
    assert torch.equal(written.model(images), logits)
    assert torch.equal(images, kept)
    assert written.class_count((3, 8, 8), RUNTIME) == 2
    with torch.no_grad():
        logit = bare(written.model).get_submodule("part")(kept.mean((2, 3)) / 2)
    torch.testing.assert_close(logits.softmax(1)[:, 1:], logit.sigmoid())


def test_a_network_of_torchvision_with_a_single_logit_has_two_classes(here):
    _, classifier = squeezenet(1, input_size=64)
    assert classifier.class_count((3, 64, 64), RUNTIME) == 2


def test_a_model_that_standardises_each_image_is_no_error(here):
    assert factory("standardising").class_count((3, 224, 224), RUNTIME) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("not_numbers", "returns NaN or infinity, but finite logits are wanted"),
        ("a_map", r"returns \(1, 3, 224, 224\) for 1 images, but logits \(images, classes\)"),
        ("a_pair", r"returns a tuple of \(1, 3\) and \(1, 3, 224, 224\) for 1 images, but logits"),
        ("probability", "ends in a sigmoid, so it returns a probability, but a logit is wanted"),
        ("one_row", r"returns \(2, 3\) for 1 images"),
        ("other_size", r"fails on an image \(3, 224, 224\) \(RuntimeError: mat1 and mat2 shapes"),
    ],
)
def test_a_model_that_returns_no_logits(here, name, message):
    with pytest.raises(ModelError, match=f"model factories_of_tests:{name} {message}"):
        factory(name).class_count((3, 224, 224), RUNTIME)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("factories_of_tests:raising", r"cannot be made \(RuntimeError: no moon\)"),
        ("factories_of_tests:absent", "'factories_of_tests:absent' does not exist"),
        ("no_such_module_at_all:make", r"\(ModuleNotFoundError: No module named"),
        ("factories_of_tests:a_list", "returned list, but an nn.Module is wanted"),
        (":make", r"cannot be imported \(ValueError"),
    ],
)
def test_a_factory_that_makes_no_model(here, source, message):
    with pytest.raises(ModelError, match=message) as caught:
        load_classifier(source, None, RUNTIME)
    assert "\n" not in str(caught.value)


def test_a_name_from_a_file_runs_no_code(here):
    Path("marked.py").write_text("open('ran', 'w').close()\ndef make(): pass\n")
    with pytest.raises(ModelError, match="'marked:make' is code, but code is loaded only where"):
        load_classifier("marked:make", None, RUNTIME, allow_code=False)
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"weights 'w\.pth' are no file, but a state dict"),
        (b"no weights", "are damaged or hold more than tensors"),
        ({"linear.weight": torch.zeros(1)}, r"do not fit the model \(RuntimeError: Error"),
        ([1, 2], "are no mapping of names to tensors"),
    ],
)
def test_weights_that_do_not_fit(here, content, message):
    weights = Path("w.pth")
    if isinstance(content, bytes):
        weights.write_bytes(content)
    elif content is not None:
        torch.save(content, weights)
    with pytest.raises(ModelError, match=message):
        factory("make", weights)


def test_names_that_are_no_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="model 'nosuch' does not exist, but a checkpoint,"):
        load_classifier("nosuch", None, RUNTIME)
    with pytest.raises(ModelError) as caught:
        load_classifier("resnet18", None, RUNTIME)
    assert caught.value.hint == "torchvision:resnet18"
    with pytest.raises(UnknownNameError, match="did you mean 'resnet18'"):
        load_classifier("torchvision:resnet81", None, RUNTIME)
    with pytest.raises(ArtifactError, match=r"nosuch\.pt does not exist"):
        load_classifier("nosuch.pt", None, RUNTIME)
    with pytest.raises(ArtifactError, match=r"has no best\.pt or last\.pt"):
        load_classifier(str(tmp_path), None, RUNTIME)


def test_weights_are_not_for_a_checkpoint():
    with pytest.raises(ModelError, match="is a checkpoint, but --weights is for the others"):
        load_classifier(str(classifier_run()), Path("w.pth"), RUNTIME)


def test_a_checkpoint_of_another_kind():
    with pytest.raises(ArtifactError, match="is a gan, but a classifier is wanted"):
        load_classifier(str(gan_run()), None, RUNTIME)


def without(key):
    def change(content):
        del content[key]

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("config"),
        without("classes"),
        without("state"),
        lambda content: content["state"]["model"].popitem(),
        lambda content: content.update(shape=7),
        lambda content: content.update(mean=None),
    ],
)
def test_a_checkpoint_that_lacks_something(tmp_path, change):
    content = load_checkpoint(classifier_run(), kind="classifier")
    for name in HEADER:
        del content[name]
    change(content)
    save_checkpoint(tmp_path / "a.pt", "classifier", content)
    with pytest.raises(ArtifactError, match=r"checkpoint .*a\.pt has .*, but .* want"):
        load_classifier(str(tmp_path / "a.pt"), None, RUNTIME)


def test_a_truncated_checkpoint(tmp_path):
    content = (classifier_run() / "best.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match=r"a\.pt is damaged"):
        load_classifier(str(tmp_path / "a.pt"), None, RUNTIME)


def test_weights_of_another_network_of_torchvision_say_which_file_and_how_far(tmp_path):
    weights = {"model.conv1.weight": torch.zeros(8, 3, 7, 7), "model.bn1.weight": torch.ones(64)}
    torch.save({"state_dict": weights}, tmp_path / "w.ckpt")
    message = (
        r"weights '.*w\.ckpt' do not fit resnet18 \(2 of its 122 tensors are there, 1 of them in "
        r"another shape; there is no 'bn1.bias'\), but its own are wanted"
    )
    with pytest.raises(ModelError, match=message) as caught:
        load_classifier("torchvision:resnet18", tmp_path / "w.ckpt", RUNTIME)
    assert caught.value.hint == "--model names the network, here torchvision:resnet18"


@pytest.mark.data
def test_torchvision_with_its_weights(real_data):
    weights = real_data / "imagenet/weights/mobilenet_v2.pth"
    classifier = load_classifier("torchvision:mobilenet_v2", weights, RUNTIME)
    assert (classifier.input.resize, classifier.input.crop, classifier.input.channels) == (
        232,
        224,
        3,
    )
    assert classifier.classes[1] == "goldfish"
    assert isinstance(classifier.model, nn.Module)
    index = json.loads((real_data / "imagenet/imagenet_class_index.json").read_text())
    assert len(index) == len(classifier.classes)
    with pytest.raises(ModelError, match=r"weights '.*' do not fit resnet18"):
        load_classifier("torchvision:resnet18", weights, RUNTIME)
