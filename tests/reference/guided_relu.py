"""A ReLU with the backward pass of guided backpropagation written out."""

import torch
from torch import nn


class GuidedReLU(nn.Module):
    """``min(max(x, 0), top)``; a gradient passes where it is positive and x is inside."""

    def __init__(self, top=float("inf")):
        super().__init__()
        self.top = top

    def forward(self, x):
        return _Function.apply(x, self.top)


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, top):
        ctx.save_for_backward(x)
        ctx.top = top
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (x > 0) * (x < ctx.top) * (gradient > 0), None
