"""A generator of images whose class can be read off them."""

import torch
from torch import nn


class Brighten(nn.Module):
    """Adds a tenth of the class to every pixel; in training mode it drops some."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.1))
        self.dropout = nn.Dropout()

    def forward(self, images, targets):
        return (self.dropout(images) + self.weight * targets.view(-1, 1, 1, 1)).clamp(0, 1)
