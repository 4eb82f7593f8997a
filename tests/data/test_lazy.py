"""A dataset that decodes its pictures on each access, against the one in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.data.sets.test_image_folder import SPLIT, load, pictures, zipped
from xaitool.data.lazy import LazyDataset
from xaitool.data.sets import image_folder
from xaitool.errors import DataError

Tree = Callable[[dict[str, bytes]], Path]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_lazy_and_in_memory_give_the_same(
    workers: int, write_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = [f"train/{kind}/{number}.png" for kind in "ab" for number in range(9)]
    files = pictures(*names, size=(11, 9)) | {"train/b/3.png": b"damaged"}
    for path in (write_tree(files), zipped(tmp_path / "set.zip", files)):
        options = {"image_size": 6, "workers": workers, "on_error": "skip", "classes": ["b", "a"]}
        memory = load(path, **options)
        with monkeypatch.context() as context:
            context.setattr(image_folder, "MEMORY_LIMIT", 100)
            lazy = load(path, **options)
        assert isinstance(lazy, LazyDataset)
        rows = torch.tensor([16, 0, 3, 3])
        assert torch.equal(lazy.images(rows), memory.images(rows))
        part, expected = lazy.subset(rows), memory.subset(rows)
        assert torch.equal(part.images([1, 2]), expected.images([1, 2]))
        assert torch.equal(part.labels, expected.labels)
        for attribute in ("labels", "classes", "shape", "name", "split", "skipped"):
            assert str(getattr(lazy, attribute)) == str(getattr(memory, attribute))
        assert [lazy.filename(i) for i in range(17)] == [memory.filename(i) for i in range(17)]
        assert len({lazy.digest, part.digest, memory.digest}) == 3


def test_lazy_reading_names_the_damaged_picture(write_tree: Tree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(image_folder, "MEMORY_LIMIT", 0)
    dataset = load(write_tree(SPLIT | {"train/dog/9.png": b"x"}))
    assert dataset.images([0]).shape == (1, 3, 8, 8)
    with pytest.raises(DataError, match=r"image 'train/dog/9.png' is in no format"):
        dataset.images([0, 3])
