"""Counterfactual gradients by ``explain`` and from Python: paths, attributes, files, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

import xaitool
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attribution.cgi import CounterfactualGradientsIntegration
from xaitool.core.baselines.counterfactual_path import CvaePathBaseline, RecolouringBaseline
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, InputError, ShapeError
from xaitool.io.attributions import AttributionFile, AttributionRows, AttributionWriter
from xaitool.io.checkpoints import file_sha256, save_checkpoint
from xaitool.report.colour import colour_diverging
from xaitool.report.map_cells import GAP, MARGIN
from xaitool.report.path_picture import path_picture
from xaitool.report.pixels import enlarged, to_pixels
from xaitool.report.text import line_height
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.counterfactuals.cvae import load_cvae
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.explanations.plan import method_setups, planned_files
from xaitool.workflows.runs.runtime import Runtime

DATASET = "biased-mnist:of=digits"
SHAPE = (3, 28, 28)
CLASSES = ("0-4", "5-9")
SENSITIVE: dict[str, tuple[str, ...]] = {"colour": ("red", "green")}
CPU = Runtime(torch.device("cpu"), torch.float32)
LIMIT = 3
FEW: dict[str, Any] = {"method_option": ("steps=3",), "baseline_option": ("points=4",)}


def network() -> nn.Module:
    """Smooth, and sees colours."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2), nn.Tanh(), nn.Flatten(), nn.Linear(1014, 2)
    ).eval()


def cvae_checkpoint(
    folder: Path,
    *,
    shape: tuple[int, int, int] = SHAPE,
    classes: tuple[str, ...] = CLASSES,
    sensitive: dict[str, tuple[str, ...]] = SENSITIVE,
) -> Path:
    """An autoencoder with random weights, large enough for the attribute to be seen."""
    torch.manual_seed(0)
    model = Cvae(shape, len(classes), [len(names) for names in sensitive.values()])
    for parameter in model.parameters():
        parameter.data.mul_(2)
    path = folder / "cvae.pt"
    content = {
        "shape": list(shape),
        "classes": list(classes),
        "sensitive": {name: list(names) for name, names in sensitive.items()},
        "architecture": {"latent": 2, "network": "mlp"},
        "dataset": DATASET,
        "config": {},
        "state": {"model": model.state_dict()},
    }
    save_checkpoint(path, "cvae", content)
    return path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options(**given: Any) -> ExplainConfig:
    values: dict[str, Any] = {
        "model": "tests.workflows.explanations.test_explain_cgi:network",
        "input_size": 28,
        "channels": 3,
        "dataset": DATASET,
        "limit": LIMIT,
        "method": ("cgi",),
        "heat_maps": 0,
        "device": "cpu",
    }
    return ExplainConfig(**{**values, **given})


def run(config: ExplainConfig) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    explain(config, Recorder(), records.append)
    return records


def read(name: str = "cgi.h5") -> tuple[dict[str, Any], AttributionRows]:
    with AttributionFile(Path(name)) as file:
        return file.attributes, file.read()


def predicted(images: Tensor) -> Score:
    with torch.no_grad():
        return Score(network()(images).argmax(1))


