"""Files of weights, as people's trainings save them: wrapped in a checkpoint, with longer names."""

from __future__ import annotations

import re
import warnings
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from xaitool.core.models.classifiers.torchvision_models import as_float32
from xaitool.errors import ModelError, ModelNote
from xaitool.io.archive import archive_fault, is_archive
from xaitool.io.damage import reason

CONTAINERS = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint keeps the weights: Lightning's, PyTorch's tutorials', torchvision's and timm's
training scripts'."""

AVERAGED = "model_ema"
"""Where some of them keep a moving average of the weights, mostly beside these."""

PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "net.")
"""What they put before a network's names: DataParallel, torch.compile, and modules around it."""

_WANTED = "a state dict saved by torch.save or safetensors is wanted"
_LARGEST_HEADER = 100_000_000  # bytes, as safetensors itself reads
_ONLY_PREFIXES = re.compile(f"({'|'.join(map(re.escape, PREFIXES))})+")
_FOREIGN = re.compile(r"GLOBAL ([\w.]+)")


def read_weights(path: Path) -> dict[str, Tensor]:
    """A state dict from a file; code in the file cannot run. Floating values become float32.

    The file is one of safetensors, whatever its name, or torch's. There it is the only content, or
    lies under one of `CONTAINERS`, beside whatever plain values and tensors a training keeps, as in
    a checkpoint of Lightning. A moving average under `AVERAGED` is taken where it is alone;
    otherwise it is told that it is left out.

    Raises:
        ModelError: The file cannot be read, is damaged, has more than tensors and plain values, or
            no state dict or several.
    """
    weights = _unwrapped(_content(path), path)
    keys = f" ({_few(list(map(str, weights)))})" if isinstance(weights, dict) else ""
    if isinstance(weights, dict) and _repeats(weights):
        raise ModelError(f"weights '{path}' have tensors larger than their bytes, but {_WANTED}")
    return as_float32(
        weights, f"weights '{path}' are no mapping of names to tensors{keys}, but {_WANTED}"
    )


def fitted(weights: dict[str, Tensor], wanted: Collection[str], path: Path) -> dict[str, Tensor]:
    """Weights under the names that a network has, without what a training put before them.

    Where all names of the network follow one prefix that is taken, and told with what else lies in
    the file; of several prefixes the only one that is made of `PREFIXES`.

    Args:
        weights: As `read_weights` gives them.
        wanted: Names of the network's state dict.
        path: The file.

    Returns:
        The weights, which may be of another network; as they are where no prefix comes near.

    Raises:
        ModelError: Several prefixes fit, or one but for some names.
    """
    found = _prefixes(weights, wanted)
    fits = [prefix for prefix, count in found.items() if count == len(wanted)]
    if len(fits) > 1:
        fits = [prefix for prefix in fits if _ONLY_PREFIXES.fullmatch(prefix)] or fits
    if not found or "" in fits:
        return weights
    if len(fits) > 1:
        name = next(iter(wanted))
        names = _few([prefix + name for prefix in fits])
        raise ModelError(
            f"weights '{path}' have {names}, each of them the network's '{name}', but one is wanted"
        )
    if not fits:
        nearest = max(found, key=found.__getitem__)
        _check_nearest(weights, wanted, nearest, path)
        # Of another network: what it has is counted without what a training put before it.
        return _without(weights, nearest) if _ONLY_PREFIXES.fullmatch(nearest) else weights
    prefix = fits[0]
    taken = _without(weights, prefix)
    rest = [name for name in weights if not name.startswith(prefix)]
    beside = f"; {_few(rest)} left out" if rest else ""
    told = f"weights '{path}': those that begin with '{prefix}' are taken{beside}"
    warnings.warn(told, ModelNote, stacklevel=2)
    return taken


def fill(model: nn.Module, path: Path) -> None:
    """Put a file's weights into a user's own network.

    Raises:
        ModelError: As `read_weights` and `fitted`, or they are not those of the network.
    """
    try:
        model.load_state_dict(fitted(read_weights(path), model.state_dict(), path))
    except RuntimeError as error:
        raise ModelError(
            f"weights '{path}' do not fit the model ({reason(error)}), but its own are wanted"
        ) from error


