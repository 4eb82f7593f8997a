import ast
import collections
import copy
import enum
import os
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import xaitool
from tests.io.full_disk import full_after
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import checkpoint_path, load_checkpoint, save_checkpoint


def content():
    """What a training run saves: module, optimiser and random states."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).to(
        memory_format=torch.channels_last
    )
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.5, 0.9))
    model(torch.rand(2, 1, 8, 8)).square().sum().backward()
    optimizer.step()
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": {"torch": torch.get_rng_state(), "python": random.Random(0).getstate()},
        "config": {"seed": 0, "rate": 1e-3, "names": ["a", "b"], "none": None, "flag": True},
    }


def assert_same(first, second):
    if isinstance(first, torch.Tensor):
        assert first.dtype == second.dtype
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert list(first) == list(second)
        for key in first:
            assert_same(first[key], second[key])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    else:
        assert (type(first), first) == (type(second), second)


def test_round_trip(tmp_path):
    saved = content()
    save_checkpoint(tmp_path / "last.pt", "classifier", saved)
    loaded = load_checkpoint(tmp_path / "last.pt", kind="classifier")
    header = {key: loaded.pop(key) for key in ("format", "schema", "kind", "xaitool_version")}
    assert list(header.values())[:3] == ["xaitool.checkpoint", 1, "classifier"]
    assert_same(saved, loaded)


def test_a_module_and_its_optimiser_continue_from_it(tmp_path):
    saved = content()
    save_checkpoint(tmp_path / "last.pt", "classifier", saved)
    loaded = load_checkpoint(tmp_path / "last.pt", kind=None)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    optimizer = torch.optim.Adam(model.parameters())
    model.load_state_dict(loaded["model"])
    optimizer.load_state_dict(loaded["optimizer"])
    assert_same(optimizer.state_dict(), saved["optimizer"])
    random.Random().setstate(loaded["random"]["python"])
    torch.Generator().set_state(loaded["random"]["torch"])


def test_equal_content_gives_equal_bytes_under_any_name(tmp_path):
    saved = content()
    save_checkpoint(tmp_path / "a.pt", "gan", saved)
    save_checkpoint(tmp_path / "other.pt", "gan", copy.deepcopy(saved))
    again = load_checkpoint(tmp_path / "a.pt", kind="gan")
    for key in ("format", "schema", "kind", "xaitool_version"):
        del again[key]
    save_checkpoint(tmp_path / "again.pt", "gan", again)
    first = (tmp_path / "a.pt").read_bytes()
    assert first == (tmp_path / "other.pt").read_bytes()
    assert first == (tmp_path / "again.pt").read_bytes()


def test_equal_texts_that_are_other_objects_give_equal_bytes(tmp_path):
    same = "a text"
    other = "".join(["a ", "text"])
    save_checkpoint(tmp_path / "a.pt", "gan", {"x": [same, same]})
    save_checkpoint(tmp_path / "b.pt", "gan", {"x": [same, other]})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_a_view_does_not_save_all_that_it_is_a_view_of(tmp_path):
    save_checkpoint(tmp_path / "a.pt", "gan", {"x": torch.zeros(1_000_000)[:3]})
    assert (tmp_path / "a.pt").stat().st_size < 5_000


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(2),
        np.float64(1),
        np.int64(1),
        {1, 2},
        Path("a"),
        Colour.RED,
        torch.float32,
        torch.Size([1]),
        nn.Linear(1, 1),
        b"bytes",
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_a_type_error_that_says_where(tmp_path, value):
    with pytest.raises(TypeError, match=r"content\.deep\.er\[0\] is"):
        save_checkpoint(tmp_path / "a.pt", "gan", {"deep": {"er": [value]}})
    assert not (tmp_path / "a.pt").exists()


def test_header_keys_are_taken(tmp_path):
    with pytest.raises(ValueError, match="kind"):
        save_checkpoint(tmp_path / "a.pt", "gan", {"kind": "x"})


def test_full_disk_keeps_the_old_checkpoint(tmp_path):
    path = tmp_path / "last.pt"
    save_checkpoint(path, "gan", {"x": torch.zeros(3)})
    before = path.read_bytes()
    with full_after(20_000), pytest.raises(OSError, match=r"last\.pt"):
        save_checkpoint(path, "gan", {"x": torch.zeros(100_000)})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def one_line_error(path, kind=None):
    with pytest.raises(ArtifactError) as caught:
        load_checkpoint(path, kind=kind)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_wrong_kind(tmp_path):
    path = tmp_path / "best.pt"
    save_checkpoint(path, "gan", {})
    expected = f"checkpoint {path} is a gan, but a classifier is wanted"
    assert one_line_error(path, "classifier") == expected
    assert one_line_error(tmp_path, "classifier") == expected


def test_other_schema(tmp_path):
    torch.save({"format": "xaitool.checkpoint", "schema": 2, "kind": "gan"}, tmp_path / "a.pt")
    assert "schema 2, but this xaitool reads schema 1" in one_line_error(tmp_path / "a.pt")


@pytest.mark.parametrize("value", [{"weight": torch.zeros(1)}, [1], None, torch.zeros(3)])
def test_other_peoples_tensors(tmp_path, value):
    torch.save(value, tmp_path / "a.pt")
    assert "no xaitool header" in one_line_error(tmp_path / "a.pt")


def test_absent(tmp_path):
    assert "does not exist" in one_line_error(tmp_path / "a.pt")
    assert "no best.pt or last.pt" in one_line_error(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe or a device, but a file is wanted" in one_line_error(tmp_path / "pipe")


def test_truncated_anywhere(tmp_path):
    save_checkpoint(tmp_path / "whole.pt", "gan", {"x": torch.arange(2000)})
    whole = (tmp_path / "whole.pt").read_bytes()
    for size in [*range(0, len(whole), 997), len(whole) - 1]:
        (tmp_path / "cut.pt").write_bytes(whole[:size])
        assert "is damaged" in one_line_error(tmp_path / "cut.pt")


@pytest.mark.parametrize("junk", [b"", b"\x80\x02}q\x00.", b"hello\n", b"PK\x03\x04" + b"\0" * 50])
def test_no_checkpoint_at_all(tmp_path, junk):
    (tmp_path / "a.pt").write_bytes(junk)
    message = one_line_error(tmp_path / "a.pt")
    assert "is damaged" in message or "no xaitool header" in message


class Payload:
    """Pickles to a call that leaves a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (self.trace,))


