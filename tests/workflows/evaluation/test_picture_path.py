"""Where pictures of measurements go."""

from pathlib import Path

import pytest
from PIL import Image

from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.picture_path import picture_path, source_name
from xaitool.workflows.runs.pictures import write_picture


def config(**options):
    return EvaluateConfig(artifacts=(Path("runs/a"),), **options)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("runs/some-run", "some-run"),
        ("runs/some.run/best.pt", "best"),
        ("a b:c(3).pt", "a-b-c-3-"),
        ("größe.pt.pt", "größe.pt"),
    ],
)
def test_the_name_of_an_artifact_fits_a_file(source, name):
    assert source_name(Path(source)) == name


def test_without_a_folder_there_is_none(tmp_path):
    assert picture_path(Path("runs/a"), config(), "path") is None
    found = picture_path(Path("runs/a.pt"), config(out=tmp_path / "new"), "path")
    assert found == tmp_path / "new" / "a-path.png"
    assert not (tmp_path / "new").exists()


def test_a_picture_is_replaced_when_asked(tmp_path):
    path = picture_path(Path("a"), config(out=tmp_path), "path")
    assert path is not None
    write_picture(path, Image.new("L", (2, 2)))
    with pytest.raises(
        ConfigError, match=r"a-path\.png exists, but a new file was asked"
    ) as caught:
        picture_path(Path("a"), config(out=tmp_path), "path")
    assert caught.value.hint == "replace it with --overwrite"
    again = picture_path(Path("a"), config(out=tmp_path, overwrite=True), "path")
    assert again == path
    leftover = tmp_path / ".a-path.png.123.partial"
    other = tmp_path / ".b-path.png.123.partial"
    leftover.touch()
    other.touch()
    write_picture(path, Image.new("L", (3, 3)), overwrite=True)
    with Image.open(path) as picture:
        assert picture.size == (3, 3)
    assert (leftover.exists(), other.exists()) == (False, True)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(ConfigError):
        picture_path(Path("a"), config(out=tmp_path / "out"), "path")
