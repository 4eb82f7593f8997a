import json
import os
import re

import pytest

from xaitool.data.class_names import read_class_names
from xaitool.errors import ConfigError


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "cat\nDürer hare\ndog\n"),
        ("a.txt", "\ufeffcat\r\n Dürer hare \r\ndog\r\n\r\n"),
        ("a.names", "cat\nDürer hare\ndog"),
        ("a.json", ["cat", "Dürer hare", "dog"]),
        ("a.JSON", {"1": "Dürer hare", "0": "cat", "2": "dog"}),
        ("a.json", {"0": ["n0", "cat"], "1": ["n1", "Dürer hare"], "2": ["n2", "dog"]}),
        ("a.json", [["n0", "cat"], ["n1", "Dürer hare"], ["n2", "dog"]]),
    ],
)
def test_every_form(tmp_path, name, content):
    assert read_class_names(write(tmp_path / name, content)) == ("cat", "Dürer hare", "dog")


def test_names_that_imagenet_has_twice_get_their_identifier(tmp_path):
    index = {"0": ["n02012849", "crane"], "1": ["n1", "cat"], "2": ["n03126707", "crane"]}
    names = read_class_names(write(tmp_path / "a.json", index))
    assert names == ("crane (n02012849)", "cat", "crane (n03126707)")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "cat\n\ndog", "has no name for class 1, but a text is wanted"),
        ("a.txt", "\ncat", "has no name for class 0"),
        ("a.txt", "cat\ndog\ncat", "calls both class 0 and class 2 'cat', but every class needs"),
        ("a.txt", "cat\nd\x1bog", "has the name 'd\\\\x1bog' for class 1"),
        ("a.txt", " \n\n", "has no names, but one name a line"),
        ("a.json", [], "has no names"),
        ("a.json", {}, "has no names"),
        ("a.json", ["cat", ""], "has no name for class 1"),
        ("a.json", ["cat", 1], "has names that are no text"),
        ("a.json", {"0": "cat", "2": "dog"}, "has 2 entries but none for class 1, but the indices"),
        ("a.json", {"cat": 0, "dog": 1}, "has 2 entries but none for class 0"),
        ("a.json", {"0": ["n0", "cat", "x"]}, "has names that are no text"),
        ("a.json", "cat\ndog", "is not valid JSON: Expecting value"),
        ("a.json", "[" * 100_000, "holds lists or tables nested"),
        ("a.json", "3", "has another form"),
    ],
)
def test_what_is_no_list_of_names(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(ConfigError, match=f"classes file '{re.escape(str(path))}' {message}"):
        read_class_names(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file"):
        read_class_names(tmp_path / "absent.txt")
    with pytest.raises(ConfigError, match="is a folder, but one name a line"):
        read_class_names(tmp_path)
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(ConfigError, match="is a pipe, but one name a line"):
        read_class_names(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no UTF-8 text"):
        read_class_names(tmp_path / "a.txt")


@pytest.mark.data
def test_the_index_of_imagenet(real_data):
    names = read_class_names(real_data / "imagenet/imagenet_class_index.json")
    assert len(set(names)) == 1000
    assert names[1] == "goldfish"
    assert names[517] == "crane (n03126707)"
