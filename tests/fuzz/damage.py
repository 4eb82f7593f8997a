"""What happens to files: bytes go wrong, values are exchanged, and somebody means harm."""

from __future__ import annotations

import copy
import io
import json
import random
import re
from pathlib import Path
from typing import Any

import torch

TEXTS = (
    *("", "\x00", "\n", "\x1b[2J", "\ud800", "é", "e\u0301", "../../x", "/dev/zero", "nan", "-1"),
    *("1e400", "9" * 400, "9" * 5000, "[" * 3000, "x" * 5000, "os:system('touch PWNED')", "None"),
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 0.5, -0.0, float("nan"), float("inf"), 1e37),
    *([], {}, [[]], [None], {"": None}, [10**7], [1, 3000, 3000], {"a": {"b": []}}),
)


def damage(path: Path, random: random.Random, *, plain: bool) -> str:
    """Damage a file and say how."""
    if plain and random.random() < 0.5:
        return _damage_values(path, random)
    return _damage_bytes(path, random)


def _damage_bytes(path: Path, random: random.Random) -> str:
    content = bytearray(path.read_bytes())
    place = random.randrange(len(content) or 1)
    length = random.choice((1, 1, 2, 8, 64, 512))
    kind = random.choice(("flip", "cut", "drop", "insert", "repeat", "zero", "swap", "append"))
    if kind == "flip":
        content[place] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del content[place:]
    elif kind == "drop":
        del content[place : place + length]
    elif kind == "insert":
        content[place:place] = random.randbytes(length)
    elif kind == "repeat":
        content[place:place] = content[place : place + length]
    elif kind == "zero":
        content[place : place + length] = bytes(min(length, len(content) - place))
    elif kind == "swap":
        other = random.randrange(len(content))
        content[place], content[other] = content[other], content[place]
    else:
        content += random.randbytes(length)
    path.write_bytes(content)
    return f"{kind} {length} bytes at {place}"


def _damage_values(path: Path, random: random.Random) -> str:
    if path.suffix == ".pt":
        return _damage_checkpoint(path, random)
    if path.suffix == ".json":
        tree = json.loads(path.read_text())
        told = _exchange(tree, random)
        path.write_text(json.dumps(tree))
        return told
    return _damage_text(path, random)


def _damage_checkpoint(path: Path, random: random.Random) -> str:
    tree = torch.load(path, weights_only=True)
    told = _exchange(tree, random)
    buffer = io.BytesIO()
    torch.save(tree, buffer)
    path.write_bytes(buffer.getvalue())
    return told


def _exchange(tree: Any, random: random.Random) -> str:
    """Exchange, remove or repeat one value, as often a shallow one as a deep one."""
    place, way = tree, []
    while True:
        key = random.choice(list(place) if isinstance(place, dict) else range(len(place)))
        way.append(str(key))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.3:
            break
        place = inner
    kind = random.choice(("hostile", "hostile", "hostile", "drop", "tensor", "wrap", "more"))
    if kind == "hostile":
        place[key] = copy.deepcopy(random.choice(VALUES))
    elif kind == "drop":
        del place[key]
    elif kind == "tensor" and isinstance(_some_tensor(tree), torch.Tensor):
        place[key] = random.choice(
            (torch.zeros(0), torch.zeros(1).expand(10**9), torch.tensor(float("nan")))
        )
    elif kind == "more" and isinstance(place, dict):
        place["another"] = copy.deepcopy(random.choice(VALUES))
    else:
        place[key] = [inner]
    return f"{kind} at {'.'.join(way)}"


def _some_tensor(tree: Any) -> Any:
    """Whether the tree is one that may hold tensors."""
    if isinstance(tree, torch.Tensor):
        return tree
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return next((one for part in inner if (one := _some_tensor(part)) is not None), None)


def _damage_text(path: Path, random: random.Random) -> str:
    """Exchange one word of one line."""
    text = path.read_text()
    words = list(re.finditer(r"[^,\s=\[\]{}:|\"]+", text))
    word = random.choice(words)
    value = str(random.choice(VALUES))
    whole = text[: word.start()] + value + text[word.end() :]
    path.write_bytes(whole.encode("utf-8", errors="surrogatepass"))
    return f"'{word.group()}' is {value[:60]!r}"
