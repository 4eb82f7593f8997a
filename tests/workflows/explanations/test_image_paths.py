import io
import sys
from pathlib import Path

import pytest

from tests.workflows.pictures import save_picture
from xaitool.errors import DataError, DataWarning
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.image_paths import expand_paths


def relative(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_paths_from_lines(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a b.png\n\xff.png")))
    paths = list(expand_paths([Path("first.png"), Path("-"), Path("end.png")]))
    assert [str(path) for path in paths] == ["first.png", "a b.png", "\udcff.png", "end.png"]


def photographs(folder):
    for name in ("IMG10.JPG", "img2.jpg", "sea/1.png", "sea/.2.png", ".thumbnails/1.png"):
        save_picture(folder / name)
    (folder / "notes.txt").write_text("none")
    return folder


def test_a_folder_is_its_images_in_natural_order(tmp_path):
    with pytest.warns(DataWarning, match=r"'notes.txt' left out, no image such as PNG") as told:
        paths = list(expand_paths([photographs(tmp_path)]))
    assert relative(paths, tmp_path) == ["img2.jpg", "IMG10.JPG", "sea/1.png"]
    assert len(told) == 1


def test_a_pattern_is_what_it_matches(tmp_path):
    photographs(tmp_path)
    config = ExplainConfig(images=(Path(f"{tmp_path}/**/*.[jp][pn]g"), tmp_path / "img?.jpg"))
    paths = list(expand_paths(config.images))
    assert relative(paths, tmp_path) == ["img2.jpg", "sea/1.png", "img2.jpg"]
    with pytest.warns(DataWarning, match=r"notes.txt' left out"):
        assert relative(expand_paths([tmp_path / "*"]), tmp_path) == ["img2.jpg", "IMG10.JPG"]


def test_a_file_that_is_called_like_a_pattern_is_itself(tmp_path):
    path = save_picture(tmp_path / "cat[1].png")
    assert list(expand_paths([path])) == [path]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "folder '.*' has no images, but a PNG"),
        ("*.jpg", r"pattern '.*jpg' matches no file, but a PNG"),
        ("*", r"pattern '.*' matches '.*notes.txt' and no image, but a PNG"),
    ],
)
def test_no_image_is_an_error(tmp_path, name, message):
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(DataError, match=message):
        list(expand_paths([tmp_path / name]))
