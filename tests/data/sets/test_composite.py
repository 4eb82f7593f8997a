from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.conftest import encoded, picture
from tests.data.sets.test_image_folder import zipped
from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.data.sets import composite
from xaitool.errors import ConfigError, DataError, InputError, UnknownNameError

Tree = Callable[[dict[str, bytes]], Path]

SMALL = "objects=digits,scenes=textures,train=6,test=4"


def load(options: str = SMALL, split: Any = "train", **more: Any) -> MemoryDataset:
    dataset = load_dataset(f"composite:{options}", split, **more)
    assert isinstance(dataset, MemoryDataset)
    return dataset


def flat(colour: tuple[int, int, int], side: int = 32) -> bytes:
    return encoded(Image.new("RGB", (side, side), colour))


@pytest.fixture
def flat_scenes(write_tree: Tree) -> Path:
    """Scenes of one colour each, so that what was pasted shows."""
    colours = {"sea": (0, 0, 200), "grass": (0, 200, 0)}
    return write_tree(
        {
            f"{split}/{name}/{number}.png": flat(colour)
            for split in ("train", "test")
            for name, colour in colours.items()
            for number in range(3)
        }
    )


def test_every_pair_is_a_class():
    data = load()
    assert data.classes[:4] == ("0-checks", "0-clouds", "0-stripes", "1-checks")
    assert data.class_parts[3] == ("1", "checks")
    assert (data.shape, len(data)) == ((3, 32, 32), 9 * 6)
    assert data.labels.bincount().tolist() == [6] * 9
    assert load(split="test").labels.bincount().tolist() == [4] * 9
    assert data.labels[:9].tolist() == [*range(9)]  # the first images are of all classes
    assert data.filename(3) == "composite/train/00003"
    assert data.name == f"composite:{SMALL}"


def test_classes_are_chosen_by_name_or_index():
    data = load(f"{SMALL},object-classes=7+2,scene-classes=stripes+0")
    assert data.classes == ("7-stripes", "7-checks", "2-stripes", "2-checks")
    part = load(classes=["1-clouds", "0-checks"])
    assert part.class_parts == (("1", "clouds"), ("0", "checks"))
    assert part.mask([0]) is not None


def test_outside_the_mask_is_the_scene_and_inside_the_object(flat_scenes: Path):
    data = load(f"objects=digits,scenes=folder:{flat_scenes},train=20")
    mask = data.mask(range(len(data)))
    assert mask is not None
    for label, (_, name) in enumerate(data.class_parts):
        rows = data.labels == label
        colour = torch.tensor([0, 200, 0] if name == "grass" else [0, 0, 200]).view(1, 3, 1, 1)
        same = (data.pixels[rows] == colour).all(1, keepdim=True)
        assert bool(same[~mask[rows]].all())
        # A few pixels of the object round to the scene's own colour.
        assert float(same[mask[rows]].float().mean()) < 0.02
    area = mask.flatten(1).float().mean(1)
    assert 0.03 < float(area.min()) < float(area.max()) < 0.7


def test_masks_are_not_always_at_the_same_place():
    mask = load(f"{SMALL},train=40").annotations.masks
    assert mask is not None
    often = mask.float().mean(0)
    assert float(often.max()) < 0.9
    assert float((often > 0).float().mean()) > 0.9
    fixed = load(f"{SMALL},place=centre,smallest=0.5,largest=0.5").annotations.masks
    assert fixed is not None
    used = fixed.any(1).nonzero()[:, 1:].float()
    assert used.mean(0).tolist() == pytest.approx([15.5, 15.5], abs=0.7)
    assert used.min() >= 6
    assert used.max() <= 25


def test_the_same_options_make_the_same_images(monkeypatch: pytest.MonkeyPatch):
    data = load()
    assert load().digest == data.digest
    monkeypatch.setattr(composite, "PART", 7)
    assert load().digest == data.digest
    assert load(f"{SMALL},seed=1").digest != data.digest
    assert not torch.equal(load(split="test").pixels[:4], data.pixels[:4])


def test_scenes_in_a_zip_are_those_of_the_folder(flat_scenes: Path, tmp_path: Path):
    files = {
        path.relative_to(flat_scenes).as_posix(): path.read_bytes()
        for path in flat_scenes.rglob("*.png")
    }
    path = zipped(tmp_path / "scenes.zip", files)
    options = "objects=digits,train=4,scenes=folder:"
    assert load(f"{options}{path}").digest == load(f"{options}{flat_scenes}").digest
    skipping = load(f"{options}{path}", on_error="skip")
    assert skipping.digest == load(f"{options}{path}").digest


def test_each_split_is_made_of_its_own_part(write_tree: Tree):
    root = write_tree(
        {
            f"{split}/{name}/1.png": flat((level, level, level))
            for split, level in (("train", 50), ("test", 100))
            for name in "ab"
        }
    )
    for split, level in (("train", 50), ("test", 100)):
        data = load(f"objects=digits,scenes=folder:{root},train=2,test=2,size=16", split)
        assert data.shape == (3, 16, 16)
        assert data.annotations.masks is not None
        outside = ~data.annotations.masks.expand_as(data.pixels)
        assert data.pixels[outside].unique().tolist() == [level]


