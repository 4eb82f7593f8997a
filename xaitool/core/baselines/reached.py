"""Whether a baseline is of the class that it stands for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.batching import ROWS, row_chunks
from xaitool.core.frozen.untouched import untouched


def reached(model: nn.Module, references: Tensor, classes: Tensor, *, rows: int = ROWS) -> Tensor:
    """Whether a classifier predicts, for each reference, the class that it should be of.

    A one-vs-one explanation tells the target from the second class only as far as its baseline is
    of that class; so this holds for every baseline, found in a dataset, optimised or generated.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; left as it was.
        references: ``(N, R, C, H, W)``.
        classes: int64 ``(N,)``, such as ``score.against``.
        rows: Largest number of images in one forward pass.

    Returns:
        bool ``(N, R)``; its mean is the share of valid baselines.
    """
    return predictions(model, references, rows=rows) == classes[:, None]


def predictions(model: nn.Module, references: Tensor, *, rows: int = ROWS) -> Tensor:
    """The class that a classifier puts each reference into.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; left as it was.
        references: ``(N, R, C, H, W)``; may be an expanded view.
        rows: Largest number of images in one forward pass.

    Returns:
        int64 ``(N, R)``.
    """
    count = references.shape[1]
    total = len(references) * count
    predicted = torch.empty(total, dtype=torch.int64, device=references.device)
    with untouched(model) as own, torch.no_grad():
        for chunk in row_chunks(total, rows, references.device):
            predicted[chunk] = own(references[chunk // count, chunk % count]).argmax(1)
    return predicted.view(-1, count)
