"""BAM's folders as its script writes them, small."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.conftest import encoded, picture
from xaitool.data.lazy import LazyDataset
from xaitool.data.load import load_dataset
from xaitool.data.sets import image_folder
from xaitool.errors import DataError, DataWarning

SIDE = 16
OBJECTS, SCENES = ("dog", "stop_sign"), ("bedroom", "ski_slope")
CLASSES = ("dog-bedroom", "dog-ski_slope", "stop_sign-bedroom", "stop_sign-ski_slope")


def shape_of(place: int) -> tuple[int, int]:
    return 3 + place % 5, 4 + place % 3


def box_of(place: int) -> tuple[int, int, int, int]:
    top, left = place % 4, place % 6
    return top, left, top + 6 + place % 3, left + 5 + place % 4


def cut_outs() -> np.ndarray[Any, Any]:
    """A hundred masks of each object, all different, as NumPy pickles arrays of arrays."""
    masks = np.empty(200, object)
    for place in range(200):
        masks[place] = np.random.default_rng(place).integers(0, 2, shape_of(place), dtype=np.uint8)
    return masks


@pytest.fixture
def bam(tmp_path: Path) -> Path:
    """The folder ``data`` with pictures 0 and 1 (train) and 900, 901 and 957 (val) of each pair."""
    root = tmp_path / "data" / "obj"
    lines = []
    for object_number, kind in enumerate(OBJECTS):
        (root / "train" / kind).mkdir(parents=True)
        (root / "val").mkdir(exist_ok=True)
        for scene in SCENES:
            for number in (0, 1, 900, 901, 957):
                name = f"{kind}-{scene}-{number:04}.jpg"
                folder = root / "val" if number >= 900 else root / "train" / kind
                (folder / name).write_bytes(encoded(picture(number, (SIDE, SIDE)), "jpeg"))
                box = ",".join(map(str, box_of(100 * object_number + number % 100)))
                lines += [f"{name} {box}\n"] * (number >= 900)
    (root / "val_loc.txt").write_text("".join(sorted(lines)).rstrip("\n"))
    (root / "val.txt").write_text("not read")
    with (root / "val_mask").open("wb") as file:
        np.save(file, cut_outs())
    return tmp_path / "data"


def load(path: Path, split: Any = "test", **options: Any) -> Any:
    return load_dataset(f"bam:{path}", split, **options)


def test_pairs_are_classes_and_the_splits_are_bams(bam: Path):
    train, test = load(bam, "train"), load(bam)
    assert train.classes == test.classes == CLASSES
    assert test.class_parts[1] == ("dog", "ski_slope")
    assert train.labels.bincount().tolist() == [2] * 4
    assert test.labels.bincount().tolist() == [3] * 4
    assert test.filename(0) == "val/dog-bedroom-0900.jpg"
    assert train.filename(4) == "train/stop_sign/stop_sign-bedroom-0000.jpg"
    assert test.shape == (3, SIDE, SIDE)
    assert train.mask([0]) is None
    assert test.left_out == ()


def test_masks_are_bams_own(bam: Path):
    test = load(bam)
    for row in range(len(test)):
        kind, _, number = test.filename(row).removeprefix("val/").removesuffix(".jpg").split("-")
        place = 100 * OBJECTS.index(kind) + int(number[-2:])
        top, left, bottom, right = box_of(place)
        # What BAM's metrics do: resize the mask of zeros and ones, and count what is not zero;
        # here on 255s, so that nothing is rounded away.
        mask = Image.fromarray(cut_outs()[place] * 255)
        resized = np.asarray(mask.resize((right - left, bottom - top), Image.Resampling.BILINEAR))
        expected = np.zeros((SIDE, SIDE), bool)
        expected[top:bottom, left:right] = resized > 0
        assert np.array_equal(test.mask([row])[0, 0], expected)


def test_masks_follow_the_classes_and_the_size(bam: Path):
    whole = load(bam)
    part = load(bam, classes=["stop_sign-bedroom"])
    assert torch.equal(part.mask(range(3)), whole.mask(range(6, 9)))
    assert part.class_parts == (("stop_sign", "bedroom"),)
    assert load(bam, image_size=32).mask([0]).shape == (1, 1, 32, 32)


def test_large_ones_are_lazy_and_keep_their_masks(bam: Path, monkeypatch: pytest.MonkeyPatch):
    whole = load(bam)
    monkeypatch.setattr(image_folder, "MEMORY_LIMIT", 0)
    lazy = load(bam)
    assert isinstance(lazy, LazyDataset)
    assert torch.equal(lazy.images(range(12)), whole.images(range(12)))
    chosen = lazy.subset(torch.tensor([5, 1]))
    assert torch.equal(chosen.mask([0, 1]), whole.mask([5, 1]))  # type: ignore[arg-type]


def test_the_folder_around_data_and_the_scenes_alone(bam: Path):
    digest = load(bam).digest
    assert load(bam.parent).digest == digest
    (bam / "obj").rename(bam / "scene")
    assert load(bam).digest == digest


def test_a_damaged_picture_takes_its_mask_with_it(bam: Path):
    whole = load(bam)
    (bam / "obj" / "val" / "dog-bedroom-0901.jpg").write_bytes(b"no picture")
    (bam / "obj" / "val" / "notes.txt").write_text("x")
    with pytest.warns(DataWarning, match="'val/notes.txt' left out, none of BAM's"):
        found = load(bam, on_error="skip")
    assert found.skipped == ("val/dog-bedroom-0901.jpg",)
    assert found.left_out == ("val/notes.txt",)
    rows = [0, *range(2, 12)]
    assert torch.equal(found.mask(range(11)), whole.mask(rows))


def test_without_boxes_or_masks_there_are_none(bam: Path):
    (bam / "obj" / "val_loc.txt").unlink()
    assert load(bam).mask([0]) is None
    assert load(bam).class_parts


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a stranger's code ran",))


def pickled(*items: Any) -> bytes:
    whole = np.empty(len(items), object)
    whole[:] = items
    buffer = io.BytesIO()
    np.save(buffer, whole)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("val_mask", b"x", "'val_mask' cannot be read"),
        ("val_mask", pickled(Attack()), "it names _pytest"),
        ("val_mask", pickled(*cut_outs()[:7]), "'val_mask' has 7 masks for 2 objects, but 100 of"),
        ("val_loc.txt", b"dog-bedroom-0900.jpg 1,2", "has no box for 'val/dog-bedroom-0900.jpg'"),
        ("val_loc.txt", b"dog-bedroom-0900.jpg 1,2,99,4", r"16 pixels has the box \(1, 2, 99, 4\)"),
    ],
)
def test_files_that_do_not_fit(file: str, content: bytes, message: str, bam: Path):
    (bam / "obj" / file).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load(bam)
    assert "\n" not in str(caught.value)


def test_what_is_no_bam_folder(tmp_path: Path, bam: Path):
    with pytest.raises(DataError, match="has no obj or data/obj or scene or data/scene with") as it:
        load(tmp_path / "nowhere")
    assert "folder:PATH" in str(it.value.hint)
    for path in (bam / "obj" / "val").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="has no pictures in 'val'"):
        load(bam)
