"""``train-gan``: what a run leaves behind, what guidance changes, and that it learns."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.golden import missing
from tests.workflows.tiny_runs import Recorder, files, gan_config, make_quick, metrics, pictures
from xaitool import registry
from xaitool.core.models.gans.images import noise, sample
from xaitool.core.models.gans.mlp_gan import MLPGan
from xaitool.errors import DataError, DivergenceError, InputError, StoppedBySignal
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.io.jsonl import MetricsLog
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.features.lenet import feature_network
from xaitool.workflows.gans.train_gan import GanTrainer, train_gan
from xaitool.workflows.runs.curves import write_curves
from xaitool.workflows.runs.training import TrainingResult


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, with curves; only its judge is quick."""
    path = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        patch.setattr("xaitool.workflows.runs.training.write_curves", write_curves)
        result = train_gan(gan_config(path, xai="shap"), Recorder())
    assert isinstance(result, TrainingResult)
    assert (result.run_dir, result.checkpoint) == (str(path), str(path / "best.pt"))
    return path


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_files_of_a_run(run: Path) -> None:
    names = {"config.json", "environment.json", "status.json", "metrics.jsonl"}
    names |= {"last.pt", "best.pt", "samples/epoch-0001.png", "samples/epoch-0002.png"}
    names |= {"samples/epoch-0001-step-00001.png", "samples/epoch-0001-step-00002.png"}
    charts = ("losses", "fid", "kid", "variety", "collapse", "mask")
    names |= {f"plots/{name}.png" for name in charts}
    assert files(run) == names
    for name in ("config", "environment", "status"):
        assert not missing(read(run / f"{name}.json"), "run_directory", name)
    assert read(run / "status.json")["state"] == "completed"
    assert read(run / "config.json")["command"] == "train-gan"
    for path in run.glob("*/*.png"):
        with Image.open(path) as picture:
            picture.load()


def test_the_metrics_of_a_run(run: Path) -> None:
    entries = MetricsLog(run / "metrics.jsonl").read()
    assert [(entry["epoch"], entry["step"]) for entry in entries] == [(1, 3), (2, 6)]
    for entry in entries:
        assert not missing(entry, "train_gan", "metrics")
        assert 0 < entry["explain_seconds"] < entry["train_seconds"] <= entry["seconds"]
        assert entry["fid"] > 0


def test_the_checkpoint_rebuilds_the_networks(run: Path) -> None:
    plain = torch.load(run / "last.pt", weights_only=True)
    assert not missing(plain, "train_gan", "checkpoint")
    assert not missing(plain["state"], "train_gan", "state")
    gan = MLPGan(tuple(plain["shape"]), plain["latent"])
    gan.generator.load_state_dict(plain["state"]["generator"])
    gan.discriminator.load_state_dict(plain["state"]["discriminator"])
    fixed = noise(4, 8, 0, "grid", like=torch.zeros(1))
    grid = sample_grid(sample(gan.generator, fixed))
    with Image.open(run / "samples" / "epoch-0002.png") as saved:
        assert saved.tobytes() == grid.tobytes()


def test_the_best_epoch_has_the_lowest_fid(run: Path) -> None:
    best = min(metrics(run), key=lambda entry: float(entry["fid"]))["epoch"]
    assert load_checkpoint(run / "best.pt", kind="gan")["position"]["epoch"] == best


def test_every_guidance_is_another_training(quick: None, tmp_path: Path) -> None:
    names = ("none", *registry.names("guidance"))
    for name in names:
        train_gan(gan_config(tmp_path / name, xai=name, fid_samples=0, epochs=1), Recorder())
    assert len({pictures(tmp_path / name)["epoch-0001.png"] for name in names}) == len(names)
    seconds = {
        name: MetricsLog(tmp_path / name / "metrics.jsonl").read()[0]["explain_seconds"]
        for name in names
    }
    assert seconds["shap"] > seconds["none"]
    assert seconds["none"] < 0.01


