import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.io.full_disk import full_after
from xaitool.errors import ConfigError
from xaitool.io.atomic import (
    LONG_AGO,
    atomic_write,
    remove_partials,
    write_json,
    write_png,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_whole_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.txt", "grün\n")
    assert (tmp_path / "a.txt").read_bytes() == "grün\n".encode()
    assert names(tmp_path) == ["a.txt"]


def test_the_old_file_is_there_until_the_end(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
        assert names(tmp_path) == [f".a.txt.{os.getpid()}.partial", "a.txt"]
    assert path.read_text() == "new"


def test_a_picture_whatever_its_name_ends_in(tmp_path):
    picture = Image.new("RGB", (3, 2), (1, 2, 3))
    path = tmp_path / "a.jpg"
    write_png(path, picture)
    with Image.open(path) as found:
        assert (found.format, found.size, found.getpixel((2, 1))) == ("PNG", (3, 2), (1, 2, 3))
    assert names(tmp_path) == ["a.jpg"]


def test_a_picture_goes_where_a_link_leads_when_asked(tmp_path):
    link, target = tmp_path / "link.png", tmp_path / "target.png"
    link.symlink_to(target)
    write_png(link, Image.new("L", (1, 1)), follow=True)
    assert link.is_symlink()
    assert target.is_file()
    write_png(link, Image.new("L", (1, 1)))
    assert not link.is_symlink()
    assert target.is_file()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_any_exception_keeps_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def write_half():
        with atomic_write(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_full_disk_keeps_the_old_file_and_names_it(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with full_after(1000), pytest.raises(OSError, match=r"a\.txt"):
        write_text(path, "x" * 5000)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_mode_follows_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_a_link_is_replaced_or_followed_on_demand(tmp_path):
    there = tmp_path / "elsewhere" / "b.txt"
    there.parent.mkdir()
    link = tmp_path / "a.txt"
    link.symlink_to(there)
    with atomic_write(link, follow=True) as file:
        file.write(b"followed")
    assert link.is_symlink()
    assert there.read_text() == "followed"
    write_text(link, "replaced")
    assert not link.is_symlink()
    assert there.read_text() == "followed"
    assert link.read_text() == "replaced"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_never_replaced():
    with pytest.raises(ConfigError, match="no regular file"), atomic_write(Path("/dev/full")):
        pass
    assert not Path("/dev/full").is_file()


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no regular file"), atomic_write(tmp_path):
        pass


def test_missing_folder_is_an_os_error_that_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing/a\.txt"):
        write_text(tmp_path / "missing" / "a.txt", "")


KILLED = """
import os, signal, sys
from pathlib import Path
from xaitool.io.atomic import atomic_write
with atomic_write(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_keeps_the_old_file_and_its_rest_can_be_removed(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    other = tmp_path / ".a.txt.notes.partial"
    other.touch()
    process = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert process.returncode == -9
    assert path.read_text() == "old"
    assert len(names(tmp_path)) == 3
    remove_partials(tmp_path, "b.txt")
    assert len(names(tmp_path)) == 3
    remove_partials(tmp_path, "a.txt")
    assert names(tmp_path) == [other.name, "a.txt"]


def test_only_what_was_left_long_ago_is_removed_where_there_is_no_lock(tmp_path):
    for name in (".a.pt.1.partial", ".b.pt.2.partial", "c.pt"):
        (tmp_path / name).touch()
    for name in (".a.pt.1.partial", "c.pt"):
        os.utime(tmp_path / name, (0, 0))
    remove_partials(tmp_path, older_than=LONG_AGO)
    assert names(tmp_path) == [".b.pt.2.partial", "c.pt"]


def test_a_rest_of_the_same_process_number_is_no_obstacle(tmp_path):
    (tmp_path / f".a.txt.{os.getpid()}.partial").write_text("rest")
    write_text(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


def test_json_keeps_order_and_has_no_nan(tmp_path):
    nan = float("nan")
    write_json(tmp_path / "a.json", {"b": nan, "a": [1.5, float("-inf"), {"c": nan}], "ü": "ü"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"b": None, "a": [1.5, None, {"c": None}], "ü": "ü"}
    assert list(json.loads(text)) == ["b", "a", "ü"]
    assert text.endswith("}\n")


def test_json_escapes_what_is_no_character(tmp_path):
    value = {"dataset": "folder:d\udce9", "name": "é"}
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert r"folder:d\udce9" in text
    assert "é" in text
    assert json.loads(text) == value
