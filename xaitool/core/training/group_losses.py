"""Losses that weigh groups of samples: all the same, or the worst ones most."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from xaitool.errors import ShapeError


class GroupLoss(nn.Module, ABC):
    """From logits, labels and groups to one number: a weighted sum of the groups' own losses.

    Groups are asked for on the CPU, so that a GPU need not tell which of them a batch has.

    Args:
        loss: ``loss(logits, labels) -> scalar``, called with the rows of one group at a time.
        count: Number G of groups.
    """

    def __init__(self, loss: nn.Module, count: int) -> None:
        super().__init__()
        self.loss = loss
        self.count = count

    def forward(self, logits: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: ``(N, K)``, floating, at least one sample.
            labels: int64 ``(N,)`` in [0, K), on the same device.
            groups: int64 ``(N,)`` in [0, G), on the CPU.

        Returns:
            A scalar.

        Raises:
            ShapeError: There is not one group a sample, or one outside [0, G).
        """
        if groups.shape != labels.shape or groups.min() < 0 or groups.max() >= self.count:
            raise ShapeError(
                f"groups are {tuple(groups.shape)}, but ({len(labels)},) within 0 to "
                f"{self.count - 1} are wanted"
            )
        present, counts = groups.unique(return_counts=True)
        rows = groups.argsort(stable=True).to(logits.device).split(counts.tolist())
        losses = torch.stack([self.loss(logits[some], labels[some]) for some in rows])
        shares = counts.to(losses) / len(groups)
        weights: Tensor = self._weights(present.to(logits.device), shares, losses.detach())
        return weights.to(losses) @ losses

    @abstractmethod
    def _weights(self, present: Tensor, shares: Tensor, losses: Tensor) -> Tensor:
        """What the loss of each present group counts, ``(P,)``.

        Args:
            present: Which they are, int64 ``(P,)``.
            shares: Of the batch's samples, ``(P,)``; their sum is 1.
            losses: Their losses, ``(P,)``.
        """


class Reweighted(GroupLoss):
    """The mean over samples of ``ℓ_i N / (G n_g)``: each group counts as if it had N / G samples.

    Inverse frequency; weights have the mean 1 over the samples that were counted, so that neither
    the scale of the loss nor a good learning rate changes. The mean of a group's samples times
    their share is what they add to the mean of all, so that `loss` must be a mean over samples, as
    cross-entropy is.

    Args:
        loss: ``loss(logits, labels) -> scalar``, a mean over samples.
        counts: n_g, how many training samples each group has, ``(G,)``, all above 0.
    """

    def __init__(self, loss: nn.Module, counts: Tensor) -> None:
        super().__init__(loss, len(counts))
        counts = counts.to("cpu", torch.float64)
        self.weights: Tensor
        self.register_buffer("weights", counts.sum() / (len(counts) * counts), persistent=False)

    def _weights(self, present: Tensor, shares: Tensor, losses: Tensor) -> Tensor:
        return self.weights[present] * shares


class GroupDro(GroupLoss):
    """``sum_g q_g ℓ_g`` with weights q that follow the groups' losses, the worst most.

    Sagawa et al. 2019, "Distributionally robust neural networks for group shifts", algorithm 1:
    before each step ``q_g ← q_g exp(η ℓ_g)``, divided by the sum. The paper draws one group at a
    time, all alike; here, as in its published code, a batch has the groups that it happens to
    have, each with the mean of its rows, and one that is absent moves only with the sum. q is kept
    as logarithms, which do not vanish however long a group is the easiest. The generalisation
    adjustment C / √n_g (equation 5) and the strong penalty on the weights of the paper's
    experiments are not part of it: the latter is ``--weight-decay``.

    Each call is a step of q. `state_dict` has what it changes.

    Args:
        loss: ``loss(logits, labels) -> scalar``.
        count: Number G of groups.
        step: η, above 0.
    """

    def __init__(self, loss: nn.Module, count: int, step: float = 0.01) -> None:
        super().__init__(loss, count)
        self.step = step
        self.log_weights: Tensor
        even = torch.zeros(count, dtype=torch.float64).log_softmax(0)
        self.register_buffer("log_weights", even)

    @property
    def weights(self) -> Tensor:
        """q, ``(G,)``, of sum 1."""
        return self.log_weights.exp()

    def _weights(self, present: Tensor, shares: Tensor, losses: Tensor) -> Tensor:
        moved = self.log_weights.index_add(0, present, self.step * losses.to(self.log_weights))
        self.log_weights.copy_(moved.log_softmax(0))
        return self.weights[present]
