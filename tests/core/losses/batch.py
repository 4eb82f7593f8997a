"""Logits, labels and class weights of nine samples of four classes."""

from __future__ import annotations

import torch

GENERATOR = torch.Generator().manual_seed(3)


LOGITS = 3 * torch.randn(9, 4, generator=GENERATOR, dtype=torch.float64)


LABELS = torch.tensor([0, 1, 2, 3, 0, 0, 2, 1, 0])


WEIGHTS = torch.tensor([0.25, 3.0, 1.0, 0.0], dtype=torch.float64)
