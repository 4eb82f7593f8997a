import contextlib
import functools
import io
import itertools
import os
import random
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
import torch

from tests.io.full_disk import full_after
from xaitool.errors import ArtifactError, ConfigError, DataError, ShapeError
from xaitool.io import attribution_writer
from xaitool.io.attribution_writer import check_new
from xaitool.io.attributions import (
    AttributionFile,
    AttributionRows,
    AttributionWriter,
    partial_path,
)

ATTRIBUTES = {
    "method": "agi",
    "method_options": {"steps": 10, "classes": [1, 2], "rate": None},
    "seed": 3,
    "epsilon": 0.1,
    "signed": True,
    "normalisation_mean": [0.485, 0.456, 0.406],
    "versions": {"torch": "2"},
    "baseline": None,
    "command": "xaitool explain a.png é lat\udce9.png",
}
REFERENCES = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(9))


def make_rows(start, stop, *, baseline=True, extra=True):
    """Samples that depend on their index alone."""
    images = torch.stack(
        [
            torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(index))
            for index in range(start, stop)
        ]
    )
    index = torch.arange(start, stop)
    gap = torch.full((stop - start,), float("nan"))
    return AttributionRows(
        attribution=images - 0.5,
        label=index % 10 - 1,
        prediction=images[:, :, 0, 0].double(),
        index=index,
        input=images,
        target=index % 10,
        against=torch.full_like(index, -1),
        score_input=images.mean((1, 2, 3)),
        score_baseline=images.double().sum((1, 2, 3)),
        completeness_gap=gap,
        filename=[f"ordner/bild-ü-{number}.png" for number in range(start, stop)],
        baseline=images * 0 if baseline else None,
        extra={"steps": index * 2, "paths": images[:, None] + 1} if extra else {},
    )


def write(path, batches, **options):
    with AttributionWriter.create(path, ATTRIBUTES, **options) as writer:
        for start, stop in batches:
            writer.append(make_rows(start, stop))


def assert_same(found, expected):
    columns = expected.columns()
    assert list(found.columns()) == list(columns)
    for name, column in found.columns().items():
        if name == "filename":
            assert column == columns[name]
        else:
            assert column.dtype == columns[name].dtype
            np.testing.assert_array_equal(column, columns[name])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cat.h5"


def names(path):
    return sorted(file.name for file in path.parent.iterdir())


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


def test_a_sensitive_column_of_another_form_is_refused(path):
    write(path, [(0, 3)])
    with h5py.File(path, "a") as file:
        file["sensitive"] = np.zeros(3, np.int64)
    with pytest.raises(ArtifactError, match="3 rows of int64 in 2 dimensions are wanted"):
        AttributionFile(path)


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


def test_same_bytes_however_the_samples_came(path, tmp_path, monkeypatch):
    write(path, [(0, 12)], references=REFERENCES)
    for number, batches in enumerate(
        [[(0, 12)], [(i, i + 1) for i in range(12)], [(0, 5), (5, 12)]]
    ):
        monkeypatch.setattr(attribution_writer, "PART_BYTES", 1 if number else 10**9)
        other = tmp_path / f"{number}.h5"
        write(other, batches, references=REFERENCES)
        assert other.read_bytes() == path.read_bytes()


def test_what_the_caller_changes_later_is_not_written(path):
    rows = make_rows(0, 2)
    with AttributionWriter.create(path, {}) as writer:
        writer.append(rows)
        rows.attribution.zero_()
    with AttributionFile(path) as file:
        assert_same(file.read(), make_rows(0, 2))


def test_bfloat16_gradients_and_float64_are_cast(path):
    rows = make_rows(0, 2)
    values = rows.attribution.bfloat16().requires_grad_()
    with AttributionWriter.create(path, {}) as writer:
        writer.append(AttributionRows(**{**vars(rows), "attribution": values}))
    with AttributionFile(path) as file:
        torch.testing.assert_close(file.read().attribution, values.detach().float())


def test_memory_is_bounded(path, monkeypatch):
    monkeypatch.setattr(attribution_writer, "PART_BYTES", 20_000)
    with AttributionWriter.create(path, {}) as writer:
        for start in range(0, 60, 2):
            writer.append(make_rows(start, start + 2))
            assert writer._gathered_bytes() < 20_000
        assert len(list(partial_path(path).glob("part-*.h5"))) > 3


def test_slow_samples_are_put_on_the_disk_by_the_clock(path, monkeypatch):
    monkeypatch.setattr(attribution_writer, "PART_SECONDS", -1.0)
    with AttributionWriter.create(path, {}) as writer:
        writer.append(make_rows(0, 1))
        assert (partial_path(path) / "part-000000000000.h5").exists()


