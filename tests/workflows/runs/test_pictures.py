"""Pictures as files, and which a run has."""

import pytest
from PIL import Image

from tests.workflows.tiny_runs import Recorder
from xaitool.report.curves import curve_figure
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.pictures import run_pictures, tell_pictures, write_picture


def test_a_figure_is_written_as_its_ending_says_and_pixels_as_png(tmp_path):
    figure = curve_figure({"a": [1.0, 2.0]}, title="", x_label="epoch", y_label="loss")
    write_picture(tmp_path / "new" / "a.svg", figure)
    assert b"<svg" in (tmp_path / "new" / "a.svg").read_bytes()
    write_picture(tmp_path / "b.png", figure)
    write_picture(tmp_path / "c.png", Image.new("RGB", (3, 2)))
    with Image.open(tmp_path / "b.png") as first, Image.open(tmp_path / "c.png") as second:
        assert first.info["dpi"] == pytest.approx((200, 200), rel=0.01)
        assert second.size == (3, 2)


def test_what_a_killed_run_left_is_removed_where_files_are_replaced(tmp_path):
    left = tmp_path / ".c.png.123.partial"
    left.touch()
    write_picture(tmp_path / "c.png", Image.new("RGB", (3, 2)), overwrite=True)
    assert not left.exists()


def test_the_pictures_of_a_run_and_their_folders(tmp_path):
    told = Recorder()
    with RunDirectory.create(tmp_path / "run") as run:
        tell_pictures(run, told)
        names = (run.samples / "epoch-0001.png", run.plots / "a.svg", run.plots / "b.png")
        for path in (*names, run.plots / "note.txt", run.plots / ".b.png.1.partial"):
            path.touch()
        assert run_pictures(run) == list(names)
        tell_pictures(run, told)
    assert told.messages == [f"1 picture: {run.samples}", f"2 pictures: {run.plots}"]
