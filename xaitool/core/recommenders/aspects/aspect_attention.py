"""How much of an item is each of its aspects: AMCF's attention, and the exact projection."""

from __future__ import annotations

import torch
from torch import Tensor

ATTENTIONS = ("masked-softmax", "softmax", "signed", "least-squares")


def attend(attention: str, logits: Tensor, aspects: Tensor) -> Tensor:
    """Attention of items to their aspects, from the logits of a linear map of the item vector.

    All logits 0 mean equal parts. ``masked-softmax``: positive, sum 1 over the item's aspects.
    ``softmax``, as published: a softmax over all aspects of which the item's are kept, so mass
    leaks to absent aspects and the sum is below 1. ``signed``: equal parts plus the logits,
    neither bounded nor of one sign, as the paper's Lemma 1 needs.

    Args:
        attention: One of `ATTENTIONS` but ``least-squares``, which has no logits.
        logits: ``(n, A)``.
        aspects: bool ``(n, A)``: which aspects the items have.

    Returns:
        ``(n, A)``, 0 at absent aspects; an item without aspects has all 0.
    """
    if attention == "softmax":
        return logits.softmax(1) * aspects
    if attention == "signed":
        return (logits + 1 / aspects.sum(1, keepdim=True).clamp(min=1)) * aspects
    lowest = torch.finfo(logits.dtype).min
    return logits.masked_fill(~aspects, lowest).softmax(1) * aspects


def projection(vectors: Tensor, embeddings: Tensor, aspects: Tensor) -> Tensor:
    """Coefficients of the orthogonal projection of items on the span of their own aspects.

    Least squares; of several solutions (dependent embeddings) the shortest. The paper's closed
    form for this (section 3.4) does not give the projection: its correction is 0 by construction.
    Computed in float64, from one pseudo-inverse a combination of aspects, of which there are few.

    Args:
        vectors: Item vectors ``(n, E)``.
        embeddings: Aspect embeddings ``(A, E)``.
        aspects: bool ``(n, A)``.

    Returns:
        ``(n, A)``, dtype of `vectors`, any sign, 0 at absent aspects.
    """
    wide = embeddings.double()
    combinations, combination = aspects.unique(dim=0, return_inverse=True)
    both = combinations[:, :, None] & combinations[:, None, :]
    inverses = torch.linalg.pinv((wide @ wide.T) * both, hermitian=True)
    products = (vectors.double() @ wide.T) * aspects
    coefficients = torch.zeros_like(products)
    for number, inverse in enumerate(inverses):
        rows = combination == number
        coefficients[rows] = products[rows] @ inverse
    return (coefficients * aspects).to(vectors.dtype)
