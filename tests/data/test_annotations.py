from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.data.conftest import encoded, picture
from xaitool.data.annotations import Annotations, Attribute, framed_masks
from xaitool.data.files.file_sources import FolderSource
from xaitool.data.files.images import Framing
from xaitool.data.lazy import LazyDataset
from xaitool.data.loader import Loaded
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError

PARTS = (("dog", "sea"), ("dog", "road"))
LABELS = torch.tensor([1, 0, 1])


def known(**changes: Any) -> Annotations:
    masks = torch.zeros(3, 1, 4, 4, dtype=torch.bool)
    masks[torch.arange(3), 0, torch.arange(3)] = True
    attributes = {"colour": Attribute(torch.tensor([2, 0, 1]), ("red", "green", "blue"))}
    facts: dict[str, Any] = {"masks": masks, "attributes": attributes, "class_parts": PARTS}
    return Annotations(**(facts | changes))


def in_memory(what: Annotations | None) -> MemoryDataset:
    pixels = torch.arange(3 * 16, dtype=torch.uint8).view(3, 1, 4, 4)
    return MemoryDataset(pixels, LABELS, ["a", "b"], name="t", split="test", annotations=what)


@pytest.fixture(params=["memory", "lazy"])
def annotated(request: pytest.FixtureRequest, tmp_path: Any) -> Loaded:
    if request.param == "memory":
        return in_memory(known())
    for name in "xyz":
        (tmp_path / name).write_bytes(encoded(picture(0, (4, 4))))
    source = FolderSource(tmp_path)
    return LazyDataset(
        source, tuple("xyz"), LABELS, ("a", "b"), (3, 4, 4), "t", "test", annotations=known()
    )


def masked_rows(dataset: Loaded) -> list[int]:
    mask = dataset.mask(range(len(dataset)))
    assert mask is not None
    assert mask.dtype == torch.bool
    return [int(row) for row in mask[:, 0].any(2).int().argmax(1)]


def test_a_dataset_says_what_it_knows(annotated: Loaded):
    assert annotated.class_parts == PARTS
    assert annotated.attributes["colour"].values.tolist() == [2, 0, 1]
    assert annotated.attributes["colour"].names[2] == "blue"
    assert masked_rows(annotated) == [0, 1, 2]
    mask = annotated.mask([2])
    assert mask is not None
    assert torch.equal(mask, annotated.annotations.masks[2:])  # type: ignore[index]


def test_a_dataset_that_knows_nothing():
    plain = in_memory(None)
    assert (plain.class_parts, dict(plain.attributes), plain.mask([0])) == ((), {}, None)


def test_a_subset_keeps_its_own(annotated: Loaded):
    part = annotated.subset(torch.tensor([2, 0]))
    assert masked_rows(part) == [2, 0]
    assert part.attributes["colour"].values.tolist() == [1, 2]
    assert part.class_parts == PARTS


def test_classes_keep_their_parts_by_name(annotated: Loaded):
    swapped = annotated.relabelled(1 - LABELS, ["b", "a"])
    assert swapped.class_parts == PARTS[::-1]
    assert annotated.relabelled(LABELS * 0, ["b"]).class_parts == PARTS[1:]
    assert annotated.relabelled(LABELS, ["a", "other"]).class_parts == ()
    assert masked_rows(swapped) == [0, 1, 2]


def test_the_digest_is_of_all_of_it(annotated: Loaded):
    other = Attribute(torch.tensor([2, 0, 2]), ("red", "green", "blue"))
    renamed = Attribute(torch.tensor([2, 0, 1]), ("red", "green", "black"))
    changed = [
        Annotations(),
        known(masks=None),
        known(masks=~known().masks),  # type: ignore[operator]
        known(attributes={}),
        known(attributes={"colour": other}),
        known(attributes={"colour": renamed}),
        known(class_parts=()),
        known(class_parts=PARTS[::-1]),
    ]
    digests = {in_memory(one).digest for one in changed}
    assert len(digests) == len(changed)
    assert in_memory(known()).digest not in digests
    assert in_memory(known()).digest == in_memory(known()).to("cpu").digest
    assert annotated.digest == annotated.subset(torch.arange(3)).digest
    assert annotated.digest != annotated.relabelled(LABELS, ["a", "other"]).digest


def test_moving_and_resizing_keep_it():
    whole = in_memory(known())
    for dataset in (whole.to("cpu"), whole.adapted(None, 3), whole.adapted(8, None)):
        assert dataset.class_parts == PARTS
        assert dataset.attributes.keys() == {"colour"}
    large = whole.adapted(8, 3).mask([0, 1])
    assert large is not None
    assert large.shape == (2, 1, 8, 8)
    assert whole.to("meta").mask([0]) is not None


def test_a_resized_mask_covers_every_pixel_that_the_object_changes():
    generator = torch.Generator().manual_seed(0)
    mask = torch.rand(5, 1, 9, 9, generator=generator) > 0.9
    pixels = mask.to(torch.uint8) * 255
    for side in (5, 9, 14, Framing(12, 8, "bicubic")):
        labels = torch.zeros(5, dtype=torch.int64)
        facts = Annotations(masks=mask)
        dataset = MemoryDataset(pixels, labels, "a", name="t", split="test", annotations=facts)
        resized = dataset.adapted(side, None)
        found = resized.mask(range(5))
        assert found is not None
        assert not (resized.pixels.bool() & ~found).any()
    assert torch.equal(framed_masks(mask, Framing(9, 9)), mask)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masks": torch.zeros(3, 1, 4, 5).bool()}, r"has masks torch.bool .* but bool \(3, 1, 4"),
        ({"masks": torch.zeros(3, 1, 4, 4)}, "has masks torch.float32"),
        ({"attributes": {"c": Attribute(torch.tensor([0, 1]), ("x", "y"))}}, "2 values of 'c'"),
        ({"attributes": {"c": Attribute(torch.tensor([0, 1, 2]), ("x", "y"))}}, "one of 2 for"),
        ({"class_parts": PARTS[:1]}, "parts of 1 classes, but those of 2 are wanted"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        in_memory(known(**changes))
