"""What names, places and options alone tell to be wrong is said before weights or data come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.trained import classifier_run
from tests.workflows.pictures import save_picture

LOADERS = [
    "xaitool.core.models.classifiers.torchvision_models.download_weights",
    "xaitool.data.loader.DatasetRequest.load",
    "xaitool.workflows.counterfactuals.paths.load_cvae",
    "xaitool.workflows.gans.train_gan.feature_source",
    "xaitool.workflows.models.source.load_program",
    "xaitool.workflows.models.source.load_saved",
    "xaitool.workflows.models.source.own_network",
    "xaitool.workflows.recommenders.fit.ratings_for",
    "xaitool.workflows.recommenders.query.load_recommender",
]

EXPLAIN = "explain a.png --model torchvision:resnet18"
EVALUATE = "evaluate run --metric accuracy --metric"

WRONG = [
    ("explain missing.png --model torchvision:resnet18", "'missing.png' does not exist"),
    ("explain missing.png --model run", "'missing.png' does not exist"),
    ("explain missing.png --model nosuch:make", "'missing.png' does not exist"),
    ("explain missing.png --model torchvision:resnet18 --on-error skip", "none of 1 images can be"),
    ("explain a.png text.png --model torchvision:resnet18", "'text.png' is in no format"),
    ("explain --model torchvision:resnet18", "no images are given"),
    ("explain --model torchvision:resnet18 --dataset nosuch", "unknown dataset 'nosuch'"),
    ("explain --model run --dataset folder:nosuch", "'nosuch' does not exist"),
    (f"{EXPLAIN} --out taken.h5", "taken.h5 exists"),
    (f"{EXPLAIN} --out text.png/a.h5", "text.png is a file, but no folder"),
    (f"{EXPLAIN} --method agi --method-option epsilom=3", "has no option 'epsilom'"),
    (f"{EXPLAIN} --target nosuch", "unknown class 'nosuch'"),
    (f"{EXPLAIN} --against 1000", "--against is 1000, but the model's classes are 0 to 999"),
    (f"{EXPLAIN} --target label", "--target label has images without a label"),
    (f"{EXPLAIN} --only correct", "--only correct has images without a label"),
    (f"{EXPLAIN} --baseline image:missing.png", "'missing.png' does not exist"),
    (f"{EXPLAIN} --baseline ganmex:missing --against second", "missing does not exist"),
    (f"{EXPLAIN} --baseline ganmex:run --against second", "is a classifier, but a baseline-gan"),
    (f"{EXPLAIN} --baseline dataset", "'dataset' has nothing to draw from"),
    (f"{EXPLAIN} --baseline target-class", "looks for images of a second class"),
    (f"{EXPLAIN} --classes-file missing.txt", "missing.txt"),
    (f"{EXPLAIN} --weights missing.pth", "'missing.pth' are no file"),
    (f"{EXPLAIN} --resize 5", "--resize is 5, but at least the input size 224"),
    ("explain a.png --model missing.pt", "missing.pt does not exist"),
    ("explain a.png --model missing.pt2", "'missing.pt2' does not exist"),
    ("evaluate run missing.pt", "missing.pt does not exist"),
    ("evaluate run torchvision:resnet --dataset digits", "unknown torchvision model 'resnet'"),
    ("evaluate run torchvision:resnet18", "does not know its data, but --dataset NAME"),
    ("evaluate run --dataset nosuch", "unknown dataset 'nosuch'"),
    (f"{EVALUATE} robustness --transfer-from missing.pt", "missing.pt does not exist"),
    (f"{EVALUATE} robustness --attack-option zzz=1", "has an option 'zzz'"),
    (f"{EVALUATE} baseline-validity --judge missing.pt", "missing.pt does not exist"),
    (f"{EVALUATE} baseline-validity --baseline image:missing.png", "does not exist"),
    (f"{EVALUATE} fairness --cvae missing", "missing does not exist"),
    (f"{EVALUATE} parameter-randomisation --method-option zzz=1", "has no option 'zzz'"),
    (f"{EVALUATE} parameter-randomisation --target nosuch", "unknown class 'nosuch'"),
    (f"{EVALUATE} features --out text.png", "--out text.png is a file, but a folder"),
    (f"{EVALUATE} features --out pictures", "run-features.png exists"),
    ("train-classifier --dataset mnist --out text.png", "--out text.png is a file"),
    ("train-classifier --dataset mnist --out text.png/run", "text.png is a file, but no folder"),
    ("train-classifier --dataset mnist --architecture nosuch", "unknown architecture 'nosuch'"),
    (
        "train-classifier --dataset mnist --architecture resnet18 --weights missing.pth",
        "'missing.pth' are no file",
    ),
    ("train-classifier --dataset mnist --augment cia --cvae missing", "missing does not exist"),
    ("train-classifier --dataset mnist --augment cia --cvae run", "is a classifier, but a cvae"),
    ("train-gan --dataset mnist --out text.png/run", "text.png is a file, but no folder"),
    ("train-gan --dataset mnist --features missing.pt", "feature network: checkpoint missing.pt"),
    ("train-gan --dataset mnist --xai nosuch", "unknown guidance 'nosuch'"),
    ("train-baseline-gan --dataset mnist --classifier missing.pt", "missing.pt does not exist"),
    (
        "train-baseline-gan --dataset nosuch --classifier torchvision:resnet18",
        "unknown dataset 'nosuch'",
    ),
    ("recommend fit --dataset ml-100k --out text.png/run", "text.png is a file, but no folder"),
    ("recommend explain --model run --user 1 --item 1 --plot a.png", "--plot a.png exists"),
]


@pytest.fixture(autouse=True)
def _places(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "taken.h5").touch()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "run-features.png").touch()
    shutil.copytree(classifier_run(), tmp_path / "run")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was loaded, in order; loading it fails."""
    found: list[str] = []
    for target in LOADERS:

        def note(*_: object, _target: str = target, **__: object) -> None:
            found.append(_target.rpartition(".")[2])
            raise AssertionError(_target)

        monkeypatch.setattr(target, note)
    return found


@pytest.mark.parametrize(("line", "message"), WRONG, ids=lambda text: text[:70])
def test_nothing_is_loaded_before_it_is_said(
    line: str, message: str, loaded: list[str], invoke: Invoke, refused: Refused
) -> None:
    result = invoke(*line.split(), "--device", "cpu")
    assert loaded == []
    refused(result, message)


@pytest.mark.parametrize(
    "line",
    [
        "explain --model torchvision:resnet18 --dataset digits",
        "evaluate torchvision:resnet18 --dataset digits",
        "train-baseline-gan --classifier torchvision:resnet18 --dataset digits",
        "train-classifier --architecture resnet18 --weights torchvision",
    ],
)
def test_weights_that_are_downloaded_come_after_the_data(
    line: str, loaded: list[str], invoke: Invoke
) -> None:
    assert invoke(*line.split(), "--device", "cpu", "-q").returncode == 1
    assert loaded == ["load"]
