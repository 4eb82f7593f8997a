"""The optional column `object_mask`."""

import contextlib
import dataclasses

import h5py
import numpy as np
import pytest
import torch

from tests.io.attribution_files import make_rows
from xaitool.errors import ArtifactError, ShapeError
from xaitool.io import attribution_writer
from xaitool.io.attributions import AttributionFile, AttributionWriter

PARTS = [["dog", "sea"], ["dog", "road"]]
ATTRIBUTES = {"class_parts": PARTS}


def masked(start, stop):
    rows = make_rows(start, stop)
    return dataclasses.replace(rows, object_mask=rows.input[:, :1] > 0.5)


def write(path, *batches):
    with AttributionWriter.create(path, ATTRIBUTES) as writer:
        for start, stop in batches:
            writer.append(masked(start, stop))


def test_masks_come_back_as_bytes_one_image_a_chunk(tmp_path):
    path = tmp_path / "a.h5"
    write(path, (0, 3), (3, 5))
    with h5py.File(path) as file:
        assert file["object_mask"].dtype == np.uint8
        assert file["object_mask"].chunks == (1, 1, 8, 8)
        assert (file["object_mask"].compression, file["object_mask"].compression_opts) == (
            "gzip",
            4,
        )
    with AttributionFile(path) as file:
        assert file.attributes["class_parts"] == PARTS
        found, expected = file.read(slice(1, 4)).object_mask, masked(1, 4).object_mask
        assert found is not None
        assert expected is not None
        assert found.dtype == torch.uint8
        assert torch.equal(found, expected.to(torch.uint8))


def test_without_masks_there_is_no_column(tmp_path):
    with AttributionWriter.create(tmp_path / "a.h5", {}) as writer:
        writer.append(make_rows(0, 2))
    with AttributionFile(tmp_path / "a.h5") as file:
        assert file.read().object_mask is None


def test_resume_gives_the_same_bytes(tmp_path, monkeypatch):
    write(tmp_path / "whole.h5", (0, 6))
    monkeypatch.setattr(attribution_writer, "PART_BYTES", 1)
    parted = tmp_path / "parted.h5"
    with contextlib.suppress(KeyError), AttributionWriter.create(parted, ATTRIBUTES) as writer:
        writer.append(masked(0, 2))
        raise KeyError
    with AttributionWriter.resume(parted, ATTRIBUTES) as writer:
        writer.append(masked(2, 6))
    assert parted.read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_all_samples_have_one_or_none(tmp_path):
    with AttributionWriter.create(tmp_path / "a.h5", {}) as writer:
        writer.append(masked(0, 2))
        with pytest.raises(ShapeError, match="differ in object_mask"):
            writer.append(make_rows(2, 4))


@pytest.mark.parametrize("values", [np.zeros((2, 1, 8, 8)), np.zeros((3, 1, 8, 8), np.uint8)])
def test_other_masks_are_refused(tmp_path, values):
    path = tmp_path / "a.h5"
    write(path, (0, 2))
    with h5py.File(path, "r+") as file:
        del file["object_mask"]
        file["object_mask"] = values
    with pytest.raises(ArtifactError, match=r"has 'object_mask' .* but 2 rows of uint8 in 4"):
        AttributionFile(path)