def test_every_picture_is_taken_before_one_is_taken_again(write_tree: Tree):
    files = {f"train/a/{level}.png": flat((level, 0, 0)) for level in range(0, 250, 25)}
    root = write_tree(files | {"test/a/1.png": flat((0, 0, 0))})
    data = load(f"objects=digits,object-classes=1,scenes=folder:{root},train=20")
    corners = data.pixels.flatten(2).int()
    red = corners[:, 0].mode(1).values
    found = red.unique(return_counts=True)[1]
    assert found.tolist() == [2] * 10


def test_grey_and_colour(write_tree: Tree):
    grey = load("objects=digits,scenes=digits,train=2,size=28,scene-classes=3")
    assert grey.shape == (1, 28, 28)
    colour = {f"{s}/x/1.png": flat((200, 30, 90)) for s in ("train", "test")}
    data = load(f"objects=folder:{write_tree(colour)},scenes=digits,train=2,size=28")
    assert data.shape == (3, 28, 28)
    assert data.annotations.masks is not None
    inside = data.pixels.permute(0, 2, 3, 1)[data.annotations.masks[:, 0]]
    assert inside.unique(dim=0).tolist().count([200, 30, 90]) == 1
    assert load(image_size=20, channels=1).shape == (1, 20, 20)


def test_masks_follow_another_image_size():
    data = load(image_size=16)
    mask = data.mask(range(len(data)))
    assert mask is not None
    assert mask.shape == (54, 1, 16, 16)
    assert 0.03 < float(mask.float().mean()) < 0.7


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (f"{SMALL},object-classes=0+trousers", UnknownNameError, "unknown class 'trousers'"),
        (f"{SMALL},scene-classes=3", UnknownNameError, "unknown class '3'"),
        (f"{SMALL},object-classes=0+0", ConfigError, "classes 0, 0 name one twice"),
        (f"{SMALL},size=64", DataError, "are 32 pixels wide, but at least 64 are wanted"),
        (f"{SMALL},smallest=0.9", ConfigError, "has smallest=0.9 and largest=0.8"),
        (f"{SMALL},largest=1.5", ConfigError, "largest is 1.5, but more than 0 and at most 1"),
        (f"{SMALL},train=0", ConfigError, "train is 0, but at least 1"),
        (f"{SMALL},place=left", UnknownNameError, "unknown place 'left'"),
        # Made smaller, some digit reaches full brightness nowhere.
        (f"{SMALL},size=9,threshold=1", DataError, "has no pixel of at least brightness 1"),
        ("objects=nothing,scenes=textures", UnknownNameError, "unknown dataset 'nothing'"),
        ("objects=digits,scenes=folder:", DataError, "'folder' names no path"),
    ],
)
def test_bad_options_are_one_clear_line(options: str, kind: type[InputError], message: str):
    with pytest.raises(kind, match=message) as caught:
        load(options)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")
def test_a_class_without_images_in_a_split(write_tree: Tree):
    names = ("train/a/1.png", "test/a/1.png", "test/b/1.png")
    root = write_tree(dict.fromkeys(names, flat((9, 9, 9))))
    with pytest.raises(DataError, match="has no train images of class 'b', but at least one"):
        load(f"objects=digits,scenes=folder:{root},train=1")


def test_a_black_object_is_named(write_tree: Tree):
    root = write_tree({f"{s}/x/black.png": flat((0, 0, 0)) for s in ("train", "test")})
    with pytest.raises(DataError, match=r"object 'train/x/black\.png' has no pixel of at least"):
        load(f"objects=folder:{root},scenes=textures,train=1")


def test_a_damaged_scene_stops_or_is_left_out(write_tree: Tree):
    good = {f"{s}/x/1.png": flat((9, 9, 9)) for s in ("train", "test")}
    root = write_tree(good | {"train/x/2.png": b"no picture"})
    options = f"objects=digits,scenes=folder:{root},train=3"
    with pytest.raises(DataError, match=r"image 'train/x/2\.png' is in no format"):
        load(options)
    assert len(load(options, on_error="skip")) == 9


@pytest.mark.data
def test_garments_on_photographs(real_data: Path):
    options = f"scenes=folder:{real_data}/cifar10.zip,train=3,test=3"
    data = load(options, "test", data_dir=real_data)
    assert data.class_parts[0] == ("Trouser", "automobile")
    assert data.class_parts[8] == ("Ankle boot", "ship")
    assert data.shape == (3, 32, 32)
    # Trousers are half as wide as they are long, and bags fill their box.
    assert data.annotations.masks is not None
    area = [float(data.annotations.masks[data.labels // 3 == one].float().mean()) for one in (0, 1)]
    assert np.argmax(area) == 1


def test_pictures_of_any_size_are_scaled(write_tree: Tree):
    scenes = {f"{s}/x/1.png": encoded(picture(1, (60, 40))) for s in ("train", "test")}
    data = load(f"objects=digits,scenes=folder:{write_tree(scenes)},train=1,size=40")
    assert data.shape == (3, 40, 40)
