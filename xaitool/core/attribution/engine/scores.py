"""Scores of images without a gradient."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.batching import row_chunks
from xaitool.core.score import Score


@torch.no_grad()
def mean_scores(model: nn.Module, images: Tensor, score: Score, rows: int) -> Tensor:
    """Mean score over the images of each sample.

    Args:
        model: From images to logits, in eval mode.
        images: ``(N, R, C, H, W)``, R images a sample. Where all samples share theirs as an
            expanded view, the model sees each of them once.
        score: For these N samples.
        rows: Largest number of images in one forward pass.

    Returns:
        ``(N,)``.
    """
    samples, count = images.shape[:2]
    if samples > 1 and images.stride(0) == 0:
        return _of_shared(model, images[0], score, rows)
    scores = images.new_empty(samples * count)
    for chunk in row_chunks(len(scores), rows, images.device):
        sample = chunk // count
        scores[chunk] = score.select(sample)(model(images[sample, chunk % count]))
    return scores.view(samples, count).mean(1)


def _of_shared(model: nn.Module, images: Tensor, score: Score, rows: int) -> Tensor:
    chunks = row_chunks(len(images), rows, images.device)
    logits = torch.cat([model(images[chunk]) for chunk in chunks])
    own = torch.zeros(len(logits), dtype=torch.int64, device=images.device)
    means = [score.select(own + sample)(logits).mean() for sample in range(len(score))]
    return torch.stack(means)
