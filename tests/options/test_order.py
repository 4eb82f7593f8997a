"""The order of a command's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaitool.options import Options, option
from xaitool.options.order import listed_fields


@dataclass(frozen=True, kw_only=True)
class Shared(Options):
    """What commands share."""

    seed: int = option(0, "Seed.")
    out: str = option("", "Output.")


@dataclass(frozen=True, kw_only=True)
class Own(Shared):
    """A command's own."""

    main: ClassVar[tuple[str, ...]] = ("epochs", "out")

    rate: float = option(0.1, "Rate.")
    epochs: int = option(1, "Epochs.")


def test_main_options_in_their_order_then_own_then_shared() -> None:
    assert [field.name for field in listed_fields(Own)] == ["epochs", "out", "rate", "seed"]
