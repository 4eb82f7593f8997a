"""Options of guidance: what a user gets who asks for none, and what is refused."""

from __future__ import annotations

import pytest

from xaitool.core.guidance.options import GuidanceOptions
from xaitool.errors import ConfigError, UnknownNameError


def test_the_defaults_are_logicgans_mask_by_the_logit() -> None:
    options = GuidanceOptions()
    assert (options.mask, options.mask_strength, options.mask_offset) == ("pure", 1, 0)
    assert (options.evidence, options.explained_output) == ("absolute", "logit")
    assert options.references is None
    assert not options.mask_rescale


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"mask_strength": -0.1}, "--mask-strength is -0.1, but at least 0 is wanted"),
        ({"references": -1}, "--references is -1, but at least 0 is wanted"),
        ({"reservoir": 0}, "--reservoir is 0, but at least 1 is wanted"),
    ],
)
def test_numbers_out_of_range_are_refused(given: dict[str, float], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        GuidanceOptions(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "near", "meant"),
    [
        ("mask", "boosted", "boost"),
        ("evidence", "absolut", "absolute"),
        ("mask_normalisation", "samples", "sample"),
        ("mask_samples", "fakes", "fake"),
        ("background", "classes", "class"),
        ("explained_output", "logits", "logit"),
    ],
)
def test_words_that_are_no_choice_are_refused(field: str, near: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown .*'{near}'; did you mean '{meant}'"):
        GuidanceOptions(**{field: near})  # type: ignore[arg-type]
