"""What ``train-gan`` makes of its guidance options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.tiny_runs import Recorder, gan_config, make_quick, metrics
from xaitool.errors import (
    ConfigError,
    DataError,
    InputError,
    ModelError,
    UnknownNameError,
    UnsupportedOperationError,
)
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.gans.train_gan import train_gan

OWN = """
import torch
from torch import nn

def mask(generated, discriminator, references):
    assert not discriminator.training and references.shape[1:] == (2, 1, 28, 28)
    left = torch.zeros_like(generated)
    left[..., :14] = 1
    return left

def nothing(generated, discriminator, references):
    return torch.zeros_like(generated)

def fails(generated, discriminator, references):
    raise ValueError("two\\nlines")

class Entropy(nn.Module):
    def forward(self, values):
        return torch.special.entr(values.sigmoid())

def entropic():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 4), Entropy(), nn.Linear(4, 1))

def normalised():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))

def generator(width=8):
    return nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 784), nn.Tanh(),
                         nn.Unflatten(1, (1, 28, 28)))

def discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1),
                         nn.Flatten(0))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_guidance.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))


def trained(out: Path, **options: Any) -> dict[str, Any]:
    """The state after an epoch."""
    train_gan(gan_config(out, **{"fid_samples": 0, "epochs": 1, **options}), Recorder())
    state: dict[str, Any] = load_checkpoint(out / "last.pt", kind="gan")["state"]
    return state


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for network in ("generator", "discriminator"):
        torch.testing.assert_close(one[network], other[network], rtol=0, atol=0)


def test_strength_zero_is_the_plain_gan_bit_for_bit(tmp_path: Path) -> None:
    plain = trained(tmp_path / "none", xai="none")
    for mask in ("pure", "boost"):
        assert_same(plain, trained(tmp_path / mask, xai="shap", mask=mask, mask_strength=0.0))
    guided = trained(tmp_path / "shap", xai="shap")
    assert not torch.equal(
        plain["generator"]["layers.0.weight"], guided["generator"]["layers.0.weight"]
    )


def test_before_its_first_epoch_it_is_the_plain_gan(tmp_path: Path) -> None:
    plain = trained(tmp_path / "none", xai="none")
    assert_same(plain, trained(tmp_path / "late", xai="shap", mask_start=2))


def test_a_guidance_that_never_starts_is_told(tmp_path: Path) -> None:
    config = gan_config(
        tmp_path / "run", epochs=1, fid_samples=0, preset="xai-gan", xai="shap", references=4
    )
    train_gan(config, recorder := Recorder())
    assert recorder.warnings == ["--mask-start is 26, but --epochs is 1: no step is guided"]


def test_what_shap_cannot_explain_integrated_gradients_can(own: None, tmp_path: Path) -> None:
    options = {"discriminator": "own_guidance:entropic"}
    with pytest.raises(UnsupportedOperationError) as caught:
        trained(tmp_path / "run", xai="shap", **options)
    assert "--xai integrated-gradients" in str(caught.value.hint)
    trained(tmp_path / "run", xai="integrated-gradients", xai_option=("steps=2",), **options)


def test_presets_are_the_published_variants() -> None:
    first = TrainGanConfig(preset="logicgan")
    assert (first.evidence, first.mask, first.references) == ("absolute", "pure", 100)
    assert (first.explained_output, first.learning_rate, first.batch_size) == (
        "probability", 2e-4, 100,
    )  # fmt: skip
    second = TrainGanConfig(preset="xai-gan", mask_strength=0.5)
    assert (second.evidence, second.mask, second.mask_strength) == ("signed", "boost", 0.5)
    assert (second.mask_samples, second.mask_start, second.epochs) == ("fake", 26, 50)


@pytest.mark.parametrize("preset", ["logicgan", "xai-gan"])
def test_presets_run(preset: str, tmp_path: Path) -> None:
    # Their references are many; the smallest dataset has enough.
    trained(tmp_path / "run", xai="shap", preset=preset, mask_start=1)
    (entry,) = metrics(tmp_path / "run")
    assert 0 < entry["mask_mean"] < 1


def test_a_mask_of_the_user(own: None, tmp_path: Path) -> None:
    trained(
        tmp_path / "run", xai="own_guidance:mask", references=2, evidence="signed",
        mask_normalisation="none",
    )  # fmt: skip
    (entry,) = metrics(tmp_path / "run")
    assert entry["mask_mean"] == pytest.approx(0.5)
    assert entry["unguided"] == 0


