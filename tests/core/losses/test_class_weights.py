"""Class weights from training counts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xaitool.core.losses.class_weights import SCHEMES, parse_class_weights
from xaitool.errors import ConfigError, DataError, UnknownNameError

COUNTS = torch.tensor([1000, 100, 10])
CLASSES = ("cat", "dog", "owl")


def weights(text: str, counts: Tensor = COUNTS) -> Tensor:
    found = parse_class_weights(text, counts, CLASSES)
    assert found is not None
    assert found.dtype == torch.float64
    return found


def test_ratios_are_the_schemes():
    assert parse_class_weights("none", COUNTS, CLASSES) is None
    even = weights("inverse-frequency") * COUNTS
    torch.testing.assert_close(even, even[0].expand(3))
    even = weights("square-root-inverse-frequency").square() * COUNTS
    torch.testing.assert_close(even, even[0].expand(3))
    for text, beta in (("effective-number", 0.9999), ("effective-number:0.9", 0.9)):
        even = weights(text) * (1 - beta ** COUNTS.double()) / (1 - beta)
        torch.testing.assert_close(even, even[0].expand(3))


@pytest.mark.parametrize("text", [*SCHEMES, "effective-number:0.5"])
def test_mean_over_the_training_samples_is_1(text):
    assert abs((weights(text) * COUNTS).sum().item() / COUNTS.sum().item() - 1) < 1e-12
    torch.testing.assert_close(
        weights(text, torch.tensor([7, 7, 7])), torch.ones(3, dtype=torch.float64)
    )


def test_effective_number_is_exact_near_its_limits():
    # β towards 1 gives 1 / N, towards 0 gives 1.
    torch.testing.assert_close(
        weights("effective-number:0.999999999999"), weights("inverse-frequency"), rtol=1e-4, atol=0
    )
    torch.testing.assert_close(
        weights("effective-number:1e-9"), torch.ones(3, dtype=torch.float64), rtol=1e-8, atol=0
    )


def test_written_weights_are_taken_as_they_are():
    assert weights("0.5,2,0").tolist() == [0.5, 2, 0]
    assert weights("0.5,2,0", torch.tensor([0, 1, 1])).tolist() == [0.5, 2, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2", "has 2 weights, but 3, one a class, are wanted"),
        ("1", "has 1 weights, but 3"),
        ("1,x,2", "but numbers are wanted"),
        ("1,-1,2", "but finite weights of at least 0"),
        ("1,nan,2", "but finite weights of at least 0"),
        ("0,0,0", "not all 0, are wanted"),
        ("effective-number:1", r"but a number within \(0, 1\) is wanted"),
        ("effective-number:x", r"but a number within \(0, 1\) is wanted"),
    ],
)
def test_wrong_texts(text, message):
    with pytest.raises(ConfigError, match=message):
        weights(text)


def test_unknown_scheme_and_empty_class():
    with pytest.raises(UnknownNameError, match="did you mean 'inverse-frequency'") as error:
        weights("inverse-frequencies")
    assert "one number a class" in str(error.value.hint)
    for text in SCHEMES:
        with pytest.raises(DataError, match="class 'dog' has no training sample"):
            weights(text, torch.tensor([3, 0, 2]))
