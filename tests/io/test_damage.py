"""What another library raises of a checkpoint, as one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaitool.errors import ArtifactError, ConfigError, ShapeError, UnknownNameError
from xaitool.io.damage import damage_as_error, reason

PATH = Path("last.pt")


@pytest.mark.parametrize(
    "error",
    [KeyError("a"), IndexError("a"), TypeError("a"), ValueError("a"), AttributeError("a")],
    ids=lambda error: type(error).__name__,
)
def test_what_a_wrong_form_raises_is_damage(error: Exception) -> None:
    with pytest.raises(ArtifactError) as caught, damage_as_error(PATH):
        raise error
    name = type(error).__name__
    assert str(caught.value).startswith(f"last.pt is damaged ({name}: ")
    assert str(caught.value).endswith("), but a whole checkpoint is wanted")
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA out of memory"), MemoryError(), OSError(28, "No space")]
)
def test_what_the_machine_lacks_is_not(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, damage_as_error(PATH, ours=True):
        raise error
    assert caught.value is error


def test_our_own_refusals_are_damage_only_where_nothing_else_can_be_at_fault() -> None:
    refusal = ShapeError("3 classes, but 2 are wanted")
    with pytest.raises(ShapeError), damage_as_error(PATH):
        raise refusal
    message = r"last.pt is damaged \(3 classes, but 2 are"
    with pytest.raises(ArtifactError, match=message), damage_as_error(PATH, ours=True):
        raise refusal
    for kept in (ArtifactError("another kind"), UnknownNameError("loss", "x", ["y"])):
        with pytest.raises(type(kept)) as caught, damage_as_error(PATH, ours=True):
            raise kept
        assert caught.value is kept
    with pytest.raises(ConfigError), damage_as_error(PATH):
        raise ConfigError("an option")


def test_a_reason_is_short_and_one_line() -> None:
    assert reason(ValueError("a\n  b\tc")) == "ValueError: a b c"
    assert len(reason(ValueError("x" * 999))) == 200