def test_different_samples_are_refused(path):
    rows = make_rows(2, 4)
    broken = AttributionRows(**{**vars(rows), "label": rows.label[:1]})
    with AttributionWriter.create(path, {}) as writer:
        writer.append(make_rows(0, 2))
        with pytest.raises(ShapeError, match="differ in baseline"):
            writer.append(make_rows(2, 3, baseline=False))
        with pytest.raises(ShapeError, match="differ in number"):
            writer.append(broken)
    assert len(AttributionFile(path)) == 2


def test_no_sample_at_all_is_an_error_and_no_file(path):
    with pytest.raises(DataError, match="no sample"), AttributionWriter.create(path, {}):
        pass
    assert not path.exists()


# Stopping and going on.


def stop_after(path, *stops, **options):
    """Write up to each of `stops`, then stop by Ctrl-C."""

    def run():
        with AttributionWriter.create(path, ATTRIBUTES, **options) as writer:
            for start, stop in itertools.pairwise((0, *stops)):
                writer.append(make_rows(start, stop))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()


def go_on(path, attributes=ATTRIBUTES, stop=12, **options):
    with AttributionWriter.resume(path, attributes, **options) as writer:
        done = len(writer.indices)
        if done < stop:
            writer.append(make_rows(done, stop))
        return done


def go_on_by_twos(path):
    with AttributionWriter.resume(path, ATTRIBUTES) as writer:
        for start in range(len(writer.indices), 12, 2):
            writer.append(make_rows(start, start + 2))
        raise KeyboardInterrupt


def test_an_exception_leaves_all_samples_for_resume(path, tmp_path):
    write(tmp_path / "whole.h5", [(0, 12)], references=REFERENCES)
    stop_after(path, 7, references=REFERENCES)
    assert not path.exists()
    assert go_on(path, references=REFERENCES) == 7
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert names(path) == ["cat.h5", "whole.h5"]


def test_resume_keeps_the_first_command(path):
    stop_after(path, 3)
    go_on(path, ATTRIBUTES | {"command": "xaitool explain a.png --resume"})
    with AttributionFile(path) as file:
        assert file.attributes == ATTRIBUTES


def test_resume_of_another_run_lists_what_differs(path):
    stop_after(path, 3, references=REFERENCES)
    other = ATTRIBUTES | {"seed": 4, "new": 1}
    with pytest.raises(ArtifactError, match="another seed, new, references, but"):
        AttributionWriter.resume(path, other)
    assert go_on(path, references=REFERENCES) == 3


def test_resume_with_nothing_begun_begins(path):
    assert go_on(path) == 0
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists, but a new file was asked for"):
        AttributionWriter.resume(path, ATTRIBUTES)
    assert path.read_bytes() == before


def test_resume_when_killed_before_the_first_byte(path):
    partial_path(path).mkdir()
    assert go_on(path) == 0
    assert len(AttributionFile(path)) == 12


def test_resume_when_killed_after_the_join(path):
    stop_after(path, 3)
    copy = {file.name: file.read_bytes() for file in partial_path(path).iterdir()}
    go_on(path, stop=3 + 2)
    whole = path.read_bytes()
    partial_path(path).mkdir()
    for name, content in copy.items():
        (partial_path(path) / name).write_bytes(content)
    assert go_on(path, stop=3 + 2) == 3
    assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", ["truncate", "empty", "remove", "other index"])
def test_a_damaged_part_costs_only_itself_and_later_ones(path, monkeypatch, damage):
    monkeypatch.setattr(attribution_writer, "PART_BYTES", 1)
    stop_after(path, 2, 4, 6, 8)
    part = partial_path(path) / "part-000000000004.h5"
    if damage == "remove":
        part.unlink()
    elif damage == "other index":
        with h5py.File(part, "r+") as file:
            del file["index"]
            file["index"] = 3
    else:
        part.write_bytes(part.read_bytes()[: 900 if damage == "truncate" else 0])
    assert go_on(path) == 4
    with AttributionFile(path) as file:
        assert_same(file.read(), make_rows(0, 12))


def test_a_damaged_header_is_one_line(path):
    stop_after(path, 3)
    (partial_path(path) / "header.h5").write_bytes(b"junk")
    with pytest.raises(ArtifactError, match=r"header\.h5 is damaged"):
        AttributionWriter.resume(path, ATTRIBUTES)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("put", ["link", "file", "notes", "folder"])
def test_what_is_not_ours_in_place_of_the_folder_is_refused(path, tmp_path, put, resume):
    victim, folder = tmp_path / "victim", partial_path(path)
    victim.mkdir()
    if put == "link":
        folder.symlink_to(victim)
    elif put == "file":
        folder.touch()
    else:
        folder.mkdir()
        (folder / "thesis.tex").mkdir() if put == "folder" else (folder / "thesis.tex").touch()
    (victim / "part-000000000000.h5").touch()
    with pytest.raises(ConfigError, match=r"cat\.h5\.partial (is a|holds thesis)"):
        check_new(path, overwrite=not resume, resume=resume)
    begin = (
        AttributionWriter.resume
        if resume
        else functools.partial(AttributionWriter.create, overwrite=True)
    )
    with pytest.raises(ConfigError, match=r"cat\.h5\.partial (is a|holds thesis)"):
        begin(path, ATTRIBUTES)
    assert names(victim / "any") == ["part-000000000000.h5"]