def test_without_a_judge_the_last_epoch_is_the_best(quick: None, tmp_path: Path) -> None:
    recorder = Recorder()
    train_gan(gan_config(tmp_path / "run", fid_samples=0), recorder)
    assert [name for name, *_ in recorder.tasks] == ["train"]
    assert "fid" not in metrics(tmp_path / "run")[0]
    states = [
        load_checkpoint(tmp_path / "run" / name, kind="gan")["state"]
        for name in ("last.pt", "best.pt")
    ]
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.mark.parametrize("colour", [False, True])
def test_a_folder_of_one_class_has_no_judge(colour: bool, quick: None, tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "only"
    folder.mkdir(parents=True)
    for index in range(8):
        Image.new("RGB" if colour else "L", (12, 12), (index,) * 3 if colour else index).save(
            folder / f"{index}.png"
        )
    recorder = Recorder()
    config = gan_config(
        tmp_path / "run", dataset=f"folder:{folder.parent}", classes=None, precision="float64"
    )
    train_gan(config, recorder)
    (warning,) = recorder.warnings
    assert warning.endswith("has one class: no feature network, no FID, no KID")
    assert "fid" not in metrics(tmp_path / "run")[0]
    shape = load_checkpoint(tmp_path / "run", kind="gan")["shape"]
    assert shape == [3 if colour else 1, 12, 12]


def test_a_single_image_is_too_few(quick: None, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    Image.new("L", (12, 12)).save(tmp_path / "one" / "a.png")
    config = gan_config(tmp_path / "run", dataset=f"folder:{tmp_path / 'one'}", classes=None)
    with pytest.raises(DataError, match="1 images, but 2 are wanted"):
        train_gan(config, Recorder())
    assert not (tmp_path / "run").exists()


def test_a_judge_that_cannot_be_trained_leaves_nothing(quick: None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="feature network: images are 8x8") as error:
        train_gan(gan_config(tmp_path / "run", image_size=8), Recorder())
    assert error.value.hint is not None
    assert error.value.hint.startswith("--image-size makes them larger")
    assert error.value.hint.endswith("; --fid-samples 0 trains without FID and KID")
    assert not (tmp_path / "run").exists()
    train_gan(gan_config(tmp_path / "run", image_size=8, fid_samples=0, epochs=1), Recorder())


def test_weights_that_the_last_step_spoils_are_a_divergence(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(self: GanTrainer, *arguments: Any) -> dict[str, Any]:
        values = step(self, *arguments)
        if self.done == 2 * self.steps_per_epoch:
            torch.nn.init.constant_(next(self.generator.parameters()), torch.nan)
        return values

    step = GanTrainer.step
    monkeypatch.setattr(GanTrainer, "step", spoil)
    with pytest.raises(DivergenceError, match="samples became NaN or infinite in epoch 2"):
        train_gan(gan_config(tmp_path / "run"), Recorder())
    assert read(tmp_path / "run" / "status.json")["state"] == "diverged"
    assert (tmp_path / "run" / "diverged.pt").exists()
    assert [entry["epoch"] for entry in metrics(tmp_path / "run")] == [1]


def test_another_feature_network_on_resume_is_told(quick: None, tmp_path: Path) -> None:
    with pytest.raises(StoppedBySignal):
        train_gan(gan_config(tmp_path / "run"), Recorder(signal.SIGTERM, 2))
    path = tmp_path / "run" / "last.pt"
    saved = load_checkpoint(path, kind="gan")
    saved["state"]["features"] = "0" * 64
    save_checkpoint(path, "gan", {name: saved[name] for name in saved if name not in HEADER})
    train_gan(gan_config(None, resume=str(tmp_path / "run")), recorder := Recorder())
    assert recorder.warnings[0].startswith("the feature network is not the one that judged")


def test_silent_by_default(quick: None, tmp_path: Path, capfd: Any) -> None:
    train_gan(gan_config(tmp_path / "run", fid_samples=0, epochs=1))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.xdist_group("real data")
def test_it_learns_to_write_sevens(real_data: Path, tmp_path: Path) -> None:
    config = gan_config(
        tmp_path / "run",
        dataset="mnist",
        data_dir=real_data,
        classes=("7",),
        xai="shap",
        epochs=10,
        batch_size=64,
        latent=100,
        fid_samples=2000,
        grid=64,
    )
    train_gan(config, Recorder())
    found = [entry["fid"] for entry in metrics(tmp_path / "run")]
    assert min(found) < found[0] / 2
    checkpoint = load_checkpoint(tmp_path / "run" / "last.pt", kind="gan")
    gan = MLPGan((1, 28, 28), 100)
    gan.generator.load_state_dict(checkpoint["state"]["generator"])
    images = sample(gan.generator, noise(1000, 100, 1, "test", like=torch.zeros(1)))
    judge = feature_network(
        "mnist",
        image_size=None,
        data_dir=real_data,
        workers=1,
        device=torch.device("cpu"),
        reporter=Recorder(),
    )
    assert judge is not None
    assert judge.accuracy >= 0.99
    with torch.no_grad():
        assert (judge.model(images).argmax(1) == 7).float().mean() >= 0.8
