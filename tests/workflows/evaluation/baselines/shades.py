"""A made-up world of three shades of grey, each a class of its own."""

import torch
from torch import nn

from xaitool.core.memory import Rows
from xaitool.data.memory import MemoryDataset
from xaitool.workflows.evaluation.baselines.measurement import BaselineJudge, BaselineMeasurement
from xaitool.workflows.evaluation.baselines.pairs import every_pair
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.runs.runtime import Runtime

DOUBLE = Runtime(torch.device("cpu"), torch.float64)
CLASSES = ("a", "b", "c")


class Shade(nn.Module):
    """Images of brightness 0, 51 and 102 of 255 are of the three classes; the nearest wins."""

    def __init__(self, shift=0):
        super().__init__()
        self.shift = shift

    def forward(self, images):
        mean = images.flatten(1).mean(1, keepdim=True)
        return -(mean - 0.2 * torch.arange(3)).abs().roll(self.shift, 1)


def shade(shift=0):
    seen = ModelInput(1, 4, 4, "bilinear", (0.0,), (1.0,))
    return Classifier(
        Shade(shift), source="shade", weights=None, sha256="0", input=seen, classes=CLASSES
    )


def grey(split, each=4):
    """Images that are of one grey, but for a dot whose place differs."""
    labels = torch.arange(3).repeat_interleave(each)
    pixels = (labels * 51).to(torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    places = torch.arange(each).repeat(3) + (8 if split == "test" else 0)
    pixels.flatten(1)[torch.arange(3 * each), places] += 5
    return MemoryDataset(pixels, labels, CLASSES, name="grey", split=split)


def measurement(rows=64, features=None, others=()):
    test = grey("test")
    return BaselineMeasurement(
        dataset=test,
        pairs=every_pair(torch.arange(12), test.labels, 3),
        judge=BaselineJudge(shade(), others, grey("train")),
        features=features,
        samples=100,
        subsets=3,
        seed=0,
        rows=Rows(rows, print),
        runtime=DOUBLE,
    )


class Shift(nn.Module):
    """Turns a grey image into one of the class asked for, the dot kept."""

    def forward(self, images, targets):
        own = (images.flatten(1).amin(1) * 5).round()
        return (images + 0.2 * (targets - own).view(-1, 1, 1, 1)).clamp(0, 1)
