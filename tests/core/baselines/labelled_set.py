"""A labelled set in memory that counts what is read of it."""

import torch


class LabelledSet:
    def __init__(self, pixels, labels):
        self.pixels = pixels
        self.labels = labels
        self.read = []

    def images(self, indices):
        self.read.append(indices)
        return self.pixels[indices]


def random_set(count=60, classes=4, shape=(2, 5, 5), dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    pixels = torch.rand(count, *shape, generator=generator).to(dtype)
    return LabelledSet(pixels, torch.randint(classes, (count,), generator=generator))