def test_the_file_holds_what_the_method_gives_along_the_cvaes_path() -> None:
    path = cvae_checkpoint(Path())
    records = run(options(baseline=(f"cvae:{path}",)))
    attributes, rows = read()
    dataset = load_dataset(DATASET, "test")
    images, colours = dataset.images(range(LIMIT)), dataset.sensitive_values(range(LIMIT))
    score = predicted(images)
    points = CvaePathBaseline(cvae=load_cvae(path, CPU).model).for_samples(images, score, colours)
    wanted = CounterfactualGradientsIntegration(network()).attribute(images, score, points)
    torch.testing.assert_close(rows.attribution, wanted.values, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(rows.score_input, wanted.score_input.double(), rtol=0, atol=1e-5)
    assert rows.baseline is not None
    torch.testing.assert_close(rows.baseline, points[:, 0], rtol=0, atol=1e-5)
    assert rows.sensitive is not None
    assert rows.sensitive.tolist() == colours.tolist()
    assert attributes["sensitive"] == {"colour": ["red", "green"]}
    assert attributes["baseline_generator"] == "cvae"
    assert attributes["baseline_sha256"] == file_sha256(path)
    assert rows.completeness_gap.abs().max() < 1e-3 * rows.attribution.abs().sum((1, 2, 3)).min()
    assert {record["path_picture"] for record in records} == {None}


def test_the_told_attribute_is_taken_and_else_it_is_inferred() -> None:
    path = cvae_checkpoint(Path())
    model = load_cvae(path, CPU).model
    images = load_dataset(DATASET, "test").images(range(8))
    colours = load_dataset(DATASET, "test").sensitive_values(range(8))
    baseline = CvaePathBaseline(cvae=model, points=1)
    score = predicted(images)
    inferred = baseline.for_images(images, score)[:, 0]
    # Random weights do not know colours.
    assert not torch.allclose(baseline.for_samples(images, score, colours)[:, 0], inferred)
    # The same pictures, of which nobody tells the colour.
    Path("pictures").mkdir()
    for index, image in enumerate(images):
        pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(f"pictures/{index:02d}.png")
    files = tuple(sorted(Path("pictures").iterdir()))
    run(options(**FEW, dataset=None, images=files, limit=None, baseline=(f"cvae:{path}",)))
    attributes, rows = read()
    assert rows.sensitive is None
    assert "sensitive" not in attributes
    assert rows.baseline is not None
    torch.testing.assert_close(rows.baseline, inferred, rtol=0, atol=1e-5)


@pytest.mark.parametrize("way", [{"path": "recolour"}, {"baseline": ("recolour",)}])
def test_recolouring_is_the_line_from_the_other_colour(way: dict[str, Any]) -> None:
    run(options(**way, method_option=("steps=20",)))
    attributes, rows = read()
    images = load_dataset(DATASET, "test").images(range(LIMIT))
    swapped = images[:, [1, 0, 2]]
    assert attributes["baseline"] == "recolour"
    assert rows.baseline is not None
    assert torch.equal(rows.baseline, swapped)
    score = predicted(images)
    wanted = xaitool.attribute(network(), images, target=score.target, baseline=swapped, steps=100)
    torch.testing.assert_close(rows.attribution, wanted.values, rtol=1e-3, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(
            rows.score_input, score(network()(images)).double(), rtol=0, atol=1e-5
        )


def test_every_class_by_itself_follows_the_same_path() -> None:
    path = cvae_checkpoint(Path())
    given = {**FEW, "baseline": (f"cvae:{path}",), "target": "0"}
    run(options(**given, against="all"))
    _, every = read()
    run(options(**given, against="1", out=Path("one.h5")))
    _, one = read("one.h5")
    assert one.baseline is not None
    assert every.baseline is not None
    torch.testing.assert_close(every.baseline, one.baseline)
    torch.testing.assert_close(
        every.extra["class_values"][:, 1], one.attribution, rtol=1e-4, atol=1e-6
    )


def test_pictures_of_the_path_are_as_many_as_heat_maps() -> None:
    records = run(options(**FEW, path="recolour", heat_maps=2))
    pictures = [record["path_picture"] for record in records]
    assert pictures[2] is None
    for index, (name, record) in enumerate(zip(pictures[:2], records, strict=False)):
        assert name == f"cgi-heat-maps/{index:06d}-0000{index}-path.png"
        assert record["heat_map"] == name.replace("-path", "")
        with Image.open(name) as picture, Image.open(record["heat_map"]) as heat_map:
            assert picture.size != heat_map.size
    result = explain(options(**FEW, path="recolour", heat_maps=1, overwrite=True))
    assert not isinstance(result, dict)
    assert [path.name for path in result.files] == [
        "cgi.h5",
        "000000-00000.png",
        "000000-00000-path.png",
    ]


def test_a_stopped_run_goes_on_with_the_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {**FEW, "path": "recolour", "batch_size": 1}
    run(options(**config, out=Path("whole.h5")))
    append, done = AttributionWriter.append, list[int]()

    def stopping(self: AttributionWriter, rows: AttributionRows) -> None:
        append(self, rows)
        done.append(len(rows))
        if len(done) == 2:
            raise OSError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(AttributionWriter, "append", stopping)
        with pytest.raises(OSError, match="stopped"):
            run(options(**config))
    assert len(run(options(**config, resume=True))) == 1
    (_, whole), (_, resumed) = read("whole.h5"), read()
    assert torch.equal(resumed.attribution, whole.attribution)
    assert resumed.sensitive is not None
    assert whole.sensitive is not None
    assert torch.equal(resumed.sensitive, whole.sensitive)


def test_attributes_travel_with_every_method() -> None:
    run(options(method=("saliency",)))
    attributes, rows = read("saliency.h5")
    assert attributes["sensitive"] == {"colour": ["red", "green"]}
    assert rows.sensitive is not None
    assert rows.sensitive.shape == (LIMIT, 1)


# What goes together


def pairs(**given: Any) -> list[tuple[str, str | None]]:
    return [(one.name, one.baseline) for one in planned_files(options(**given, out=Path("maps")))]


def test_the_path_is_of_cgi_and_the_baseline_of_the_others() -> None:
    both = ("cgi", "integrated-gradients")
    assert pairs(method=both, path="recolour") == [
        ("cgi", "recolour"),
        ("integrated-gradients", "zero"),
    ]
    assert pairs(method=both, path="recolour", baseline=("blur",)) == [
        ("cgi", "recolour"),
        ("integrated-gradients", "blur"),
    ]
    assert pairs(method=both, path="cvae", baseline=("cvae:x.pt", "blur")) == [
        ("cgi", "cvae:x.pt"),
        ("integrated-gradients", "blur"),
    ]
    assert pairs(method=("cgi",), baseline=("zero", "recolour")) == [
        ("cgi", "zero"),
        ("cgi", "recolour"),
    ]


def test_the_counterfactual_alone_is_a_baseline_of_any_method() -> None:
    config = options(
        method=("deeplift",), baseline=("recolour",), baseline_option=("points=1",), limit=None
    )
    [found] = method_setups(config)
    assert found.baseline_options == {"points": 1}


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            {},
            "method 'cgi' has no path to follow",
            "--baseline cvae:CHECKPOINT, or --path recolour",
        ),
        ({"path": "cvae"}, "method 'cgi' has no path to follow", "--baseline cvae:CHECKPOINT"),
        ({"path": "recolour", "method": ("saliency",)}, "--path is recolour", "--method cgi"),
        ({"path": "recolour", "baseline": ("zero",)}, "'zero' stands beside --path recolour", ""),
        ({"baseline": ("uniform",)}, "'uniform' draws several references", "cvae:CHECKPOINT"),
        ({"baseline": ("dataset",)}, "'dataset' draws several references", "cvae:CHECKPOINT"),
        (
            {"method": ("deeplift",), "baseline": ("recolour",)},
            "'recolour' is a path, but method 'deeplift'",
            "points=1",
        ),
    ],
)
def test_what_does_not_go_together(given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        explain(options(**given))
    assert hint in (caught.value.hint or "")
    assert not list(Path().iterdir())


def test_an_autoencoder_of_another_attribute_is_refused_before_any_work() -> None:
    path = cvae_checkpoint(Path(), sensitive={"Male": ("no", "yes")})
    with pytest.raises(InputError, match=r"Male \(no, yes\), but colour \(red, green\) is wanted"):
        explain(options(baseline=(f"cvae:{path}",)))
    assert [entry.name for entry in Path().iterdir()] == ["cvae.pt"]


def test_grey_images_cannot_be_recoloured() -> None:
    grey = options(
        dataset="digits", channels=1, model="tests.workflows.explanations.test_explain_cgi:grey"
    )
    with pytest.raises(InputError, match="a channel for each of 2 colours"):
        explain(ExplainConfig(**{**vars(grey), "path": "recolour"}))
    assert not list(Path().iterdir())


def grey() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


# The picture of a path

TILE_SIDE = 140
TILES = torch.rand(9, *SHAPE, generator=torch.Generator().manual_seed(0))
MAP = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))


