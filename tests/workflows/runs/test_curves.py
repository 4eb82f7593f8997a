"""Curves of a run: a picture for each chart of which something was measured."""

import math

import pytest
from PIL import Image

from tests.workflows.tiny_runs import Recorder
from xaitool.workflows.runs import curves as module
from xaitool.workflows.runs.curves import tell_pictures, write_curves
from xaitool.workflows.runs.directory import RunDirectory


@pytest.fixture
def run(tmp_path):
    with RunDirectory.create(tmp_path / "run") as directory:
        for epoch, loss in enumerate((3.0, None, 1.0), start=1):
            entry = {"epoch": epoch, "loss": loss, "accuracy": 0.5, "never": None, "name": "a"}
            directory.metrics.append(entry)
        yield directory


def test_what_was_not_measured_is_left_out(run, monkeypatch):
    drawn = []

    def picture(series, **labels):
        drawn.append((series, labels))
        return Image.new("L", (4, 3))

    monkeypatch.setattr(module, "curve_picture", picture)
    charts = {
        "losses": ("loss", "never", "absent"),
        "both": ("accuracy", "loss"),
        "nothing": ("never", "name"),
    }
    write_curves(run, charts)
    (losses, losses_labels), (both, both_labels) = drawn
    # An epoch in which it was not measured is a gap, so that the others keep their places.
    assert losses == {"loss": [3, None, 1]}
    assert both == {"accuracy": [0.5, 0.5, 0.5], "loss": [3, None, 1]}
    assert losses_labels == {"title": "losses", "x_label": "epoch", "y_label": "loss"}
    assert both_labels["y_label"] == "accuracy, loss"
    assert sorted(path.name for path in run.plots.iterdir()) == ["both.png", "losses.png"]


def test_the_picture_is_replaced_as_epochs_come(run):
    write_curves(run, {"losses": ("loss",)})
    path = run.plots / "losses.png"
    before = path.read_bytes()
    write_curves(run, {"losses": ("loss",)})
    assert path.read_bytes() == before
    run.metrics.append({"epoch": 4, "loss": 9.0})
    write_curves(run, {"losses": ("loss",)})
    assert path.read_bytes() != before
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert math.prod(picture.size) > 10_000


def test_the_folders_with_pictures_are_told(run):
    told = Recorder()
    tell_pictures(run, told)
    write_curves(run, {"losses": ("loss",), "accuracy": ("accuracy",)})
    (run.samples / "epoch-0001.png").touch()
    tell_pictures(run, told)
    assert told.messages == [f"1 picture: {run.samples}", f"2 pictures: {run.plots}"]
