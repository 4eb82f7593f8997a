"""An option that nothing reads is refused where it was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from xaitool.errors import ConfigError
from xaitool.options import Options, option, with_presets
from xaitool.options.unread import refuse_unread


@with_presets({"plain": {}, "quick": {"steps": 2, "rates": (0.5, 1.0)}})
@dataclass(frozen=True, kw_only=True)
class Walk(Options):
    preset: str | None = option(None, "Preset.", choices=("plain", "quick"), role="run")
    steps: int = option(5, "Steps.")
    rates: tuple[float, ...] = option((), "Rates.")
    exact: bool = option(False, "Exact.")
    device: str = option("auto", "Device.", role="run")
    out: Path | None = option(None, "Out.", role="place")


UNREAD = dict.fromkeys(("steps", "rates", "exact", "device", "out"), "--method climb, swim")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 7}, "--steps is 7, but nothing in this run reads it"),
        ({"rates": "0.5,1/4"}, "--rates is 0.5,0.25, but nothing in this run reads it"),
        ({"exact": True}, "--exact is on, but nothing in this run reads it"),
        ({"preset": "quick", "steps": 3}, "--steps is 3, but nothing in this run reads it"),
        ({"preset": "plain", "steps": 2}, "--steps is 2, but nothing in this run reads it"),
    ],
)
def test_what_was_given_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        refuse_unread(Walk.from_mapping(values, source="test"), UNREAD)
    assert (str(error.value), error.value.hint) == (message, "--method climb, swim would read it")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"steps": 5, "rates": (), "exact": False},
        {"preset": "quick"},
        {"preset": "quick", "steps": 5},
        {"device": "cuda:1", "out": "folder"},
    ],
    ids=["nothing", "defaults", "preset", "default over preset", "where and how"],
)
def test_what_was_not_given_is_not(values: dict[str, object]) -> None:
    refuse_unread(Walk.from_mapping(values, source="test"), UNREAD)


def test_a_recorded_run_means_the_same() -> None:
    quick = Walk(preset="quick")
    refuse_unread(Walk.from_mapping(quick.to_dict(), source="test"), UNREAD)


def test_what_is_read_is_not_refused() -> None:
    refuse_unread(Walk(steps=7), {"rates": "--method climb"})
