"""Reading attribution files: what comes back, and what is not right in one line."""

import contextlib
import os
import random
import subprocess
import sys

import h5py
import numpy as np
import pytest
import torch

from tests.io.attribution_files import (
    ATTRIBUTES,
    REFERENCES,
    assert_same,
    make_rows,
    names,
    one_line_error,
    stop_after,
    write,
)
from xaitool.errors import ArtifactError
from xaitool.io.attributions import (
    AttributionFile,
    AttributionRows,
    AttributionWriter,
    partial_path,
)


def test_round_trip(path):
    write(path, [(0, 4), (4, 5), (5, 9)], references=REFERENCES)
    assert names(path) == ["cat.h5"]
    with AttributionFile(path) as file:
        assert len(file) == 9
        assert file.attributes == ATTRIBUTES
        torch.testing.assert_close(file.references, REFERENCES, rtol=0, atol=0)
        assert_same(file.read(), make_rows(0, 9))
        assert_same(file.read(slice(3, 6)), make_rows(3, 6))


def test_without_what_is_optional(path):
    with AttributionWriter.create(path, {}) as writer:
        writer.append(make_rows(0, 2, baseline=False, extra=False))
    with AttributionFile(path) as file:
        assert file.references is None
        assert file.attributes == {}
        assert file.read().baseline is None
        assert file.read().extra == {}


def test_sensitive_attributes_are_a_column_of_their_own(path):
    attributes = ATTRIBUTES | {"sensitive": {"colour": ["red", "green"], "Male": ["no", "yes"]}}
    values = torch.tensor([[0, 1], [1, 1], [0, 0]])
    rows = AttributionRows(
        **{**vars(make_rows(0, 3)), "sensitive": values, "path": torch.rand(3, 2, 3, 8, 8)}
    )
    with AttributionWriter.create(path, attributes) as writer:
        writer.append(rows)
    with h5py.File(path) as file:
        assert file["sensitive"].dtype == np.int64
        assert "path" not in file
    with AttributionFile(path) as file:
        assert file.attributes["sensitive"] == attributes["sensitive"]
        found = file.read(slice(1, 3))
        assert found.sensitive is not None
        assert found.sensitive.tolist() == [[1, 1], [0, 0]]
        assert found.path is None
        assert_same(file.read(), rows)


def test_bfloat16_gradients_and_float64_are_cast(path):
    rows = make_rows(0, 2)
    values = rows.attribution.bfloat16().requires_grad_()
    with AttributionWriter.create(path, {}) as writer:
        writer.append(AttributionRows(**{**vars(rows), "attribution": values}))
    with AttributionFile(path) as file:
        torch.testing.assert_close(file.read().attribution, values.detach().float())


# Reading what is not right.


def test_absent_and_unfinished(path):
    assert "does not exist" in str(one_line_error(path))
    stop_after(path, 2)
    for given in (path, partial_path(path)):
        error = one_line_error(given)
        assert "is unfinished" in str(error)
        assert "--resume" in error.hint
    assert "is a directory" in str(one_line_error(path.parent))
    os.mkfifo(path.with_name("pipe.h5"))
    assert "is a pipe or a device" in str(one_line_error(path.with_name("pipe.h5")))


def test_truncated_anywhere(path):
    write(path, [(0, 3)])
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 1009), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert "is damaged" in str(one_line_error(path))


def test_a_flipped_byte_is_a_clear_error_or_no_change_of_form(path):
    write(path, [(0, 3)])
    whole = path.read_bytes()
    draw = random.Random(0)
    for _ in range(150):
        broken = bytearray(whole)
        broken[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(broken)
        with contextlib.suppress(ArtifactError), AttributionFile(path) as file:
            assert len(file.read()) == 3


def test_other_files(path):
    path.write_bytes(b"hello")
    assert "no HDF5 file" in str(one_line_error(path))
    with h5py.File(path, "w") as file:
        file["attribution"] = np.zeros((2, 3, 8, 8), "f4")
    assert "format None" in str(one_line_error(path))


def test_a_reader_needs_no_write_access_and_no_lock(path):
    write(path, [(0, 3)])
    path.chmod(0o444)
    with AttributionFile(path) as first, AttributionFile(path) as second:
        assert len(first) == len(second) == 3


@pytest.mark.parametrize("locking", [None, "TRUE"])
def test_a_file_that_another_program_writes_is_said_to_be_that(tmp_path, monkeypatch, locking):
    path = tmp_path / "a.h5"
    with AttributionWriter.create(path, ATTRIBUTES) as writer:
        writer.append(make_rows(0, 2))
    if locking:
        monkeypatch.setenv("HDF5_USE_FILE_LOCKING", locking)
    program = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print(flush=True); input()"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(ArtifactError, match=r"a\.h5 is open for writing in another program"):
            AttributionFile(path)
        other.communicate("\n")
    with AttributionFile(path) as file:
        assert len(file) == 2
