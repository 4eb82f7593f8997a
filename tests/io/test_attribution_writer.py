"""Writing attribution files: the same bytes however often the run was stopped."""

import contextlib
import functools
import io
import os
import random
import signal
import subprocess
import sys
import time

import h5py
import pytest

from tests.io.attribution_files import (
    ATTRIBUTES,
    REFERENCES,
    assert_same,
    go_on,
    go_on_by_twos,
    make_rows,
    names,
    stop_after,
    write,
)
from tests.io.full_disk import full_after
from xaitool.errors import ArtifactError, ConfigError, DataError, ShapeError
from xaitool.io import attribution_writer
from xaitool.io.attribution_writer import check_begun, check_new
from xaitool.io.attributions import (
    AttributionFile,
    AttributionRows,
    AttributionWriter,
    partial_path,
)


@pytest.mark.parametrize("finished", [True, False])
def test_a_file_of_another_run_is_refused(path, finished):
    check_begun(path, ATTRIBUTES, references=REFERENCES)
    write(path, [(0, 2)], references=REFERENCES)
    if not finished:
        path.unlink()
        create = AttributionWriter.create
        with (
            contextlib.suppress(KeyError),
            create(path, ATTRIBUTES, references=REFERENCES) as writer,
        ):
            writer.append(make_rows(0, 1))
            raise KeyError
        assert partial_path(path).is_dir()
    check_begun(path, ATTRIBUTES | {"command": "again"}, references=REFERENCES)
    with pytest.raises(ArtifactError, match="written with another seed, but --resume needs"):
        check_begun(path, ATTRIBUTES | {"seed": 4}, references=REFERENCES)
    with pytest.raises(ArtifactError, match="written with another references, but"):
        check_begun(path, ATTRIBUTES, references=REFERENCES + 1)


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
from tests.io.attribution_files import ATTRIBUTES, make_rows
from xaitool.io.attributions import AttributionWriter, partial_path
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


def test_an_attribution_file_is_written_through_no_name(path, tmp_path):
    """The bytes do not depend on where they were written."""
    (tmp_path / "sub").mkdir()
    write(path, [(0, 2)])
    write(tmp_path / "sub" / "another-name.h5", [(0, 2)])
    assert path.read_bytes() == (tmp_path / "sub" / "another-name.h5").read_bytes()
    with h5py.File(io.BytesIO(path.read_bytes())) as file:
        assert len(file["index"]) == 2