def test_a_mask_that_is_all_zero_is_counted_and_left_out(own: None, tmp_path: Path) -> None:
    plain = trained(tmp_path / "none", xai="none")
    assert_same(plain, trained(tmp_path / "run", xai="own_guidance:nothing"))
    (entry,) = metrics(tmp_path / "run")
    assert entry["unguided"] == 1


def test_networks_of_the_user_are_guided_too(own: None, tmp_path: Path) -> None:
    trained(
        tmp_path / "run", xai="shap", generator="own_guidance:generator(width=4)",
        discriminator="own_guidance:discriminator",
    )  # fmt: skip
    (entry,) = metrics(tmp_path / "run")
    assert 0 < entry["mask_mean"] < 1
    checkpoint = load_checkpoint(tmp_path / "run", kind="gan")
    assert checkpoint["generator_source"] == "own_guidance:generator(width=4)"


def test_references_of_the_class_that_is_seen(tmp_path: Path) -> None:
    options: dict[str, Any] = {"xai": "shap", "background": "class", "references": 3}
    first, second = (trained(tmp_path / name, **options) for name in ("a", "b"))
    assert_same(first, second)


def test_a_batch_larger_than_the_data(tmp_path: Path) -> None:
    trained(tmp_path / "run", classes=("7",), xai="shap", batch_size=1000, references=4)
    assert metrics(tmp_path / "run")[0]["step"] == 1


def test_a_share_of_the_images(tmp_path: Path) -> None:
    trained(tmp_path / "run", fraction=0.5, batch_size=36)
    assert metrics(tmp_path / "run")[0]["step"] == 4  # 144 of 288
    with pytest.raises(DataError, match=r"--fraction 0.001 of dataset digits has 0 images"):
        trained(tmp_path / "none", fraction=0.001)


REFUSED: list[tuple[dict[str, Any], type[InputError], str]] = [
    ({"xai": "shapp"}, UnknownNameError, "unknown guidance 'shapp'; did you mean 'shap'"),
    ({"xai": "no_such:thing"}, ModelError, "'no_such:thing' cannot be imported"),
    ({"xai": "shap", "references": 400}, DataError, "has 288 real images, but 400 references"),
    ({"xai": "shap", "reservoir": 5, "references": 6}, DataError, "has 5 real images, but 6"),
    (
        {"xai": "shap", "background": "class", "reservoir": 20, "references": 19},
        DataError,
        "of the reservoir has",
    ),
    ({"xai": "shap", "mask_anneal": True}, ConfigError, "--mask-stop is not given"),
    (
        {"xai": "shap", "mask_start": 3, "mask_stop": 2},
        ConfigError,
        "--mask-stop is 2, but at least the 3 of --mask-start is wanted",
    ),
    (
        {"xai": "shap", "mask_samples": "fake", "objective": "wasserstein-gp"},
        ConfigError,
        "--mask-samples is fake, but the logits of wasserstein-gp",
    ),
    ({"xai": "shap", "xai_option": ("steps=3",)}, ConfigError, "has no option 'steps'"),
    ({"xai": "saliency", "references": 4}, ConfigError, "--references is 4, but nothing"),
    ({"xai": "saliency", "background": "class"}, ConfigError, "--background is class, but nothing"),
    ({"xai": "shap", "background": "class", "references": 0}, ConfigError, "--background is class"),
    (
        {"xai": "random", "xai_option": ("of=saliency",), "references": 4},
        ConfigError,
        "--references is 4, but nothing in this run reads it",
    ),
    ({"xai": "own_guidance:fails"}, ModelError, r"fails on .* \(ValueError: two lines\)"),
    ({"xai": "own_guidance:nothing", "xai_option": ("a=1",)}, ConfigError, "has no option 'a'"),
    (
        {"xai": "shap", "discriminator": "own_guidance:entropic"},
        UnsupportedOperationError,
        "--xai shap: the network uses 'special_entr'",
    ),
    (
        {"discriminator": "own_guidance:normalised", "batch_size": 41},
        ModelError,
        "the discriminator fails on a single image in train mode",
    ),
    ({"objective_option": ("real_label=2",)}, ConfigError, "real-label is 2"),
]


@pytest.mark.parametrize(("options", "error", "message"), REFUSED)
def test_refused_before_anything_is_written(
    options: dict[str, Any], error: type[InputError], message: str, own: None, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        train_gan(gan_config(tmp_path / "run", **options), Recorder())
    assert not (tmp_path / "run").exists()