def _content(path: Path) -> Any:
    try:
        fault = archive_fault(path) if path.is_file() and is_archive(path) else None
    except OSError:
        fault = "it cannot be read"
    if fault:
        raise ModelError(f"weights '{path}' are damaged ({fault}), but {_WANTED}")
    if not path.is_file():
        raise ModelError(f"weights '{path}' are no file, but {_WANTED}")
    if _is_safetensors(path):
        return _safetensors(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if foreign := _FOREIGN.search(str(error)):
            raise ModelError(
                f"weights '{path}' hold more than tensors and plain values ({foreign[1]}), which "
                f"would run code and is not loaded, but {_WANTED}",
                hint="if you trust the file, save its weights alone in Python: torch.save("
                "torch.load(FILE, weights_only=False)['state_dict'], 'weights.pt')",
            ) from None
        raise ModelError(
            f"weights '{path}' are damaged or hold more than tensors, but {_WANTED}"
        ) from None


def _is_safetensors(path: Path) -> bool:
    """Whether a file begins as those of safetensors do: a length, and so many bytes of JSON."""
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError:
        return False
    length = int.from_bytes(start[:8], "little")
    return start[8:] == b"{" and 2 <= length <= _LARGEST_HEADER


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:
        raise ModelError(
            f"weights '{path}' are damaged ({reason(error)}), but {_WANTED}"
        ) from error


def _unwrapped(content: Any, path: Path) -> Any:
    """The state dict in a checkpoint; what is none, as it is."""
    if not isinstance(content, dict):
        return content
    names = [name for name in CONTAINERS if _is_state_dict(content.get(name))]
    if len(names) > 1:
        raise ModelError(f"weights '{path}' have {_few(names)}, but one state dict is wanted")
    averaged = _is_state_dict(content.get(AVERAGED))
    if not names:
        return content[AVERAGED] if averaged else content
    if averaged:
        told = f"weights '{path}': '{names[0]}' is taken; '{AVERAGED}' is left out"
        warnings.warn(told, ModelNote, stacklevel=2)
    return content[names[0]]


def _is_state_dict(value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    return all(isinstance(one, Tensor) for one in value.values())


def _repeats(weights: dict[Any, Any]) -> bool:
    """Whether much more memory than the file has bytes would be filled by copies of its tensors."""
    tensors = [one for one in weights.values() if isinstance(one, Tensor) and not one.is_sparse]
    storages = [one.untyped_storage() for one in tensors]
    stored = {one.data_ptr(): one.nbytes() for one in storages}
    return sum(one.nbytes for one in tensors) > 4 * sum(stored.values()) + 2**20


def _prefixes(weights: Mapping[str, Tensor], wanted: Collection[str]) -> Counter[str]:
    """What stands before wanted names, and before how many of them."""
    found: Counter[str] = Counter()
    for name in weights:
        starts = [0, *(place + 1 for place, letter in enumerate(name) if letter == ".")]
        found.update(name[:start] for start in starts if name[start:] in wanted)
    return found


def _without(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    taken = OrderedDict(
        (name.removeprefix(prefix), value)
        for name, value in weights.items()
        if name.startswith(prefix)
    )
    # torch's own versions of layers, by the modules' names, which have no dot behind them.
    versions = getattr(weights, "_metadata", {})
    taken._metadata = {  # type: ignore[attr-defined]
        f"{name}.".removeprefix(prefix).removesuffix("."): value
        for name, value in versions.items()
        if f"{name}.".startswith(prefix)
    }
    return taken


def _check_nearest(
    weights: Mapping[str, Tensor], wanted: Collection[str], prefix: str, path: Path
) -> None:
    """Refuse a prefix before most of the network's names: torch would name all of them.

    Raises:
        ModelError: There is one; the message has three of the names that lack it.
    """
    absent = [name for name in wanted if prefix + name not in weights]
    if prefix and 2 * len(absent) <= len(wanted):
        raise ModelError(
            f"weights '{path}' have '{prefix}' before most of the network's names, but lack "
            f"{_few([prefix + name for name in absent])}"
        )


def _few(names: Sequence[str]) -> str:
    """Three names at most."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more
