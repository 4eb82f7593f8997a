"""``NAME=VALUE`` for all that have such an option, ``METHOD.NAME=VALUE`` for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from xaitool.errors import ConfigError, InputError, UnknownNameError
from xaitool.options import Options, option
from xaitool.options.assignments import assigned


@dataclass(frozen=True, kw_only=True)
class Walk(Options):
    steps: int = option(5, "Steps.", minimum=1)
    max_speed: float = option(1.0, "Speed.")


@dataclass(frozen=True, kw_only=True)
class Climb(Options):
    steps: int = option(7, "Steps.", minimum=1)


KINDS: dict[str, type[Options]] = {"walk": Walk, "climb": Climb}


def found(*assignments: str) -> dict[str, dict[str, Any]]:
    options = assigned(assignments, KINDS, "method")
    return {name: values.to_dict() for name, values in options.items()}


def test_nothing_is_given() -> None:
    assert found() == {"walk": {"steps": 5, "max_speed": 1.0}, "climb": {"steps": 7}}


def test_an_option_goes_to_all_that_have_it() -> None:
    assert found("steps=3", "max-speed=0.5") == {
        "walk": {"steps": 3, "max_speed": 0.5},
        "climb": {"steps": 3},
    }


def test_a_scope_is_stronger_when_it_comes_later() -> None:
    assert found("steps=3", "climb.steps=9")["climb"] == {"steps": 9}
    assert found("steps=3", "climb.steps=9")["walk"]["steps"] == 3


@pytest.mark.parametrize(
    ("assignment", "kind", "message"),
    [
        ("height=3", ConfigError, "no method of walk, climb has an option 'height'"),
        ("swim.steps=3", UnknownNameError, "unknown method 'swim'"),
        ("climb.max_speed=3", ConfigError, "method 'climb' has no option 'max_speed'"),
        ("walk.steps=0", ConfigError, "method 'walk': steps is 0, but at least 1"),
        ("steps", ConfigError, "'steps' has no value, but name=value"),
    ],
)
def test_what_does_not_fit(assignment: str, kind: type[InputError], message: str) -> None:
    with pytest.raises(kind, match=message):
        found(assignment)


def test_a_single_one_says_what_it_knows() -> None:
    with pytest.raises(ConfigError, match="has no option 'stepz'; did you mean 'steps'"):
        assigned(["stepz=3"], {"walk": Walk}, "method")


@dataclass(frozen=True, kw_only=True)
class Stride(Options):
    step: str = option("sign", "Step.", choices=("sign", "gradient"), what="step")
    steps: int = option(5, "Steps.", minimum=1)


def test_a_wrong_choice_names_its_method_and_an_option_that_may_be_meant() -> None:
    with pytest.raises(ConfigError, match="method 'stride': unknown step '5'") as caught:
        assigned(["step=5"], {"stride": Stride}, "method")
    assert caught.value.hint == "one of: sign, gradient; another option: steps"
