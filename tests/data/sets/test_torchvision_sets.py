"""The official formats, written by the test; the network is a server of the test."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import os
import pickle
import struct
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from torchvision import datasets

from xaitool.data.load import load_dataset
from xaitool.data.loader import Split
from xaitool.errors import DataError

CLOSED_PORT = "http://127.0.0.1:9/"
COUNTS = {"train": 7, "t10k": 5}


def idx(array: np.ndarray[Any, Any]) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def mnist_files() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    files: dict[str, np.ndarray[Any, Any]] = {}
    for part, count in COUNTS.items():
        files[f"{part}-images-idx3-ubyte"] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        files[f"{part}-labels-idx1-ubyte"] = rng.integers(0, 10, count, dtype=np.uint8)
    return files


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch):
    for kind in (datasets.MNIST, datasets.FashionMNIST, datasets.KMNIST):
        monkeypatch.setattr(kind, "mirrors", [CLOSED_PORT])
    monkeypatch.setattr(datasets.CIFAR10, "url", CLOSED_PORT + "cifar-10-python.tar.gz")
    monkeypatch.setattr(datasets.CIFAR100, "url", CLOSED_PORT + "cifar-100-python.tar.gz")
    closed = {
        split: [CLOSED_PORT + facts[1], *facts[1:]]
        for split, facts in datasets.SVHN.split_list.items()
    }
    monkeypatch.setattr(datasets.SVHN, "split_list", closed)


FOLDERS = [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")]


@pytest.mark.parametrize(("name", "folder"), FOLDERS)
@pytest.mark.parametrize(("split", "part"), [("train", "train"), ("test", "t10k")])
@pytest.mark.usefixtures("no_network")
def test_idx_files_are_read_as_they_lie(
    name: str,
    folder: str,
    split: Split,
    part: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    raw = tmp_path / folder / "raw"
    raw.mkdir(parents=True)
    for file, array in mnist_files().items():
        (raw / file).write_bytes(idx(array))
    # A test that runs as root cannot make a folder read-only; so nothing may try to write.
    monkeypatch.setattr("os.makedirs", lambda *_, **__: pytest.fail("a folder was made"))
    dataset: Any = load_dataset(name, split, data_dir=tmp_path)
    assert np.array_equal(dataset.pixels[:, 0], mnist_files()[f"{part}-images-idx3-ubyte"])
    assert np.array_equal(dataset.labels, mnist_files()[f"{part}-labels-idx1-ubyte"])
    assert (len(dataset.classes), dataset.shape) == (10, (1, 28, 28))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("mnist", "MNIST/raw"),
        ("fashion-mnist", "FashionMNIST/raw"),
        ("kmnist", "KMNIST/raw"),
        ("cifar10", "cifar-10-batches-py"),
        ("cifar100", "cifar-100-python"),
        ("svhn", ""),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_no_network_names_the_folder_and_what_needs_none(name: str, place: str, tmp_path: Path):
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        load_dataset(name, "test", data_dir=tmp_path)
    assert f"'{tmp_path / place}'" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "--dataset digits needs no download" in str(caught.value.hint)


IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def mnist_folder(root: Path) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, array in mnist_files().items():
        (raw / name).write_bytes(idx(array))
    return raw


def lied(name: str, *shape: int) -> bytes:
    content = idx(mnist_files()[name])
    return content[:4] + struct.pack(f">{len(shape)}I", *shape) + content[4 + 4 * len(shape) :]


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (datasets.MNIST, datasets.CIFAR10, datasets.SVHN):
        monkeypatch.setattr(kind, "download", lambda _: pytest.fail("what is there was downloaded"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (IMAGES, idx(mnist_files()[IMAGES])[:-3], "it has 3,917 of the 3,920 bytes of 5x28x28"),
        (IMAGES, idx(mnist_files()[IMAGES]) + b"1", "it has more of the 3,920 bytes of 5x28x28"),
        (IMAGES, idx(mnist_files()[IMAGES])[:9], "it ends inside its header"),
        (IMAGES, b"", "it begins with nothing, not 00000803"),
        (IMAGES, b"<html>" * 9, "it begins with 3c68746d, not 00000803"),
        (IMAGES, idx(mnist_files()[LABELS]), "it begins with 00000801, not 00000803"),
        (
            IMAGES,
            lied(IMAGES, 2**32 - 1, 2**32 - 1, 2**32 - 1),
            "it states 79,228,162,458,924,105,",
        ),
        (IMAGES, lied(IMAGES, 5, 28, 29), "it has 3,920 of the 4,060 bytes of 5x28x29"),
        (LABELS, idx(np.zeros(4, np.uint8)), "it has 4 labels for 5 images"),
        (LABELS, idx(np.full(5, 10, np.uint8)), "it has the label 10, and 0 to 9 are known"),
        (f"{LABELS}.gz", gzip.compress(idx(np.zeros(5, np.uint8)))[:-9], "end-of-stream"),
        (f"{LABELS}.gz", b"no gzip", "Not a gzipped file"),
        (f"{LABELS}.gz", gzip.compress(idx(np.zeros(5, np.uint8)))[:-5] + b"12345", "CRC check"),
    ],
    ids=itertools.count(),
)
@pytest.mark.usefixtures("no_download")
def test_a_damaged_idx_file_is_named_and_not_downloaded(
    name: str, content: bytes, reason: str, tmp_path: Path
):
    raw = mnist_folder(tmp_path)
    (raw / name.removesuffix(".gz")).unlink()
    (raw / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"'.*{name}' is damaged \(.*({reason})") as caught:
        load_dataset("mnist", "test", data_dir=tmp_path)
    assert "\n" not in str(caught.value)
    assert (raw / name).read_bytes() == content
    assert len(load_dataset("mnist", "train", data_dir=tmp_path)) == COUNTS["train"]


@pytest.mark.usefixtures("no_download")
def test_packed_idx_files_are_read_as_they_lie(tmp_path: Path):
    raw = mnist_folder(tmp_path)
    for path in list(raw.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    dataset: Any = load_dataset("mnist", "test", data_dir=tmp_path)
    assert np.array_equal(dataset.pixels[:, 0], mnist_files()[IMAGES])


@pytest.mark.usefixtures("no_download")
def test_a_pipe_in_the_place_of_a_file(tmp_path: Path):
    raw = mnist_folder(tmp_path)
    (raw / LABELS).unlink()
    os.mkfifo(raw / LABELS)
    os.mkfifo(tmp_path / "test_32x32.mat")
    for name in ("mnist", "svhn"):
        with pytest.raises(DataError, match=r"is damaged \(it is a pipe\), but the dataset's own"):
            load_dataset(name, "test", data_dir=tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which it is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()
        thread.join()


def test_absent_files_are_downloaded_with_a_bar_on_stderr(
    server: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    served, address = server
    resources = []
    for name, array in mnist_files().items():
        content = gzip.compress(idx(array))
        (served / f"{name}.gz").write_bytes(content)
        resources.append((f"{name}.gz", hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [address])
    monkeypatch.setattr(datasets.KMNIST, "resources", resources)
    dataset: Any = load_dataset("kmnist", "test", data_dir=tmp_path / "new" / "data")
    assert len(dataset) == COUNTS["t10k"]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "100%" in printed.err


def python2_pickle(content: dict[str, Any]) -> bytes:
    """As NumPy wrote it in 2009: dtypes with 0 and 1 instead of False and True."""
    new = pickle.dumps(content, protocol=2)
    old = new.replace(b"\x89\x88\x87", b"K\0K\1\x87")
    assert old != new or "data" not in content
    return old


def write_cifar(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    batches, sums = {}, {}
    for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
        data = rng.integers(0, 256, (4, 3072), dtype=np.uint8)
        batches[name] = {"data": data, "labels": rng.integers(0, 10, 4).tolist()}
        (folder / name).write_bytes(python2_pickle(batches[name]))
    names = ["airplane", *"bcdefghij"]
    (folder / "batches.meta").write_bytes(python2_pickle({"label_names": names}))
    for file in folder.iterdir():
        sums[file.name] = hashlib.md5(file.read_bytes()).hexdigest()
    train = [[name, sums[name]] for name in batches if name != "test_batch"]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", train)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    meta = {**datasets.CIFAR10.meta, "md5": sums["batches.meta"]}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return batches


@pytest.mark.usefixtures("no_network")
def test_cifar10_batches_are_read_and_their_sums_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    batches = write_cifar(tmp_path, monkeypatch)
    test: Any = load_dataset("cifar10", "test", data_dir=tmp_path)
    expected = batches["test_batch"]["data"].reshape(-1, 3, 32, 32)
    assert np.array_equal(test.pixels, expected)
    assert test.labels.tolist() == batches["test_batch"]["labels"]
    assert len(load_dataset("cifar10", "train", data_dir=tmp_path)) == 20
    assert (test.classes[0], test.classes[9]) == ("airplane", "truck")

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("a pickle with a wrong sum was loaded",))

    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(DataError, match=r"test_batch' is damaged \(its MD5 sum is not the"):
        load_dataset("cifar10", "test", data_dir=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_cifar100_has_its_fine_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kind, folder = datasets.CIFAR100, tmp_path / "cifar-100-python"
    folder.mkdir()
    data = np.random.default_rng(0).integers(0, 256, (3, 3072), dtype=np.uint8)
    names = [f"name{number}" for number in range(100)]
    for name, labels in (("train", [0, 1, 2]), ("test", [99, 0, 53]), ("meta", [])):
        batch = {"data": data, "fine_labels": labels, "coarse_labels": [0, 0, 0]}
        content = {"fine_label_names": names} if name == "meta" else batch
        (folder / name).write_bytes(python2_pickle(content))
        md5 = hashlib.md5((folder / name).read_bytes()).hexdigest()
        facts = {**kind.meta, "md5": md5} if name == "meta" else [[name, md5]]
        monkeypatch.setattr(kind, "meta" if name == "meta" else f"{name}_list", facts)
    test: Any = load_dataset("cifar100", "test", data_dir=tmp_path)
    assert np.array_equal(test.pixels, data.reshape(-1, 3, 32, 32))
    assert test.labels.tolist() == [99, 0, 53]
    # Of the official order, which is that of the alphabet.
    assert [test.classes[index] for index in (0, 53, 99)] == ["apple", "orange", "worm"]
    assert (len(set(test.classes)), sorted(test.classes)) == (100, list(test.classes))


@pytest.mark.usefixtures("no_download")
def test_a_damaged_archive_is_named_and_not_downloaded(tmp_path: Path):
    for name in ("cifar-10-python.tar.gz", "test_32x32.mat"):
        (tmp_path / name).write_bytes(b"half of it")
        with pytest.raises(DataError, match=f"{name}' is damaged .its MD5 sum is not the official"):
            load_dataset("cifar10" if "cifar" in name else "svhn", "test", data_dir=tmp_path)
        assert (tmp_path / name).read_bytes() == b"half of it"


@pytest.mark.usefixtures("no_network")
def test_svhn_matrix_is_read_and_ten_means_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
    labels = np.array([[1], [10], [9], [10]], dtype=np.uint8)
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"X": pixels, "y": labels})
    (tmp_path / "test_32x32.mat").write_bytes(buffer.getvalue())
    md5 = hashlib.md5(buffer.getvalue()).hexdigest()
    facts = [CLOSED_PORT, "test_32x32.mat", md5]
    monkeypatch.setattr(datasets.SVHN, "split_list", {"test": facts})
    dataset: Any = load_dataset("svhn", "test", data_dir=tmp_path)
    assert dataset.labels.tolist() == [1, 0, 9, 0]
    assert np.array_equal(dataset.pixels[2].permute(1, 2, 0), pixels[..., 2])


@pytest.mark.data
def test_real_mnist(real_data: Path):
    train: Any
    test: Any
    train, test = (load_dataset("mnist", split, data_dir=real_data) for split in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    # The training mean and deviation that everybody's MNIST code has.
    pixels = train.pixels.double() / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=1e-4)
    assert pixels.std().item() == pytest.approx(0.3081, abs=1e-4)
    assert test.filename(12) == "mnist/test/00012"
    sevens = load_dataset("mnist", "train", data_dir=real_data, classes=["7"])
    assert len(sevens) == 6_265
    assert torch.equal(sevens.images([0]), train.images((train.labels == 7).nonzero()[0]))


@pytest.mark.data
def test_real_fashion_mnist(real_data: Path):
    test = load_dataset("fashion-mnist", "test", data_dir=real_data)
    assert test.labels.bincount().tolist() == [1000] * 10
    assert test.classes[int(test.labels[0])] == "Ankle boot"
