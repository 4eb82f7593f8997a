"""Curves of a run: a picture for each chart of which something was measured."""

import math

import pytest
from PIL import Image

from xaitool.report.curves import curve_figure
from xaitool.workflows.runs import curves as module
from xaitool.workflows.runs.curves import Chart, write_curves
from xaitool.workflows.runs.directory import RunDirectory

LOSSES = {"losses": Chart("Losses", "loss", {"loss": "training"})}


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
        return curve_figure(series, **labels)

    monkeypatch.setattr(module, "curve_figure", picture)
    charts = {
        "losses": Chart("Losses", "loss", {"loss": "training", "never": "a", "absent": "b"}),
        "both": Chart("Both", "share", {"accuracy": "right", "loss": "lost"}),
        "nothing": Chart("Nothing", "share", {"never": "a", "name": "b"}),
    }
    write_curves(run, charts)
    (losses, losses_labels), (both, both_labels) = drawn
    # An epoch in which it was not measured is a gap, so that the others keep their places.
    assert losses == {"training": [3, None, 1]}
    assert both == {"right": [0.5, 0.5, 0.5], "lost": [3, None, 1]}
    # A line that is alone has no legend, so the title says which it is.
    assert losses_labels == {"title": "Losses: training", "x_label": "epoch", "y_label": "loss"}
    assert both_labels == {"title": "Both", "x_label": "epoch", "y_label": "share"}
    assert sorted(path.name for path in run.plots.iterdir()) == ["both.png", "losses.png"]


def test_the_picture_is_replaced_as_epochs_come(run):
    write_curves(run, LOSSES)
    path = run.plots / "losses.png"
    before = path.read_bytes()
    write_curves(run, LOSSES)
    assert path.read_bytes() == before
    run.metrics.append({"epoch": 4, "loss": 9.0})
    write_curves(run, LOSSES)
    assert path.read_bytes() != before
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert math.prod(picture.size) > 10_000


@pytest.mark.parametrize(("figure_format", "magic"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_a_figure_in_another_format(run, figure_format, magic):
    write_curves(run, LOSSES, figure_format)
    path = run.plots / f"losses.{figure_format}"
    before = path.read_bytes()
    assert before.startswith(magic)
    write_curves(run, LOSSES, figure_format)
    assert path.read_bytes() == before
