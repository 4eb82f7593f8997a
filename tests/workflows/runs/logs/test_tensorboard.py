"""What TensorBoard's own reader finds in a run's event files."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.workflows.tiny_runs import STEPS_PER_EPOCH, Recorder, gan_config, make_quick
from xaitool.errors import StoppedBySignal
from xaitool.io.jsonl import MetricsLog
from xaitool.workflows.gans.train_gan import train_gan
from xaitool.workflows.runs.logs.base import LoggedRun
from xaitool.workflows.runs.logs.tensorboard import TensorBoardLog

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
plugin_event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.plugin_event_accumulator"
)

LOG: dict[str, Any] = {"log": ("tensorboard",), "fid_samples": 0, "first_epoch_grids": 1}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def events(run: Path) -> Any:
    return accumulator.EventAccumulator(str(run), size_guidance={"images": 0}).Reload()


def scalars(run: Path) -> dict[str, list[tuple[int, float]]]:
    found = events(run)
    return {
        name: [(event.step, event.value) for event in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def samples(run: Path) -> list[tuple[int, bytes]]:
    return [(one.step, one.encoded_image_string) for one in events(run).Images("samples")]


def assert_mirrors(run: Path) -> None:
    """The figures of ``metrics.jsonl`` at its steps, and the grids as they lie in the folder."""
    entries = MetricsLog(run / "metrics.jsonl").read()
    assert scalars(run) == {
        name: [(entry["step"], float(np.float32(entry[name]))) for entry in entries]
        for name in entries[0]
        if name != "step"
    }
    grids = {2: "epoch-0001-step-00002", STEPS_PER_EPOCH: "epoch-0001", 6: "epoch-0002"}
    assert samples(run) == [
        (step, (run / "samples" / f"{name}.png").read_bytes()) for step, name in grids.items()
    ]


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for resume in (None, str(run)):
        config = gan_config(run, **LOG, resume=resume)
        with pytest.raises(StoppedBySignal):
            train_gan(config, Recorder(signal.SIGTERM, 2))
    recorder = Recorder()
    train_gan(gan_config(run, **LOG, resume=str(run)), recorder)
    assert f"log: tensorboard --logdir {run}" in recorder.messages
    assert len([*run.glob("events.out.tfevents.*")]) == 3
    assert_mirrors(run)
    image = events(run).Images("samples")[0]
    with Image.open(run / "samples" / "epoch-0001.png") as picture:
        assert (image.width, image.height) == picture.size


def test_what_was_logged_and_is_done_again_is_there_once(tmp_path: Path) -> None:
    log = TensorBoardLog(LoggedRun(tmp_path, "train-gan", {}, None, 0))
    for step in (3, 6, 9):
        log.write(step, {"loss": step}, {})
    log.close(True)
    again = TensorBoardLog(LoggedRun(tmp_path, "train-gan", {}, None, 3))
    again.write(6, {"loss": 60}, {})
    assert scalars(tmp_path) == {"loss": [(3, 3), (6, 60)]}  # also before it is closed
    again.close(True)
    # The reader of the program itself, which takes a first start for no restart.
    served = plugin_event_accumulator.EventAccumulator(str(tmp_path)).Reload().Tensors("loss")
    assert [(one.step, *one.tensor_proto.float_val) for one in served] == [(3, 3), (6, 60)]


def test_a_record_that_a_kill_tore_hides_nothing(tmp_path: Path) -> None:
    log = TensorBoardLog(LoggedRun(tmp_path, "train-gan", {}, None, 0))
    log.write(3, {"loss": 1}, {})
    log.write(6, {"loss": 2}, {})
    log.close(False)
    (file,) = tmp_path.glob("events*")
    file.write_bytes(file.read_bytes()[:-5])
    again = TensorBoardLog(LoggedRun(tmp_path, "train-gan", {}, None, 3))
    again.write(6, {"loss": 2}, {})
    again.close(True)
    assert scalars(tmp_path) == {"loss": [(3, 1), (6, 2)]}
