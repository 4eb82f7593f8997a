from __future__ import annotations

import inspect
import json
import os
import pickle
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.torchvision_models import (
    build,
    download_weights,
    names,
    preprocessing,
)
from xaitool.errors import ModelError, UnknownNameError
from xaitool.io.weight_files import read_weights

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def imagenet(name: str, classes: int = 1000, side: int = 64, **options: Any) -> Any:
    return build(
        name, classes, shape=(3, side, side), mean=MEAN, standard_deviation=DEVIATION, **options
    )


@pytest.fixture
def real_data() -> Path:
    if "XAITOOL_DATA" not in os.environ:
        pytest.skip("XAITOOL_DATA is not set")
    return Path(os.environ["XAITOOL_DATA"])


@pytest.fixture
def no_initialisation(monkeypatch: pytest.MonkeyPatch):
    """Random numbers for a hundred million weights take minutes and matter nothing to shapes."""

    def leave(tensor: Tensor, *_: object, **__: object) -> Tensor:
        return tensor

    for name, _ in inspect.getmembers(nn.init, inspect.isfunction):
        if name.endswith("_") and not name.startswith("_"):
            monkeypatch.setattr(nn.init, name, leave)


def test_names_are_the_classification_networks():
    assert {"resnet18", "vit_b_16", "inception_v3"} <= set(names())
    assert not {"fasterrcnn_resnet50_fpn", "raft_small", "r3d_18"} & set(names())
    assert not [name for name in names() if "quantized" in name]


@pytest.mark.usefixtures("no_initialisation")
def test_every_network_takes_its_own_image_size():
    large = {"vit_h_14", "vit_l_16", "vit_l_32", "regnet_y_128gf", "regnet_y_32gf"}
    for name in sorted(set(names()) - large):
        side = preprocessing(name).crop
        network = torchvision_models.bare_network(name, 7, (3, side, side))
        torchvision_models._check_shape(network, name, (3, side, side))
        assert network.training


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "squeezenet1_1"])
def test_the_network_is_torchvisions_after_normalisation(name: str):
    torch.manual_seed(0)
    model = imagenet(name, 5).eval()
    torch.manual_seed(0)
    expected = torchvision.models.get_model(name, num_classes=5).eval()
    images = torch.rand(2, 3, 64, 64)
    mean, deviation = (torch.tensor(value)[:, None, None] for value in (MEAN, DEVIATION))
    torch.testing.assert_close(model(images), expected((images - mean) / deviation))


def test_grey_images_are_repeated():
    model = build("resnet18", 4, shape=(1, 28, 28), mean=[0.1], standard_deviation=[0.3]).eval()
    images = torch.rand(2, 1, 28, 28, requires_grad=True)
    logits = model(images)
    three = ((images - 0.1) / 0.3).repeat(1, 3, 1, 1)
    torch.testing.assert_close(logits, model.network(three))
    (gradient,) = torch.autograd.grad(logits.sum(), images)
    assert gradient.shape == images.shape


@pytest.mark.parametrize(("name", "side"), [("inception_v3", 75), ("googlenet", 32)])
@pytest.mark.usefixtures("no_initialisation")
def test_inception_networks_return_logits_in_training_and_take_auxiliary_weights(
    name: str, side: int
):
    theirs = torchvision.models.get_model(name, num_classes=3, init_weights=True)
    theirs.fc.bias.data.fill_(1)  # what `no_initialisation` left may be no number
    model = imagenet(name, 3, side, weights=theirs.state_dict())
    assert model.train()(torch.rand(2, 3, side, side)).shape == (2, 3)
    assert torch.equal(model.network.fc.bias, theirs.fc.bias)
    # Their own weights expect (x - 0.5) / 0.5: normalisation and transform_input cancel to it.
    images = torch.rand(2, 3, side, side)
    seen = model.network._transform_input(model.normalise(images))
    torch.testing.assert_close(seen, (images - 0.5) / 0.5)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("alexnet", (3, 28, 28), "images are 28x28, but alexnet wants another size"),
        ("vit_b_32", (3, 100, 100), "images are 100x100, but vit_b_32 wants another size"),
        ("vit_b_32", (3, 32, 64), "images are 32x64, but vit_b_32 wants another size"),
        ("maxvit_t", (3, 100, 100), "images are 100x100, but maxvit_t wants another size"),
        ("resnet18", (2, 28, 28), "images have 2 channels, but resnet18 wants 1 or 3"),
    ],
)
@pytest.mark.usefixtures("no_initialisation")
def test_images_that_do_not_fit(name: str, shape: tuple[int, int, int], message: str):
    with pytest.raises(ModelError, match=message):
        build(name, 2, shape=shape, mean=[0.5] * shape[0], standard_deviation=[0.5] * shape[0])


def test_unknown_names():
    for function in (preprocessing, download_weights, imagenet):
        with pytest.raises(UnknownNameError, match=r"'resnet81'; did you mean 'resnet18'\?"):
            function("resnet81")


