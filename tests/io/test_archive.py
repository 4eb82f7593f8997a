"""Archives that lie: refused before torch believes them."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.io.test_checkpoints import assert_same
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint

HEADER = {"format": "xaitool.checkpoint", "schema": 1, "kind": "gan"}


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.pt"
    save_checkpoint(path, "gan", {"x": torch.arange(3), "y": torch.ones(2, 2), "z": "text"})
    return path.read_bytes()


def refused(path: Path) -> str:
    with pytest.raises(ArtifactError) as caught:
        load_checkpoint(path, kind="gan")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def flipped_differ(path: Path, whole: bytes, places: list[tuple[int, int]]) -> int:
    """How many changed bits were refused; the others have to change nothing."""
    path.write_bytes(whole)
    reference, count = load_checkpoint(path, kind="gan"), 0
    for place, bit in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << bit
        path.write_bytes(changed)
        try:
            found = load_checkpoint(path, kind="gan")
        except ArtifactError:
            count += 1
        else:
            assert_same(reference, found)
    return count


def test_a_changed_bit_is_refused_or_harmless(tmp_path: Path, whole: bytes) -> None:
    draws = random.Random(0)
    directory = whole.index(b"PK\x01\x02")
    places = [(draws.randrange(len(whole)), draws.randrange(8)) for _ in range(150)]
    places += [(draws.randrange(directory, len(whole)), draws.randrange(8)) for _ in range(150)]
    assert flipped_differ(tmp_path / "a.pt", whole, places) > 100


@pytest.mark.slow
def test_every_changed_bit_is_refused_or_harmless(tmp_path: Path, whole: bytes) -> None:
    directory = whole.index(b"PK\x01\x02")
    places = [(place, bit) for place in range(directory, len(whole)) for bit in range(8)]
    places += [(place, place % 8) for place in range(directory)]
    assert flipped_differ(tmp_path / "a.pt", whole, places) > 4000


def rewritten(whole: bytes, compression: int) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(target, "w", compression) as copy,
    ):
        for name in source.namelist():
            copy.writestr(name, source.read(name))
    return target.getvalue()


def entry(whole: bytes, name: bytes) -> int:
    """Where the directory speaks of a member."""
    return whole.rindex(name) - 46


def changed(whole: bytes, place: int, form: str, *values: int) -> bytes:
    copy = bytearray(whole)
    struct.pack_into(form, copy, place, *values)
    return bytes(copy)


LIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "compressed": (lambda whole: rewritten(whole, zipfile.ZIP_DEFLATED), "is compressed"),
    "says to be compressed": (
        lambda whole: changed(whole, entry(whole, b"archive/data/1") + 24, "<L", 2**31),
        "is compressed",
    ),
    "larger than the file": (
        lambda whole: changed(whole, entry(whole, b"archive/data/1") + 20, "<LL", 2**31, 2**31),
        "members overlap",
    ),
    "the last one larger than the file": (
        lambda whole: changed(whole, entry(whole, b"archive/.data/s") + 20, "<LL", 2**31, 2**31),
        "larger than the file",
    ),
    "overlapping": (
        lambda whole: changed(
            whole, entry(whole, b"archive/data/1") + 42, "<L", whole.index(b"archive/data/0") - 30
        ),
        "members overlap",
    ),
    "outside": (
        lambda whole: changed(whole, entry(whole, b"archive/data/1") + 42, "<L", 2**31),
        "its directory is damaged",
    ),
    "two directories": (lambda whole: whole + whole[whole.index(b"PK\x01\x02") :], "directory"),
    "something before it": (lambda whole: whole[:30] + whole, "directory"),
    "something after it": (lambda whole: whole + b"x", "does not end the file"),
    "absurd counts": (lambda whole: changed(whole, len(whole) - 22 + 8, "<HH", 9, 9), ""),
    "64-bit lies": (lambda whole: changed(whole, len(whole) - 98 + 40, "<Q", 2**62), "directory"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_directory_that_lies(tmp_path: Path, whole: bytes, lie: str) -> None:
    change, said = LIES[lie]
    path = tmp_path / "a.pt"
    path.write_bytes(change(whole))
    if said:
        assert said in refused(path)
    else:
        load_checkpoint(path, kind="gan")


def test_an_archive_that_was_packed_anew_as_it_is(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(rewritten(whole, zipfile.ZIP_STORED))
    loaded = load_checkpoint(tmp_path / "a.pt", kind="gan")
    assert_same(loaded, load_checkpoint(tmp_path / "whole.pt", kind="gan"))


def test_an_archive_without_checksums(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        save_checkpoint(tmp_path / "a.pt", "gan", {"x": torch.arange(3)})
    finally:
        torch.serialization.set_crc32_options(True)
    assert load_checkpoint(tmp_path / "a.pt", kind="gan")["x"].tolist() == [0, 1, 2]


class Call:
    """Pickles to a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def view(size: int, stride: int) -> Call:
    storage = torch.storage.TypedStorage(
        wrap_storage=torch.zeros(4).untyped_storage(), dtype=torch.float32, _internal=True
    )
    rebuild = torch._utils._rebuild_tensor_v2
    return Call(rebuild, storage, 0, (size,), (stride,), False, OrderedDict())


def many() -> list[Any]:
    value: list[Any] = []
    for _ in range(40):
        value = [value, value]
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def views_of(tensor: Tensor, count: int) -> list[Tensor]:
    return [tensor.view(-1) for _ in range(count)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Call(bytearray, 10**10), "it holds more than"),
        (view(10**9, 1), "is damaged"),
        (view(10**9, 0), "a tensor that is more, or less, than its bytes"),
        (view(2, 1), "a tensor that is more, or less, than its bytes"),
        (torch.zeros(9).to_sparse(), "is damaged"),
        (torch.empty(10**12, device="meta"), "is damaged"),
        (views_of(torch.zeros(5000), 1000), "tensors that share their bytes"),
        (many(), "values within values without an end"),
        (endless(), "values within values without an end"),
        (torch.nn.Parameter(torch.zeros(1)), "a value of type Parameter"),
        (torch.float32, "a value of type dtype"),
        ({1, 2}, "a value of type set"),
        (b"bytes", "a value of type bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_that_no_checkpoint_of_ours_holds(tmp_path: Path, value: Any, said: str) -> None:
    torch.save({**HEADER, "x": value}, tmp_path / "a.pt")
    assert said in refused(tmp_path / "a.pt")


def test_tensors_that_share_a_little(tmp_path: Path) -> None:
    tensor = torch.arange(5000)
    save_checkpoint(tmp_path / "a.pt", "gan", {"x": tensor, "y": [tensor, tensor]})
    loaded = load_checkpoint(tmp_path / "a.pt", kind="gan")
    assert torch.equal(loaded["y"][1], tensor)
