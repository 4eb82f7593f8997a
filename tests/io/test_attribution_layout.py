"""How attribution files lie in HDF5, and which layouts are refused."""

import os

import h5py
import numpy as np
import pytest
import torch

from tests.io.attribution_files import make_rows, one_line_error, write
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionFile, AttributionRows, AttributionWriter


def test_rows_are_chosen_by_index_or_mask():
    rows = make_rows(0, 4)
    one = rows.select(torch.tensor([3, 1]))
    assert one.filename == ["ordner/bild-ü-3.png", "ordner/bild-ü-1.png"]
    assert (one.index.tolist(), one.extra["steps"].tolist()) == ([3, 1], [6, 2])
    masked = rows.select(torch.tensor([False, True, False, True]))
    assert masked.index.tolist() == [1, 3]
    assert torch.equal(masked.input, rows.input[[1, 3]])
    assert len(rows.select(torch.zeros(4, dtype=torch.bool))) == 0


def test_layout_is_what_other_tools_read(path):
    write(path, [(0, 3)])
    with h5py.File(path) as file:
        assert file.attrs["format"] == "xaitool.attribution"
        assert file.attrs["schema"] == 1
        assert file.attrs["method"] == "agi"
        assert list(file.attrs["method_options"]) == list(
            '{"steps": 10, "classes": [1, 2], "rate": null}'
        )
        for name in ("attribution", "input", "baseline"):
            assert file[name].chunks == (1, 3, 8, 8)
            assert (file[name].compression, file[name].compression_opts) == ("gzip", 4)
            assert file[name].dtype == np.float32
        assert file["label"].dtype == file["index"].dtype == np.int64
        assert file["prediction"].shape == (3, 3)
        assert file["filename"][0] == "ordner/bild-ü-0.png".encode()
        assert h5py.h5o.get_info(file["attribution"].id).mtime == 0


def test_a_sensitive_column_of_another_form_is_refused(path):
    write(path, [(0, 3)])
    with h5py.File(path, "a") as file:
        file["sensitive"] = np.zeros(3, np.int64)
    with pytest.raises(ArtifactError, match="3 rows of int64 in 2 dimensions are wanted"):
        AttributionFile(path)


def change(path, edit):
    write(path, [(0, 3)], overwrite=True)
    with h5py.File(path, "r+") as file:
        edit(file)


def replace(name, **options):
    def edit(file):
        del file[name]
        file.create_dataset(name, **options)

    return edit


def options_of(value):
    return lambda file: file.attrs.__setitem__("method_options", value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda file: file.attrs.__setitem__("schema", 2), "schema 2, but this xaitool reads"),
        (lambda file: file.attrs.__setitem__("format", [1, 2]), "is damaged"),
        (lambda file: file.attrs.__delitem__("json_attributes"), "is damaged"),
        (options_of("[" * 10_000), "lists or tables nested more than 64 deep"),
        (options_of("9" * 5000), "an integer of more than 64 bits"),
        (options_of("[NaN]"), "a number that is not finite"),
        (options_of("{"), "is not valid JSON"),
        (options_of(7), "'method_options' that is no text, but JSON is wanted"),
        (options_of([1, 2]), "'method_options' that is no text, but JSON is wanted"),
        (lambda file: file.__delitem__("input"), "no dataset 'input'"),
        (lambda file: file.__delitem__("filename"), "no dataset 'filename'"),
        (replace("label", data=np.zeros(2, "i8")), "'label' int64"),
        (replace("label", data=np.zeros(3, "f8")), "'label' float64"),
        (replace("input", data=np.zeros((3, 8, 8), "f4")), "'input' float32"),
        (replace("filename", data=np.zeros(3)), "'filename' float64"),
        (replace("label", shape=(3,), dtype=h5py.string_dtype()), "'label' object"),
        (lambda file: file.create_group("group"), "keeps 'group' elsewhere"),
    ],
)
def test_wrong_layout_is_named(path, edit, message):
    change(path, edit)
    assert message in str(one_line_error(path))


@pytest.mark.parametrize("name", ["input", "extra/steps", "extra"])
def test_data_in_other_files_are_not_followed(path, tmp_path, name):
    def external_link(file):
        del file[name]
        file[name] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/input")

    change(path, external_link)
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["input"] = np.zeros((3, 3, 8, 8), "f4")
    assert "keeps" in str(one_line_error(path))


def test_raw_files_are_not_followed(path, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(24))
    change(
        path, replace("label", shape=(3,), dtype="i8", external=[(str(tmp_path / "secret"), 0, 24)])
    )
    assert "keeps 'label' elsewhere" in str(one_line_error(path))


def test_a_large_attribute(path):
    large = {"command": "x" * 200_000, "options": {"values": list(range(30_000))}}
    with AttributionWriter.create(path, large) as writer:
        writer.append(make_rows(0, 1))
    with AttributionFile(path) as file:
        assert file.attributes == large


def test_a_file_name_that_is_no_utf8(path):
    name = os.fsdecode(b"a\xff.png")
    rows = AttributionRows(**{**vars(make_rows(0, 1)), "filename": [name]})
    with AttributionWriter.create(path, {}) as writer:
        writer.append(rows)
    with AttributionFile(path) as file:
        assert file.read().filename == [name]