@pytest.mark.parametrize("wrap", ["zip", "legacy", "plain pickle"])
def test_a_payload_is_refused_and_not_run(tmp_path, wrap):
    trace, path = tmp_path / "trace", tmp_path / "a.pt"
    value = {"format": "xaitool.checkpoint", "schema": 1, "kind": "gan", "x": Payload(trace)}
    if wrap == "plain pickle":
        path.write_bytes(pickle.dumps(value))
    else:
        torch.save(value, path, _use_new_zipfile_serialization=wrap == "zip")
    assert "more than tensors and plain values" in one_line_error(path)
    assert not trace.exists()


def test_an_ordered_dict_is_a_dict(tmp_path):
    save_checkpoint(tmp_path / "a.pt", "gan", {"x": collections.OrderedDict(a=1)})
    assert type(load_checkpoint(tmp_path / "a.pt", kind="gan")["x"]) is dict


def test_a_run_directory_stands_for_its_best_or_last(tmp_path):
    save_checkpoint(tmp_path / "last.pt", "gan", {})
    assert checkpoint_path(tmp_path) == tmp_path / "last.pt"
    save_checkpoint(tmp_path / "best.pt", "gan", {})
    assert checkpoint_path(tmp_path) == tmp_path / "best.pt"
    assert checkpoint_path(tmp_path / "last.pt") == tmp_path / "last.pt"


UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def unsafe_loads(tree):
    """Lines that could run code from a file, whatever the names were imported as."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names]
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            if UNSAFE_MODULES & {module.partition(".")[0] for module in modules}:
                yield node.lineno
            if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in modules:
                yield node.lineno
        if isinstance(node, ast.Call):
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            called = ast.unparse(node.func)
            if called == "torch.load" and options.get("weights_only") != "True":
                yield node.lineno
            if options.get("allow_pickle", "False") != "False":
                yield node.lineno
            if called in ("torch.hub.load", "torch.package.PackageImporter", "eval", "exec"):
                yield node.lineno


def test_nothing_in_the_package_loads_unsafely():
    """Of pickles, only byte_arrays' are read: it makes stand-ins alone; its own test attacks it."""
    package = Path(xaitool.__file__).parent
    found = {
        f"{path.relative_to(package)}:{line}"
        for path in package.rglob("*.py")
        for line in unsafe_loads(ast.parse(path.read_text(encoding="utf-8")))
        if path != package / "data" / "files" / "byte_arrays.py"
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "import pickle",
        "from joblib import load",
        "np.load(path, allow_pickle=True)",
        "from torch import load",
    ],
)
def test_the_search_finds_what_it_is_for(code):
    assert list(unsafe_loads(ast.parse(code)))


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("run/plots/loss.png", b"\x89PNG", "is a .png file, but a run or a xaitool", "{0}/run"),
        ("run/config.json", b"{}", "is a .json file, but a run or a xaitool checkpoint", "{0}/run"),
        ("why.png", b"\x89PNG", "is a .png file, but", None),
        ("run/best.pt", b"{}", "is damaged", None),
    ],
)
def test_another_file_is_called_what_it_is(tmp_path, name, content, message, hint):
    (tmp_path / "run/plots").mkdir(parents=True)
    save_checkpoint(tmp_path / "run/last.pt", "gan", {})
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        load_checkpoint(tmp_path / name, kind=None)
    assert f"{tmp_path / name} {message}" in str(caught.value)
    assert caught.value.hint == (hint and "the run is " + hint.format(tmp_path))