def panel(picture: Image.Image, line: int, place: int) -> NDArray[np.uint8]:
    """A panel below a heading of one line; the path is line 0."""
    heading = line_height(13) + GAP
    top = MARGIN + line * (heading + TILE_SIDE + 2 + 2 * GAP) + heading + 1
    left = MARGIN + place * (TILE_SIDE + 2 + GAP) + 1
    return np.asarray(picture)[top : top + TILE_SIDE, left : left + TILE_SIDE]


def shown(image: Tensor) -> NDArray[np.uint8]:
    return enlarged(to_pixels(image), 5)


def test_the_path_then_the_input_and_the_map() -> None:
    picture = path_picture(TILES, TILES[0], MAP)
    for place, point in enumerate(TILES):
        assert (panel(picture, 0, place) == shown(point)).all()
    assert (panel(picture, 1, 0) == shown(TILES[0])).all()
    colours = colour_diverging(MAP.double().sum(0).numpy())
    assert (panel(picture, 1, 1) == enlarged(colours, 5)).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_paths(count: int) -> None:
    picture = path_picture(TILES[:count], TILES[0], MAP)
    assert (panel(picture, 0, count - 1) == shown(TILES[count - 1])).all()
    assert picture.tobytes() == path_picture(TILES[:count], TILES[0], MAP).tobytes()


