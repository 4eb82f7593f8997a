"""``composite``: objects of one dataset on scenes of another, and where the objects are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from xaitool.core.seeding import random_stream
from xaitool.data.annotations import Annotations
from xaitool.data.class_selection import class_indices
from xaitool.data.lazy import LazyDataset
from xaitool.data.loader import DatasetRequest, Loaded
from xaitool.data.memory import MemoryDataset
from xaitool.data.pasting import object_opacity, paste
from xaitool.data.sets import image_folder
from xaitool.errors import ConfigError, DataError
from xaitool.options import Options, option

PREFERRED = (("Trouser", "Bag", "Ankle boot"), ("automobile", "frog", "ship"))
"""Classes that are taken, where a dataset has them and none are named: they look very different."""

PART = 256
"""Images made at once: the floating copies of a whole dataset would be large."""


@dataclass(frozen=True, kw_only=True)
class Composite(Options):
    """What is pasted on what.

    ``composite:objects=fashion-mnist,scenes=folder:scenes.zip,object-classes=Trouser+Bag``
    """

    objects: str = option("fashion-mnist", "dataset of the objects, which are bright on black")
    scenes: str = option("cifar10", "dataset of the scenes")
    object_classes: str | None = option(
        None, "classes of the objects by name or index, separated by +; default: three"
    )
    scene_classes: str | None = option(None, "the same of the scenes")
    size: int = option(32, "side of the images, pixels", minimum=8)
    train: int = option(1000, "training images of each pair of an object and a scene", minimum=1)
    test: int = option(200, "test images of each pair", minimum=1)
    smallest: float = option(
        0.55, "shortest object: its longer side over the image's", above=0, maximum=1
    )
    largest: float = option(0.8, "longest object", above=0, maximum=1)
    place: str = option(
        "random", "where objects are put", choices=("random", "centre"), what="place"
    )
    threshold: float = option(
        0.1, "brightness from which a pixel is the object's", above=0, maximum=1
    )
    hole: float = option(
        0.02, "largest dark hole that is the object's, over its picture", minimum=0, maximum=1
    )
    seed: int = option(0, "seed of everything that is drawn", minimum=0)


def load(request: DatasetRequest) -> Loaded:
    """Make a split; see `DatasetRequest`, `Composite` and `paste`.

    After BAM (Yang and Kim 2019), with every pair of an object and a scene one class, as in Shih
    et al. 2021 (GANMEX), section 4.1: where two classes share the scene, what tells them apart
    lies in the mask, and where they share the object, outside of it. Unlike BAM's the object's
    colours are blended at its edge, the mask is known for both splits, and for each pair other
    objects and scenes are drawn, each as seldom as possible.

    The test split is made of the test splits of both datasets. Where one is grey and the other
    has colours, the grey one is repeated over the channels. Classes are called ``OBJECT-SCENE``.
    The same on every machine of one torch version.

    Raises:
        ConfigError: An option does not fit.
        UnknownNameError: There is no such dataset or class.
        DataError: A class has no images, an object is black, or scenes are smaller than `size`.
    """
    options = request.options(Composite)
    if options.smallest > options.largest:
        raise ConfigError(
            f"composite has smallest={options.smallest:g} and largest={options.largest:g}, but at "
            "most the largest is wanted as the smallest"
        )
    objects, scenes = (_opened(request.of(name)) for name in (options.objects, options.scenes))
    scenes = _sized(scenes, options.size, smaller=False)
    objects = _sized(objects, min(options.size, *objects.shape[1:]), smaller=True)
    made = _composed(options, request, objects, scenes)
    return made.adapted(request.image_size, request.channels)


def _composed(
    options: Composite, request: DatasetRequest, objects: Loaded, scenes: Loaded
) -> MemoryDataset:
    split = request.split
    draw = random_stream(options.seed, "composite", split)
    count = options.train if split == "train" else options.test
    object_classes = _chosen(objects, options.object_classes, PREFERRED[0])
    scene_classes = _chosen(scenes, options.scene_classes, PREFERRED[1])
    pairs = [(one, other) for one in object_classes for other in scene_classes]
    # One image of each class after the other, so that the first ones are of all classes.
    object_rows = torch.stack([_drawn(objects, one, count, draw) for one, _ in pairs], 1).flatten()
    scene_rows = torch.stack(
        [_drawn(scenes, other, count, draw) for _, other in pairs], 1
    ).flatten()
    pixels, masks = _pasted(options, objects, object_rows, scenes, scene_rows, draw)
    parts = tuple((objects.classes[one], scenes.classes[other]) for one, other in pairs)
    return MemoryDataset(
        pixels,
        torch.arange(len(pairs)).repeat(count),
        ["-".join(part) for part in parts],
        name=request.name,
        split=split,
        filenames=[f"composite/{split}/{index:05d}" for index in range(len(pixels))],
        annotations=Annotations(masks=masks, class_parts=parts),
    )


def _opened(request: DatasetRequest) -> Loaded:
    """A folder's pictures are decoded when they are drawn: mostly few of them are."""
    if request.base == "folder" and request.on_error == "stop":
        return image_folder.undecoded(request)
    return request.load()


