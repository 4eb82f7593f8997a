"""The real images' side of a judgement, kept in the cache."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.judged import CPU, DIGITS, Copies, Counting, numbers, untrained_network
from xaitool.core.seeding import random_stream as keyed
from xaitool.data.load import load_dataset
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.features.lenet import FeatureNetwork, weights_sha256
from xaitool.workflows.features.reference import reference_features
from xaitool.workflows.gans.judge import GanJudge


@pytest.fixture(scope="module")
def network() -> FeatureNetwork:
    return untrained_network()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own; where references are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xaitool" / "judging"


def test_what_is_read_again_is_what_was_gathered(network: FeatureNetwork, cache: Path) -> None:
    first, again = (
        reference_features(network, DIGITS, most=70, neighbours_most=30, seed=2, device=CPU)
        for _ in range(2)
    )
    chosen = torch.randperm(len(DIGITS), generator=keyed(2, "real images"))[:70]
    features = network.features(DIGITS.images(chosen)).double()
    torch.testing.assert_close(first.gathered.features.double(), features)
    apart = torch.pdist(features[:30])
    assert first.distance == pytest.approx(apart.mean().item(), rel=1e-6)
    assert first.distance == again.distance
    for one, other in (
        (first.gathered.features, again.gathered.features),
        (first.gathered.statistics.covariance, again.gathered.statistics.covariance),
        (first.manifold.features, again.manifold.features),
        (first.manifold.nearest, again.manifold.nearest),
    ):
        assert torch.equal(one, other)
    assert first.gathered.pixels.mean_deviation == again.gathered.pixels.mean_deviation


def test_the_real_side_is_read_once_and_kept(network: FeatureNetwork, cache: Path) -> None:
    generator = Copies(DIGITS.images(torch.arange(60)))
    found = []
    for seen in (200, 0):
        counting = Counting(network)
        judge = GanJudge(counting, DIGITS, 200, 0, CPU)
        assert counting.seen == seen
        for _ in range(2):
            found.append(judge.judge(generator, numbers(60), kid_subsets=2))
        assert counting.seen == seen + 120
    assert found[0] == found[2]
    assert len(list(cache.iterdir())) == 1


def test_another_reference_is_another_file(network: FeatureNetwork, cache: Path) -> None:
    def count(changed: FeatureNetwork = network, **options: Any) -> int:
        values: dict[str, Any] = {"most": 50, "seed": 0, "dataset": DIGITS} | options
        GanJudge(changed, values.pop("dataset"), values.pop("most"), device=CPU, **values)
        return len(list(cache.iterdir()))

    assert count() == 1
    assert count(most=51) == 2
    assert count(seed=1) == 3
    assert count(neighbours_most=20) == 4
    assert count(dataset=load_dataset("digits", "train", classes=("1", "2"))) == 5
    assert count(replace(network, sha256="1")) == 6
    assert count() == 6


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_types(path: Path) -> None:
    save_checkpoint(path, "reference-features", {"sha256": "0", "tensors": [1]})


def other_tensors(path: Path) -> None:
    """Whose hash is right."""
    tensors = {"distance": torch.zeros(2), "near": torch.zeros(1)}
    content = {"sha256": weights_sha256(tensors), "tensors": tensors}
    save_checkpoint(path, "reference-features", content)


@pytest.mark.parametrize("spoil", [shorten, change_a_byte, empty, other_types, other_tensors])
def test_a_damaged_file_is_computed_anew(spoil: Any, network: FeatureNetwork, cache: Path) -> None:
    GanJudge(network, DIGITS, 80, 0, CPU)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    spoil(path)
    counting = Counting(network)
    GanJudge(counting, DIGITS, 80, 0, CPU)
    assert counting.seen == 80
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_costs_time_only(
    network: FeatureNetwork, cache: Path
) -> None:
    cache.parent.parent.touch()
    assert GanJudge(network, DIGITS, 80, 0, CPU).real_count == 80