def test_a_caption_is_below() -> None:
    bare, captioned = (path_picture(TILES, TILES[0], MAP, caption=text) for text in ([], ["cgi"]))
    assert captioned.width == bare.width
    assert captioned.height == bare.height + 2 * GAP + line_height(13)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match="one and the same"):
        path_picture(TILES[..., 1:], TILES[0], MAP)


# From Python


def test_a_call_from_python() -> None:
    path = cvae_checkpoint(Path())
    images = load_dataset(DATASET, "test").images(range(4))
    colours = torch.tensor([0, 1, 1, 0])
    target = torch.tensor([1, 0, 1, 0])
    baseline = CvaePathBaseline(cvae=load_cvae(path, CPU).model)
    points = baseline.for_samples(images, Score(target), colours[:, None])
    wanted = xaitool.attribute(network(), images, "cgi", target=target, baseline=points)
    given: dict[str, Any] = {"target": target, "baseline": f"cvae:{path}"}
    for attributes in (colours, colours[:, None]):
        found = xaitool.attribute(network(), images, "cgi", attributes=attributes, **given)
        torch.testing.assert_close(found.values, wanted.values, rtol=1e-4, atol=1e-6)
    inferred = xaitool.attribute(network(), images, "cgi", **given)
    assert not torch.allclose(inferred.values, wanted.values, rtol=1e-3, atol=1e-5)
    recoloured = [
        xaitool.attribute(network(), images, "cgi", baseline=one).values
        for one in ("recolour", RecolouringBaseline())
    ]
    assert torch.equal(*recoloured)


def test_what_a_call_from_python_refuses() -> None:
    path = cvae_checkpoint(Path())
    images = torch.rand(2, *SHAPE)
    four = nn.Sequential(nn.Flatten(), nn.Linear(2352, 4))
    colours = torch.tensor([0, 1])
    cases: list[tuple[nn.Module, str, dict[str, Any], str]] = [
        (network(), "cgi", {}, "'cvae' has no cvae, but baseline='cvae:CHECKPOINT' is wanted"),
        (network(), "cgi", {"baseline": "cvae:nosuch.pt"}, "nosuch.pt does not exist"),
        (network(), "cgi", {"baseline": "uniform"}, "draws several references"),
        (four, "cgi", {"baseline": f"cvae:{path}"}, "knows 2 labels, but the model tells 4"),
        (network(), "deeplift", {"baseline": "recolour"}, "is a path, but method 'DeepLift'"),
        (network(), "deeplift", {"baseline": RecolouringBaseline()}, "is a path"),
        (network(), "deeplift", {"attributes": colours}, "attributes are given, but no baseline"),
        (
            network(),
            "cgi",
            {"baseline": f"cvae:{path}", "attributes": torch.rand(2)},
            r"torch.float32 \(2,\), but whole numbers \(2, A\) are wanted",
        ),
        (
            network(),
            "cgi",
            {"baseline": f"cvae:{path}", "attributes": colours + 1},
            "has the value 2, but 0 to 1 are known",
        ),
    ]
    for model, method, given, message in cases:
        with pytest.raises(InputError, match=message):
            xaitool.attribute(model, images, method, **given)
