import io
import os
import sys

import pytest

from xaitool.errors import ConfigError
from xaitool.io.standard_input import listed_names, parted_names

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"", []),
        (b"\n \n", []),
        (
            b"a b.png\n\n  \nc.png\r\n\xff.png\nlast.png",
            ["a b.png", "c.png", "\udcff.png", "last.png"],
        ),
        (BOM + b"a.png\nb.png\n", ["a.png", "b.png"]),
        (b"a.png\0b\nc.png\0\xff\r\0", ["a.png", "b\nc.png", "\udcff\r"]),
        (BOM + b"a.png\0b.png", ["a.png", "b.png"]),
        (b"a.png\0", ["a.png"]),
    ],
)
def test_names_by_line_or_by_nul(content, names):
    assert list(parted_names(io.BytesIO(content))) == names


def test_both_at_once_are_refused():
    with pytest.raises(ConfigError, match="standard input has a NUL in 'b"):
        list(parted_names([b"a.png\n", b"b\0c\n"]))


class Folder:
    """Standard input as Python opens it where it is a folder."""

    def __init__(self, descriptor):
        self.buffer = iter(lambda: os.read(descriptor, 10), b"")


def test_closed_or_no_file(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ConfigError, match="standard input is closed"):
        list(listed_names())
    folder = os.open("/", os.O_RDONLY)
    try:
        monkeypatch.setattr(sys, "stdin", Folder(folder))
        with pytest.raises(ConfigError, match="standard input cannot be read: Is a directory"):
            list(listed_names())
    finally:
        os.close(folder)
