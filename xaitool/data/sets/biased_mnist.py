"""``biased-mnist``: digits whose colour goes with the label in train and against it in test."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.seeding import derive_seed
from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.loader import DatasetRequest, Loaded, Split
from xaitool.data.memory import MemoryDataset
from xaitool.data.sets.coloured_mnist import COLOURS as CHANNELS
from xaitool.data.sets.coloured_mnist import GreyPictures, coloured
from xaitool.options import option

COLOURS = CHANNELS[:2]
"""A picture of the colour i has its grey levels in channel i, and zeros in the other two."""

HALVES = ("0-4", "5-9")
"""The classes of ``label=half``, after the places of the ten classes."""


@dataclass(frozen=True, kw_only=True)
class BiasedMnist(GreyPictures):
    """What is coloured and how: ``biased-mnist:of=fashion-mnist,label=digit,noise=0``."""

    label: str = option(
        "half",
        "half: whether the class is one of the last five; digit: the class itself",
        choices=("half", "digit"),
        what="label",
    )
    noise: float = option(0.25, "probability that the label is wrong", minimum=0, maximum=1)
    train_flip: float = option(
        0.2, "probability that the colour is not the label's, train split", minimum=0, maximum=1
    )
    test_flip: float = option(0.9, "the same of the test split", minimum=0, maximum=1)
    seed: int = option(0, "seed of wrong labels and colours", minimum=0)


def load(request: DatasetRequest) -> Loaded:
    """Load a split; see `DatasetRequest` and `BiasedMnist`.

    The defaults are the published setting: Arjovsky et al. 2019, "Invariant risk minimization",
    section 5.2, as Qiang et al. 2022 (CIA) take it. A label is wrong with probability 0.25, flipped
    where there are two and else one of the others; the colour is red for a wrong or right label of
    the first half and green for one of the second, and is the other one with probability 0.2 in
    train and 0.9 in test. So of the train labels the colour tells 80 % and the shape 75 %, and of
    the test labels 10 % and 75 %: no classifier that uses the shape alone exceeds 75 %.

    Attributes are ``colour``, which is sensitive, and ``shape``, the label before it was made
    wrong: with ``--label shape`` it is the class. Every draw is from the SHA-256 of seed, purpose,
    split and index. Where this differs: their pictures are 14x14 (Arjovsky et al.) and drawn by a
    library's generator, and they have ``label=half`` of MNIST only.
    """
    options = request.options(BiasedMnist)
    grey, split = options.loaded(request), request.split
    shape, classes = grey.labels, grey.classes
    if options.label == "half":
        shape, classes = (shape >= 5).long(), HALVES
    labels = _mislabelled(shape, len(classes), options, split)
    colours = _colours(labels, len(classes), options, split)
    dataset = MemoryDataset(
        coloured(grey.pixels, colours),
        labels,
        classes,
        name=request.name,
        split=split,
        filenames=[f"biased-mnist/{split}/{index:05d}" for index in range(len(grey))],
        annotations=Annotations(
            attributes={"colour": Attribute(colours, COLOURS), "shape": Attribute(shape, classes)},
            sensitive=("colour",),
        ),
    )
    return dataset.adapted(request.image_size, request.channels)


def _mislabelled(labels: Tensor, classes: int, options: BiasedMnist, split: Split) -> Tensor:
    """Some labels replaced by one of the others, each as likely."""
    wrong = _chosen(options.noise, len(labels), options.seed, "noise", split)
    draws = (
        derive_seed(options.seed, "label", split, index) % (classes - 1)
        for index in range(len(labels))
    )
    others = (labels + 1 + torch.tensor(list(draws))) % classes
    return torch.where(wrong, others, labels)


def _colours(labels: Tensor, classes: int, options: BiasedMnist, split: Split) -> Tensor:
    """Red for the first half of the classes and green for the second, but for some the other."""
    flip = options.train_flip if split == "train" else options.test_flip
    flipped = _chosen(flip, len(labels), options.seed, "colour", split)
    return ((2 * labels >= classes) ^ flipped).long()


def _chosen(probability: float, count: int, seed: int, purpose: str, split: Split) -> Tensor:
    """Bool ``(count,)``, each true with this probability."""
    draws = (derive_seed(seed, purpose, split, index) for index in range(count))
    return torch.tensor([draw < probability * 2**63 for draw in draws])
