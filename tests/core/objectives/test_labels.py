"""Labels of real and generated images: hard ones by default, and never on the wrong side."""

from __future__ import annotations

import pytest

from xaitool.core.objectives.labels import LabelOptions
from xaitool.errors import ConfigError


def test_labels_are_hard_unless_asked() -> None:
    assert (LabelOptions().real_label, LabelOptions().generated_label) == (1, 0)


@pytest.mark.parametrize("real_label", [0.5, 0.2, 1.01, float("nan")])
def test_a_real_image_is_more_likely_real_than_not(real_label: float) -> None:
    with pytest.raises(ConfigError, match=r"--real-label is .*, but more than 0.5 and at most 1"):
        LabelOptions(real_label=real_label)


@pytest.mark.parametrize("generated_label", [-0.1, 0.51, float("nan")])
def test_a_generated_image_is_not_more_likely_real_than_not(generated_label: float) -> None:
    with pytest.raises(ConfigError, match=r"--generated-label is .*, but at least 0 and at most"):
        LabelOptions(generated_label=generated_label)
    assert LabelOptions(generated_label=0.5).generated_label == 0.5