def test_weights_survive_the_file_and_become_float32(tmp_path: Path):
    source = torchvision.models.get_model("mnasnet0_5", num_classes=3)
    half = OrderedDict(
        (k, v.half() if v.is_floating_point() else v) for k, v in source.state_dict().items()
    )
    half._metadata = source.state_dict()._metadata  # type: ignore[attr-defined]
    torch.save(half, tmp_path / "weights.pth")
    weights = read_weights(tmp_path / "weights.pth")
    model = imagenet("mnasnet0_5", 3, weights=weights)
    for key, value in model.network.state_dict().items():
        assert value.dtype == source.state_dict()[key].dtype
        assert torch.equal(value, half[key].to(value.dtype))


@pytest.mark.usefixtures("no_initialisation")
def test_weights_of_old_densenets_fit():
    keys = torchvision.models.get_model("densenet121", num_classes=2).state_dict()
    source = {key: torch.full_like(value, row) for row, (key, value) in enumerate(keys.items())}
    layer = re.compile(r"(denselayer\d+\.(?:norm|conv))([12])")
    old = {layer.sub(r"\1.\2", key): value for key, value in source.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    loaded = imagenet("densenet121", 2, weights=old).network.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in source.items())


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("squeezenet1_1", "0 of its 122 tensors are there; there is no 'conv1.weight'"),
        ("resnet18", "2 of them in another shape; 'fc.weight' is (4, 512), not (3, 512)"),
    ],
)
def test_weights_of_another_network_or_class_count_do_not_fit(other: str, reason: str):
    weights = torchvision.models.get_model(other, num_classes=4).state_dict()
    with pytest.raises(
        ModelError, match=r"weights do not fit resnet18 .*but its own are"
    ) as caught:
        imagenet("resnet18", 3, weights=weights)
    assert "\n" not in str(caught.value)
    assert reason in str(caught.value)


class Attack:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return pytest.fail, ("code of a weights file ran",)


def test_weights_files_that_cannot_be_used(tmp_path: Path):
    path = tmp_path / "weights.pth"
    with pytest.raises(ModelError, match=r"weights.pth' are no file, but a state dict"):
        read_weights(path)
    with pytest.raises(ModelError, match="are no file"):
        read_weights(tmp_path)
    torch.save({"weight": torch.zeros(1000)}, path)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:-300], pickle.dumps(Attack())):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"are damaged|hold more than tensors") as caught:
            read_weights(path)
        assert "\n" not in str(caught.value)
    for value in ([torch.zeros(1)], {"epoch": 3}, {"state": {"a": torch.zeros(1)}}):
        torch.save(value, path)
        with pytest.raises(ModelError, match="are no mapping of names to tensors"):
            read_weights(path)


@pytest.mark.parametrize("name", ["resnet50", "vit_b_16", "inception_v3", "efficientnet_b0"])
def test_preprocessing_is_the_presets(name: str):
    facts = preprocessing(name)
    preset = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    assert (facts.resize, facts.crop) == (preset.resize_size[0], preset.crop_size[0])
    assert (facts.mean, facts.standard_deviation) == (MEAN, DEVIATION)
    assert facts.interpolation in ("bilinear", "bicubic")
    assert len(facts.categories) == 1000
    assert facts.categories[1] == "goldfish"


def test_own_weights_are_downloaded_without_running_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A server of the test stands for torchvision's."""
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    enum = torchvision.models.get_model_weights("squeezenet1_1")
    source = torchvision.models.get_model("squeezenet1_1").state_dict()
    torch.save(source, served / "net.pth")
    torch.save(Attack(), served / "attack.pth")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{http.server_port}"
        monkeypatch.setattr(enum.DEFAULT.value, "url", f"{address}/net.pth")
        weights = download_weights("squeezenet1_1")
        assert all(torch.equal(weights[key], value) for key, value in source.items())
        monkeypatch.setattr(enum.DEFAULT.value, "url", f"{address}/attack.pth")
        with pytest.raises(ModelError, match="cannot be downloaded") as caught:
            download_weights("squeezenet1_1")
        assert "\n" not in str(caught.value)
        http.shutdown()
        thread.join()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "100%" in printed.err
    monkeypatch.setattr(enum.DEFAULT.value, "url", f"{address}/absent.pth")
    with pytest.raises(ModelError, match="cannot be downloaded from") as caught:
        download_weights("squeezenet1_1")
    assert "--weights FILE" in str(caught.value.hint)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "file", "least"),
    [("mobilenet_v2", "mobilenet_v2.pth", 13), ("resnet18", "resnet18_fp16.pth", 13)],
)
def test_real_weights_recognise_real_photos(name: str, file: str, least: int, real_data: Path):
    folder = real_data / "imagenet"
    model = imagenet(name, side=224, weights=read_weights(folder / "weights" / file)).eval()
    index = json.loads((folder / "imagenet_class_index.json").read_text())
    class_of = {wnid: int(number) for number, (wnid, _) in index.items()}
    photos = sorted((folder / "photos").iterdir())[::5]
    preset = torchvision.models.get_model_weights(name).IMAGENET1K_V1.transforms()
    batch = torch.stack([preset(Image.open(photo).convert("RGB")) for photo in photos])
    images = batch * torch.tensor(DEVIATION)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    with torch.no_grad():
        predictions = model(images).argmax(1)
    labels = torch.tensor([class_of[photo.name.split("_")[0]] for photo in photos])
    assert int((predictions == labels).sum()) >= least  # of 20; the published accuracy is 70 %
