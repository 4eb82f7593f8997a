"""Weights as other programs save them."""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from xaitool.errors import ModelError, ModelWarning
from xaitool.io.weight_files import fill, read_weights


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def written(content: Any) -> Path:
    torch.save(content, "a.pth")
    return Path("a.pth")


def renamed(prefix: str, **more: Any) -> tuple[nn.Module, dict[str, Tensor]]:
    source = network()
    return source, {prefix + name: value for name, value in source.state_dict().items()} | more


def assert_filled(path: Path, source: nn.Module) -> None:
    model = network()
    fill(model, path)
    for name, value in model.state_dict().items():
        assert torch.equal(value, source.state_dict()[name])


def test_a_weights_file_that_is_damaged() -> None:
    torch.save({"weight": torch.ones(1000)}, "a.pth")
    assert read_weights(Path("a.pth"))["weight"].sum() == 1000
    content = bytearray(Path("a.pth").read_bytes())
    content[content.index(b"\0\0\x80\x3f" * 9) + 400] ^= 1
    Path("a.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"a\.pth' are damaged \(a checksum is wrong\)"):
        read_weights(Path("a.pth"))
    torch.save({"weight": torch.ones(1000)}, "b.pth", _use_new_zipfile_serialization=False)
    assert read_weights(Path("b.pth"))["weight"].sum() == 1000
    torch.save({"weight": torch.ones(1).expand(10**9)}, "c.pth")
    with pytest.raises(ModelError, match="tensors larger than their bytes"):
        read_weights(Path("c.pth"))


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict", "model_ema"])
def test_a_checkpoint_around_the_weights(key: str) -> None:
    source = network()
    rest = {"epoch": 3, "optimizer": {"state": {}}, "config": {"width": 2}}
    assert_filled(written({key: source.state_dict(), **rest}), source)


@pytest.mark.parametrize(
    "prefix", ["module.", "_orig_mod.", "model.", "backbone.", "net.", "module.model._orig_mod."]
)
def test_a_prefix_that_fits_is_taken_and_said(prefix: str) -> None:
    source, weights = renamed(prefix)
    message = rf"weights 'a\.pth': those that begin with '{prefix}' are taken$"
    with pytest.warns(ModelWarning, match=message):
        assert_filled(written(weights), source)


def test_a_checkpoint_of_lightning() -> None:
    """What `Trainer.save_checkpoint` of Lightning 2 writes."""
    source, weights = renamed("model.", **{"loss.weight": torch.ones(3)})
    lightning = {
        "epoch": 1,
        "global_step": 20,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": weights,
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}},
        "callbacks": {"ModelCheckpoint{}": {"best_model_score": torch.tensor(0.5), "dirpath": "."}},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": []}],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": {"lr": 0.001, "layers": (1, 2)},
    }
    with pytest.warns(ModelWarning, match=r"begin with 'model\.' are taken; 'loss.weight' left"):
        assert_filled(written(lightning), source)


def test_what_torch_itself_puts_around_a_network() -> None:
    source = network()
    with pytest.warns(ModelWarning, match=r"'module\.' are taken; 'n_averaged' left out"):
        assert_filled(written(AveragedModel(source).state_dict()), source)
    # Its versions of layers keep their places: without them old statistics would be refilled.
    state = nn.DataParallel(source).state_dict()
    with pytest.warns(ModelWarning):
        assert_filled(written(state), source)


def test_of_two_prefixes_the_known_one_is_taken_and_two_are_refused() -> None:
    source, weights = renamed("net.")
    other = {f"teacher.{name}": value + 1 for name, value in source.state_dict().items()}
    with pytest.warns(ModelWarning, match=r"begin with 'net\.' are taken; 'teacher.0.weight', "):
        assert_filled(written(weights | other), source)
    both = weights | {f"model.{name}": value for name, value in source.state_dict().items()}
    message = (
        r"weights 'a\.pth' have 'net\.0\.weight', 'model\.0\.weight', each of them the network's "
        r"'0\.weight', but one is wanted$"
    )
    with pytest.raises(ModelError, match=message):
        fill(network(), written(both))
    two = {"model": source.state_dict(), "state_dict": source.state_dict()}
    with pytest.raises(
        ModelError, match="have 'state_dict', 'model', but one state dict is wanted"
    ):
        fill(network(), written(two))


def test_a_prefix_that_fits_half_is_refused_with_three_names() -> None:
    _, weights = renamed("model.")
    lacking = {
        name: value for name, value in weights.items() if not name.endswith(("s", "tracked"))
    }
    message = (
        r"weights 'a\.pth' have 'model\.' before most of the network's names, but lack "
        r"'model\.0\.bias', 'model\.1\.bias', 'model\.1\.num_batches_tracked'$"
    )
    with pytest.raises(ModelError, match=message):
        fill(network(), written(lacking))
    with pytest.raises(ModelError, match="do not fit the model"):
        fill(network(), written({"other.weight": torch.zeros(1)}))


def test_code_in_a_checkpoint_is_not_run_and_what_to_do_is_said() -> None:
    content = {"state_dict": network().state_dict(), "args": argparse.Namespace(lr=1)}
    with pytest.raises(ModelError, match=r"plain values \(argparse\.Namespace\)") as caught:
        read_weights(written(content))
    assert "weights_only=False)['state_dict'], 'weights.pt')" in str(caught.value.hint)
    Path("a.pth").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(ModelError, match="hold more than tensors"):
        read_weights(Path("a.pth"))


class Attack:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("code of a weights file ran",)


def test_what_holds_no_weights_says_what_it_holds() -> None:
    message = r"no mapping of names to tensors \('net', 'epoch', 'a' and 1 more\), but a state"
    with pytest.raises(ModelError, match=message):
        read_weights(written({"net": {}, "epoch": 3, "a": 1, "b": 2}))


@pytest.mark.parametrize("name", ["a.safetensors", "a.pt"])
def test_safetensors_are_known_by_their_content(name: str) -> None:
    source = network()
    save_file(source.state_dict(), name, metadata={"format": "pt"})
    assert_filled(Path(name), source)


def test_half_precision_in_safetensors_becomes_float32_and_prefixes_are_taken() -> None:
    source, names = renamed("module.")
    save_file({name: value.to(torch.bfloat16) for name, value in names.items()}, "a.safetensors")
    assert {value.dtype for value in read_weights(Path("a.safetensors")).values()} == {
        torch.float32
    }
    model = network()
    with pytest.warns(ModelWarning, match=r"'module\.'"):
        fill(model, Path("a.safetensors"))
    rounded = source.state_dict()["0.weight"].bfloat16().float()
    assert torch.equal(model.state_dict()["0.weight"], rounded)


@pytest.mark.parametrize("kept", [9, 40, 200, -1])
def test_truncated_safetensors_are_one_line(kept: int) -> None:
    save_file(network().state_dict(), "a.safetensors")
    Path("a.safetensors").write_bytes(Path("a.safetensors").read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"weights 'a\.safetensors' are damaged"):
        read_weights(Path("a.safetensors"))


def test_a_moving_average_beside_the_weights_is_left_out_and_said() -> None:
    source, averaged = network(), network()
    path = written({"model": source.state_dict(), "model_ema": averaged.state_dict()})
    with pytest.warns(ModelWarning, match="'model' is taken; 'model_ema' is left out"):
        assert_filled(path, source)