def test_a_link_is_replaced_and_what_it_leads_to_stays(path, tmp_path):
    (tmp_path / "victim.h5").write_text("x")
    path.symlink_to(tmp_path / "victim.h5")
    write(path, [(0, 2)], overwrite=True)
    assert (tmp_path / "victim.h5").read_text() == "x"
    assert len(AttributionFile(path)) == 2


def test_a_name_without_room_for_that_of_its_parts_is_refused_before_work(tmp_path):
    for length in (239, 255, 300):
        with pytest.raises(ConfigError, match="is too long"):
            AttributionWriter.create(tmp_path / f"{'a' * (length - 3)}.h5", {})
    write(tmp_path / f"{'a' * 220}.h5", [(0, 1)])


def test_existing_files_are_not_overwritten_unasked(path):
    write(path, [(0, 2)])
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists") as caught:
        AttributionWriter.create(path, {})
    assert "--overwrite" in str(caught.value.hint)
    stop_after(path, 1, overwrite=True)
    assert path.read_bytes() == before
    with pytest.raises(ConfigError, match="unfinished") as caught:
        AttributionWriter.create(path, {})
    assert "--resume" in str(caught.value.hint)
    write(path, [(0, 3)], overwrite=True)
    assert len(AttributionFile(path)) == 3
    assert names(path) == ["cat.h5"]


def test_a_second_writer_is_refused(path):
    with AttributionWriter.create(path, {}) as writer:
        writer.append(make_rows(0, 1))
        with pytest.raises(ConfigError, match="being written by"):
            AttributionWriter.resume(path, {})
        with pytest.raises(ConfigError, match="being written by"):
            AttributionWriter.create(path, {}, overwrite=True)
    assert len(AttributionFile(path)) == 1


def test_full_disk_while_writing_a_part_and_while_joining(path, tmp_path, monkeypatch):
    write(tmp_path / "whole.h5", [(0, 12)])
    monkeypatch.setattr(attribution_writer, "PART_BYTES", 1)
    stop_after(path, 2)
    with full_after(10_000), pytest.raises(OSError, match="too large"):
        go_on(path, stop=8)
    with pytest.raises(KeyboardInterrupt):
        go_on_by_twos(path)
    with full_after(30_000), pytest.raises(OSError, match=r"cat\.h5"):
        go_on(path)
    assert names(path) == ["cat.h5.partial", "whole.h5"]
    with AttributionWriter.resume(path, ATTRIBUTES) as writer:
        assert writer.indices == list(range(12))
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()


KILLED = """
import sys
from pathlib import Path
from xaitool.io import attribution_writer
from xaitool.io.attribution_writer import check_new
from tests.io.test_attributions import ATTRIBUTES, AttributionWriter, make_rows, partial_path
attribution_writer.PART_BYTES = 1
path = Path(sys.argv[1])
new = not partial_path(path).exists()
open_ = AttributionWriter.create if new else AttributionWriter.resume
with open_(path, ATTRIBUTES) as writer:
    print("ready", flush=True)
    for start in range(len(writer.indices), 400, 4):
        writer.append(make_rows(start, start + 4))
"""


def test_kill_at_any_moment_and_resume(path):
    """Killed again and again, until one run reaches the end; no sample twice, none missing."""
    draw = random.Random(0)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(draw.uniform(0.0, 0.25))
            os.kill(process.pid, signal.SIGKILL)
        if path.exists():
            break
        with pytest.raises(ArtifactError, match="is unfinished"):
            AttributionFile(path)
    if not path.exists():
        go_on(path, stop=400)
    with AttributionFile(path) as file:
        assert_same(file.read(), make_rows(0, 400))


# Reading what is not right.


def one_line_error(path):
    with pytest.raises(ArtifactError) as caught:
        AttributionFile(path).read()
    assert "\n" not in str(caught.value)
    return caught.value


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


def test_a_reader_needs_no_write_access_and_no_lock(path):
    write(path, [(0, 3)])
    path.chmod(0o444)
    with AttributionFile(path) as first, AttributionFile(path) as second:
        assert len(first) == len(second) == 3


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


def test_an_attribution_file_is_written_through_no_name(path, tmp_path):
    """The bytes do not depend on where they were written."""
    (tmp_path / "sub").mkdir()
    write(path, [(0, 2)])
    write(tmp_path / "sub" / "another-name.h5", [(0, 2)])
    assert path.read_bytes() == (tmp_path / "sub" / "another-name.h5").read_bytes()
    with h5py.File(io.BytesIO(path.read_bytes())) as file:
        assert len(file["index"]) == 2


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
