"""Options: declared once, checked everywhere."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from xaitool.errors import ConfigError, UnknownNameError
from xaitool.options import (
    Options,
    can_name_code,
    option,
    option_fields,
    present_names,
    range_text,
    with_presets,
)


@dataclass(frozen=True, kw_only=True)
class Example(Options):
    """Every kind of option."""

    steps: int = option(20, "Steps.", minimum=1, maximum=100)
    rate: float = option(0.5, "Rate.", above=0)
    rates: tuple[float, ...] = option((), "Rates.")
    rule: str = option("left", "Rule.", choices=("left", "trapezoid"), what="rule")
    folder: Path | None = option(None, "Folder.", role="place")
    names: tuple[str, ...] = option((), "Names.")
    exact: bool = option(False, "Exact.", role="run")


def test_values_are_taken_from_texts_and_plain_values() -> None:
    example = Example.from_mapping(
        {"steps": "7", "rate": "1e-3", "names": "a,b", "exact": "true", "folder": "x"},
        source="test",
    )
    assert example == Example(steps=7, rate=1e-3, names=("a", "b"), exact=True, folder=Path("x"))


def test_a_number_may_be_a_fraction() -> None:
    found = Example.from_mapping({"rate": "8/255", "rates": "0,2/255, 1e-1/2"}, source="test")
    assert (found.rate, found.rates) == (8 / 255, (0, 2 / 255, 0.05))
    assert Example.from_assignments(["rate=1/4"], source="test").rate == 0.25


def test_the_bytes_of_a_file_name_need_not_be_characters() -> None:
    values = {"folder": "d\udce9", "names": ["d\udce9"]}
    assert Example.from_mapping(values, source="test").folder == Path("d\udce9")


def test_dictionary_round_trip() -> None:
    example = Example(steps=3, names=("a",), folder=Path("x"))
    assert Example.from_mapping(example.to_dict(), source="test") == example


def test_roles_select() -> None:
    assert set(Example().to_dict("place")) == {"folder"}
    assert set(Example().to_dict("experiment", "run")) == {
        "steps", "rate", "rates", "rule", "names", "exact",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "--steps is 0, but at least 1 and at most 100 is wanted"),
        ({"steps": 101}, "--steps is 101"),
        ({"steps": 1.5}, "--steps is 1.5, but a whole number is wanted"),
        ({"steps": "many"}, "--steps is 'many', but a whole number is wanted"),
        ({"steps": None}, "--steps is None"),
        ({"rate": 0}, "--rate is 0.0, but more than 0 is wanted"),
        ({"rate": float("nan")}, "--rate is nan"),
        ({"rate": "inf"}, "--rate is inf"),
        ({"rate": "1/inf"}, "--rate is '1/inf', but a number is wanted"),
        ({"rate": "1/0"}, "--rate is '1/0', but a number is wanted"),
        ({"rate": "1/2/3"}, "--rate is '1/2/3', but a number is wanted"),
        ({"rate": True}, "--rate is True, but a number is wanted"),
        ({"rate": 10**400}, "but a number below 1.8e308 is wanted"),
        (
            {"steps": 2**63},
            "--steps is 9223372036854775808, but a whole number below 2^63 is wanted",
        ),
        ({"steps": "9" * 400}, "999', but a whole number below 2^63 is wanted"),
        ({"steps": "9" * 5000}, "999', but a whole number below 2^63 is wanted"),
        ({"steps": 10**5000}, "--steps is too long to be shown, but a whole number below 2^63"),
        ({"steps": 1e300}, "--steps is 1e+300, but a whole number below 2^63 is wanted"),
        (
            {"names": "a\0b"},
            r"--names is 'a\x00b', but a text without NUL and halves of characters",
        ),
        ({"folder": "a\0b"}, r"--folder is 'a\x00b', but a path without NUL"),
        ({"folder": "\ud800"}, r"--folder is '\ud800', but a path without NUL"),
        ({"folder": 7}, "--folder is 7, but a path is wanted"),
        ({"rule": Path("left")}, "but a text is wanted"),
        ({"exact": "perhaps"}, "--exact is 'perhaps', but true or false is wanted"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        Example.from_mapping(values, source="test")


def test_unknown_choice_suggests_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown rule 'trapezoids'; did you mean 'trapezoid'"
    ):
        Example(rule="trapezoids")


def test_unknown_key_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match="test has no option 'stepz'; did you mean 'steps'"):
        Example.from_mapping({"stepz": 1}, source="test")


@dataclass(frozen=True, kw_only=True)
class Renamed(Options):
    """An option that had another name."""

    network_kind: str = option("plain", "Kind.", formerly="network")


def test_a_former_name_is_read_and_not_written() -> None:
    renamed = Renamed.from_mapping({"network": "deep"}, source="test")
    assert renamed == Renamed(network_kind="deep")
    assert renamed.to_dict() == {"network_kind": "deep"}
    saved = {"network": "deep", "gone": 1}
    assert present_names(Renamed, saved) == {"network_kind": "deep", "gone": 1}
    with pytest.raises(ConfigError, match="test has no option 'gone'") as caught:
        Renamed.from_mapping(saved, source="test")
    assert caught.value.hint == "one of: network_kind"


def test_assignments_need_a_value() -> None:
    assert Example.from_assignments(["steps=5"], source="test").steps == 5
    with pytest.raises(ConfigError, match="name=value is wanted"):
        Example.from_assignments(["steps"], source="test")
    with pytest.raises(ConfigError, match=r"^test: steps is 0, but at least 1"):
        Example.from_assignments(["steps=0"], source="test")


def test_every_field_is_an_option_with_a_flag() -> None:
    assert [field.flag for field in option_fields(Example)] == [
        "--steps", "--rate", "--rates", "--rule", "--folder", "--names", "--exact",
    ]  # fmt: skip
    assert range_text(option_fields(Example)[0].facts) == "at least 1 and at most 100"


@with_presets({"plain": {}, "quick": {"steps": 2, "names": ("a",)}, "default": {"rate": 0.25}})
@dataclass(frozen=True, kw_only=True)
class WithPresets(Example):
    """Options with presets."""

    preset: str = option("default", "Preset.", choices=("plain", "quick", "default"), what="preset")


def test_a_preset_changes_defaults_and_a_given_value_wins() -> None:
    assert (WithPresets().rate, WithPresets().steps) == (0.25, 20)
    assert WithPresets(preset="plain").rate == 0.5
    quick = WithPresets(preset="quick", rate=3)
    assert (quick.steps, quick.names, quick.rate) == (2, ("a",), 3)
    # Also where it is the option's own default.
    assert WithPresets(preset="quick", steps=20).steps == 20


def test_presets_survive_copies_and_files() -> None:
    quick = WithPresets(preset="quick", names=())
    assert dataclasses.replace(quick, steps=9) == WithPresets(preset="quick", names=(), steps=9)
    assert WithPresets.from_mapping(quick.to_dict(), source="test") == quick
    assert WithPresets.from_mapping({"preset": "quick"}, source="test").steps == 2


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown preset 'quik'; did you mean 'quick'"):
        WithPresets(preset="quik")
    assert Example.presets == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nets:make", True),
        ("package.nets:Nets.make(width=32, path='a/b')", True),
        (" os:system('touch x')", True),
        ("os :system", True),
        ("my-nets:make", True),
        ("folder:nets", True),
        ("nets:make.pt", True),
        ("torchvision.models:resnet18", True),
        (" torchvision:ops", True),
        ("Torchvision:ops", True),
        ("net.pt2", True),
        ("folder/net.pt2", True),
        ("torchvision:resnet18", False),
        ("torchvision:x.pt2", True),
        ("runs/12:30/best.pt", False),
        ("./12:30", False),
        (r"C\runs:x", False),
        ("run", False),
        ("net.pt", False),
        ("lenet", False),
        ("", False),
    ],
)
def test_what_can_name_code(text: str, expected: bool) -> None:
    assert can_name_code(text) is expected
