"""What is wrong is said in one line before anything long starts: exit status 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Invoke, Refused
from tests.conftest import Program
from xaitool.io.checkpoints import save_checkpoint

# Refused before torch is imported, so that a process of its own costs little.
AT_ONCE = [
    ("train-gan --xai shapp", "unknown guidance 'shapp'; did you mean 'shap'?", "saliency"),
    ("train-gan --architecture mpl", "unknown GAN architecture 'mpl'; did you mean 'mlp'?", ""),
    ("train-classifier --loss crossentropy", "did you mean 'cross-entropy'?", "cross-entropy"),
    ("train-gan --epochs 0", "--epochs is 0, but at least 1 is wanted", ""),
    ("train-gan --epochs many", "--epochs is 'many', but a whole number is wanted", ""),
    ("train-gan --epochs 1.5", "--epochs is '1.5', but a whole number is wanted", ""),
    ("train-gan --learning-rate nan", "--learning-rate is nan, but more than 0 is wanted", ""),
    ("train-gan --learning-rate -1", "--learning-rate is -1.0, but more than 0 is wanted", ""),
    (f"train-gan --seed {'9' * 400}", "999', but a whole number below 2^63 is wanted", ""),
    (f"train-gan --seed {'9' * 5000}", "999', but a whole number below 2^63 is wanted", ""),
    ("train-gan --learning-rate 1/0", "--learning-rate is '1/0', but a number is wanted", ""),
    ("train-gan --batch-size 1", "--batch-size is 1, but at least 2 is wanted", ""),
    ("train-gan --precision float16", "unknown precision 'float16'", "float32, float64"),
    ("train-classifier --validation 1", "--validation is 1.0, but at least 0 and at most 0.9", ""),
    ("train-gan --out", "'--out' requires an argument", ""),
    ("train-gan more", "unexpected extra argument", ""),
    ("train-gann --lr 1", "No such command 'train-gann'; did you mean 'train-gan'?", ""),
    ("train-baseline-gan --generator-kind vae", "unknown generator 'vae'", "cvae"),
    ("train-baseline-gan --preset smal", "unknown preset 'smal'; did you mean 'small'?", ""),
]

# Refused by the workflow.
BY_WORKFLOW = [
    ("train-gan --dataset mnst", "unknown dataset 'mnst'; did you mean 'mnist'?", "digits"),
    ("train-gan --dataset folder", "but folder:PATH is wanted", ""),
    ("train-gan --dataset folder:nothere", "'nothere' does not exist, but a folder", ""),
    ("train-gan --dataset digits:more", "has something after its name", ""),
    ("train-classifier --architecture resnet19", "did you mean 'resnet18'?", "lenet5"),
    ("train-gan --classes 11", "unknown class '11'", "or an index below 10"),
    ("train-gan --classes 1,1", "name one twice", ""),
    ("train-gan --device cuda:99", "--device is cuda:99, but this machine has", "--device cpu"),
    ("train-gan --device gpu", "but auto, cpu, cuda, cuda:N or mps is wanted", ""),
    (f"train-gan --device cuda:{'9' * 5000}", "but auto, cpu, cuda, cuda:N or mps is", ""),
    ("train-gan --fid-samples 1", "--fid-samples is 1, but 0 or at least 2 is wanted", ""),
    ("train-gan --out file", "--out file is a file, but a folder is wanted", ""),
    ("train-gan --out full", "full is not empty", "name another --out"),
    (
        "train-gan --out full --overwrite",
        "full holds thesis.tex, but only a run's own",
        "move full",
    ),
    ("train-gan --resume nothing", "nothing does not exist, but --resume continues from", ""),
    ("train-gan --resume file", "file is a file, but --resume continues from", ""),
    ("train-gan --resume full", "full has no last.pt, but --resume continues from", ""),
    ("train-gan --resume auto", "--resume auto has no directory, but --out is wanted", ""),
    ("train-gan --resume run --out full", "--resume run continues there, but --out", ""),
    ("train-gan --resume run", "is a classifier, but a gan is wanted", ""),
    ("train-gan --resume empty", "empty/last.pt has no 'config', but it is wanted", ""),
    (
        "train-classifier --dataset folder:single",
        "has one class",
        "as single/CLASS/one.png",
    ),
    ("train-classifier --classes 3", "has one class", "--classes 3 is one class"),
    ("train-classifier --dataset single", "did you mean 'folder:single'?", ""),
    ("train-gan --image-size 8", "images are 8x8, but lenet5 wants larger", "--fid-samples 0"),
]


@pytest.fixture(autouse=True)
def _places(tmp_path: Path) -> None:
    for name in ("full", "run", "empty", "single/only"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "full" / "thesis.tex").touch()
    save_checkpoint(tmp_path / "run" / "last.pt", "classifier", {})
    save_checkpoint(tmp_path / "empty" / "last.pt", "gan", {})
    for index in range(5):
        Image.new("L", (28, 28), index).save(tmp_path / "single" / "only" / f"{index}.png")


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize(("line", "message", "hint"), AT_ONCE, ids=lambda text: text[:40])
def test_refused_at_once(
    line: str, message: str, hint: str, xaitool: Program, refused: Refused, tmp_path: Path
) -> None:
    before = files(tmp_path)
    refused(xaitool(*line.split()), message, hint)
    assert files(tmp_path) == before


@pytest.mark.parametrize(("line", "message", "hint"), BY_WORKFLOW, ids=lambda text: text[:40])
def test_refused_by_the_workflow(
    line: str, message: str, hint: str, invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    before = files(tmp_path)
    refused(invoke(*line.split(), "-q"), message, hint)
    assert files(tmp_path) == before


def test_no_cuda_device(invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    refused(invoke("train-gan", "-q", "--device", "cuda"), "has no CUDA device", "--device cpu")


def test_a_process_of_its_own_says_the_same(xaitool: Program, refused: Refused) -> None:
    refused(xaitool("train-gan", "-q", "--classes", "11"), "unknown class '11'")


def test_debugging_shows_where(xaitool: Program) -> None:
    result = xaitool("train-gan", "--epochs", "0", XAITOOL_DEBUG="1")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "ConfigError: --epochs is 0" in result.stderr


def test_what_nobody_expected_is_one_line_too(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("a reason")

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", fail)
    refused(invoke("train-gan"), "ZeroDivisionError: a reason", "XAITOOL_DEBUG=1", status=1)


def test_a_full_disk_names_the_place(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "run/last.pt")

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", fail)
    refused(invoke("train-gan"), "run/last.pt: No space left on device", status=1)
