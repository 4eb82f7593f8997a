"""What every image dataset offers of its attributes."""

from __future__ import annotations

import torch

from tests.data.test_attribute_roles import in_memory


def test_sensitive_attributes_say_their_values_names_and_sizes() -> None:
    data = in_memory(sensitive=("size", "colour"))
    assert data.sensitive_names == {"size": ("small", "large"), "colour": ("red", "green", "blue")}
    assert data.sensitive_sizes == [2, 3]
    assert list(data.attributes) == ["colour", "size", "place", "still"]
    assert data.sensitive_values([3, 1]).tolist() == [[0, 0], [1, 0]]


def test_masks_of_some_images_or_none() -> None:
    assert in_memory().mask([0, 1]) is None
    masks = torch.zeros(4, 1, 4, 4, dtype=torch.bool)
    masks[2, 0, 1, 3] = True
    found = in_memory(masks=masks).mask(torch.tensor([2, 0]))
    assert found is not None
    assert found.nonzero().tolist() == [[0, 0, 1, 3]]


def test_without_any_there_are_no_columns():
    plain = in_memory(sensitive=())
    assert plain.sensitive == {}
    assert plain.sensitive_values().shape == (4, 0)
    assert plain.sensitive_values([1, 2]).shape == (2, 0)
    assert plain.sensitive_values().dtype == torch.int64
