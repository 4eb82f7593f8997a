"""The judge of FID and KID: good, kept, checked when read again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.workflows.tiny_runs import Recorder, make_quick
from xaitool.data.cache import cache_directory
from xaitool.errors import ShapeError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.features import lenet as feature_network_file
from xaitool.workflows.features.lenet import FeatureNetwork, feature_network


def load(reporter: Recorder, name: str = "digits", **options: Any) -> FeatureNetwork | None:
    facts: dict[str, Any] = {"image_size": None, "data_dir": None, "workers": 1}
    return feature_network(name, **(facts | options), device=torch.device("cpu"), reporter=reporter)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own and a training of a moment; where the networks are kept."""
    make_quick(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_directory() / "features"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a quick network of the digits."""
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        load(Recorder())
        (path,) = (cache_directory() / "features").iterdir()
    return path


@pytest.fixture
def kept(quick: Path, trained: Path) -> Path:
    """That file where it is looked for."""
    quick.mkdir(parents=True)
    return Path(shutil.copy(trained, quick))


def test_it_knows_the_digits() -> None:
    found = load(Recorder())
    assert found is not None
    assert found.accuracy >= 0.97
    assert found.dataset == "digits"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.xdist_group("real data")
def test_it_knows_mnist(real_data: Path) -> None:
    found = load(Recorder(), "mnist", data_dir=real_data)
    assert found is not None
    assert found.accuracy >= 0.99


def test_it_is_trained_once(quick: Path) -> None:
    reporters = Recorder(), Recorder()
    first, second = map(load, reporters)
    assert first is not None
    assert second is not None
    assert [name for name, *_ in reporters[0].tasks] == ["features"]
    assert "training the feature network of digits (once, then cached)" in reporters[0].messages
    assert not reporters[1].tasks
    assert not reporters[1].messages
    assert (first.sha256, first.accuracy) == (second.sha256, second.accuracy)
    images = torch.rand(5, 1, 28, 28)
    assert torch.equal(first.features(images), second.features(images))
    assert len(list(quick.iterdir())) == 1


def test_what_it_is_at_rest(kept: Path) -> None:
    found = load(Recorder())
    assert found is not None
    assert not found.model.training
    assert not any(parameter.requires_grad for parameter in found.model.parameters())
    features = found.features(torch.rand(3, 1, 28, 28, dtype=torch.float64))
    assert (features.shape, features.dtype) == ((3, 84), torch.float32)


def test_the_hash_is_of_the_weights(kept: Path) -> None:
    found = load(Recorder())
    assert found is not None
    digest = hashlib.sha256()
    for name, value in found.model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.numpy().tobytes())
    assert found.sha256 == digest.hexdigest()


def test_other_images_other_network(kept: Path) -> None:
    one, other = load(Recorder()), load(Recorder(), image_size=32)
    assert one is not None
    assert other is not None
    assert one.sha256 != other.sha256
    assert len(list(kept.parent.iterdir())) == 2


def spoil_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def spoil_a_weight(path: Path) -> None:
    content = load_checkpoint(path, kind="features")
    next(iter(content["model"].values())).view(-1)[0] += 1
    save_checkpoint(
        path, "features", {name: content[name] for name in content if name not in HEADER}
    )


def spoil_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def another_kind(path: Path) -> None:
    save_checkpoint(path, "classifier", {})


def nothing_inside(path: Path) -> None:
    save_checkpoint(path, "features", {})


def with_another(**changes: Any) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        content = load_checkpoint(path, kind="features") | changes
        save_checkpoint(
            path, "features", {name: content[name] for name in content if name not in HEADER}
        )

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_the_end,
        spoil_a_weight,
        spoil_a_byte,
        another_kind,
        nothing_inside,
        with_another(accuracy="high"),
        with_another(shape=torch.ones(3)),
        with_another(shape=[1, 3000, 3000]),
        with_another(classes=10**9),
        with_another(mean=[]),
        with_another(model=[1]),
    ],
)
def test_a_damaged_file_is_trained_anew(spoil: Any, kept: Path, trained: Path) -> None:
    spoil(kept)
    reporter = Recorder()
    load(reporter)
    assert reporter.tasks
    assert kept.read_bytes() == trained.read_bytes()


def test_a_cache_that_cannot_be_written_is_a_warning(quick: Path) -> None:
    quick.parent.parent.touch()
    reporter = Recorder()
    assert load(reporter) is not None
    (warning,) = reporter.warnings
    assert warning == f"the feature network is not kept: {quick}: Not a directory"


def test_a_network_that_knows_too_little_is_warned_of(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = Recorder()
    found = load(reporter)
    assert found is not None
    assert not reporter.warnings
    assert found.classes == tuple("0123456789")
    monkeypatch.setitem(feature_network_file.LEAST_ACCURACY, "digits", 1.0)
    load(reporter)
    (warning,) = reporter.warnings
    assert f"{found.accuracy:.2%} of the test images, but at least 100.0%" in warning


def test_images_of_another_shape_are_refused(kept: Path) -> None:
    found = load(Recorder())
    assert found is not None
    with pytest.raises(ShapeError, match=r"\(3, 28, 28\), but the feature network of digits"):
        found.features(torch.rand(2, 3, 28, 28))


def test_one_class_has_none(quick: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "only"
    folder.mkdir(parents=True)
    Image.new("L", (28, 28)).save(folder / "a.png")
    assert load(Recorder(), f"folder:{folder.parent}") is None
    assert not quick.exists()