def _sized(dataset: Loaded, side: int, *, smaller: bool) -> Loaded:
    """The dataset with another side of its images; `smaller` says that they may be smaller."""
    own = min(dataset.shape[1:])
    if own < side and not smaller:
        raise DataError(
            f"scenes of '{dataset.name}' are {own} pixels wide, but at least {side} are wanted",
            hint=f"composite:size={own},..., and --image-size enlarges the result",
        )
    if isinstance(dataset, LazyDataset):
        return replace(dataset, shape=(dataset.shape[0], side, side))
    return dataset.adapted(side, None)


def _chosen(dataset: Loaded, names: str | None, preferred: tuple[str, ...]) -> list[int]:
    if names is not None:
        return class_indices(dataset.classes, names.split("+"))
    if set(preferred) <= set(dataset.classes):
        return class_indices(dataset.classes, preferred)
    return list(range(len(dataset.classes)))[:3]


def _drawn(dataset: Loaded, label: int, count: int, draw: Generator) -> Tensor:
    """Images of a class; none again before all were taken."""
    members = (dataset.labels == label).nonzero().squeeze(1)
    if not len(members):
        raise DataError(
            f"dataset '{dataset.name}' has no {dataset.split} images of class "
            f"'{dataset.classes[label]}', but at least one is wanted"
        )
    rounds = -(-count // len(members))
    orders = [torch.randperm(len(members), generator=draw) for _ in range(rounds)]
    return members[torch.cat(orders)[:count]]


def _pasted(
    options: Composite,
    objects: Loaded,
    object_rows: Tensor,
    scenes: Loaded,
    scene_rows: Tensor,
    draw: Generator,
) -> tuple[Tensor, Tensor]:
    """Pixels and masks of all images; what is drawn does not depend on the datasets' pixels."""
    count = len(object_rows)
    span = options.largest - options.smallest
    shares = options.smallest + span * torch.rand(count, generator=draw)
    places = torch.rand(count, 2, generator=draw)
    if options.place == "centre":
        places = torch.full_like(places, 0.5)
    channels = max(objects.shape[0], scenes.shape[0])
    pixels = torch.empty(count, channels, options.size, options.size, dtype=torch.uint8)
    masks = torch.empty(count, 1, options.size, options.size, dtype=torch.bool)
    for part in torch.arange(count).split(PART):
        pictures = objects.images(object_rows[part])
        opacity = object_opacity(pictures, options.threshold, options.hole)
        _check_visible(options, objects, object_rows[part], opacity)
        behind = scenes.images(scene_rows[part]).expand(-1, channels, -1, -1)
        pictures = pictures.expand(-1, channels, -1, -1)
        mixed, masks[part] = paste(behind, pictures, opacity, shares[part], places[part])
        pixels[part] = (mixed * 255).round_().clamp_(0, 255).to(torch.uint8)
    return pixels, masks


def _check_visible(
    options: Composite, objects: Loaded, object_rows: Tensor, opacity: Tensor
) -> None:
    black = object_rows[~opacity.flatten(1).any(1)]
    if len(black):
        raise DataError(
            f"object '{objects.filename(int(black[0]))}' has no pixel of at least brightness "
            f"{options.threshold:g}, but objects are bright on black",
            hint="composite:threshold=... sets which pixels are the object's",
        )
