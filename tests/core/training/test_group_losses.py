"""Losses of groups against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xaitool.core.losses.base import Loss
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.losses.logistic import Logistic
from xaitool.core.losses.pc import ProbabilisticallyCompact
from xaitool.core.training.classifier_step import classifier_step
from xaitool.core.training.group_losses import GroupDro, GroupLoss, Reweighted
from xaitool.errors import ShapeError

COUNTS = torch.tensor([70, 10, 5, 15])


def batch(size: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, labels and groups of which one, the third, is absent."""
    random = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(size, 3, generator=random, dtype=torch.float64)
    labels = torch.randint(3, (size,), generator=random)
    groups = torch.tensor([0, 1, 3])[torch.randint(3, (size,), generator=random)]
    return logits, labels, groups


def cross_entropies(logits: Tensor, labels: Tensor) -> NDArray[np.float64]:
    values = logits.numpy()
    probabilities = np.exp(values) / np.exp(values).sum(1, keepdims=True)
    return np.asarray(-np.log(probabilities[np.arange(len(labels)), labels.numpy()]))


def logistics(logits: Tensor, labels: Tensor) -> NDArray[np.float64]:
    signs = np.where(np.eye(3)[labels.numpy()] == 1, 1, -1)
    return np.asarray(np.log1p(np.exp(-signs * logits.numpy())).sum(1))


@pytest.mark.parametrize(
    ("loss", "each"), [(CrossEntropy(), cross_entropies), (Logistic(), logistics)]
)
def test_reweighting_is_a_weight_for_each_sample(loss: Loss, each) -> None:
    logits, labels, groups = batch()
    weights = np.array([100 / (4 * count) for count in COUNTS.tolist()])
    assert (weights * COUNTS.numpy()).sum() / 100 == pytest.approx(1)
    wanted = (weights[groups.numpy()] * each(logits, labels)).mean()
    found = Reweighted(loss, COUNTS)(logits, labels, groups)
    assert found.item() == pytest.approx(wanted, rel=1e-12)


def test_groups_of_one_size_and_class_weights_leave_the_loss_as_it_is() -> None:
    logits, labels, groups = batch()
    for weights in (None, [1.0, 3.0, 0.5]):
        loss = CrossEntropy(class_weights=weights)
        logits.requires_grad_(True)
        values = loss(logits, labels), Reweighted(loss, torch.full((4,), 9))(logits, labels, groups)
        torch.testing.assert_close(*values)
        gradients = [torch.autograd.grad(value, logits)[0] for value in values]
        torch.testing.assert_close(*gradients)


def test_group_dro_is_algorithm_1_over_several_steps() -> None:
    """A linear model under plain gradient descent; numpy has its own weights and its own q."""
    random = torch.Generator().manual_seed(1)
    layer = nn.Linear(4, 3, bias=False)
    model = nn.Sequential(nn.Flatten(), layer).double()
    weight, q = layer.weight.detach().numpy().copy(), np.full(4, 0.25)
    loss = GroupDro(CrossEntropy(), 4, step=0.3).double()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(6):
        images = torch.rand(12, 1, 2, 2, generator=random, dtype=torch.float64)
        labels = torch.randint(3, (12,), generator=random)
        groups = torch.randint(4, (12,), generator=random) % (3 if _ % 2 else 4)
        values = classifier_step(model, loss, optimiser, images, labels, None, groups)

        flat, kind = images.flatten(1).numpy(), groups.numpy()
        probabilities = np.exp(flat @ weight.T)
        probabilities /= probabilities.sum(1, keepdims=True)
        one_hot = np.eye(3)[labels.numpy()]
        losses = -np.log((probabilities * one_hot).sum(1))
        means = np.array([losses[kind == g].mean() if (kind == g).any() else 0 for g in range(4)])
        q = q * np.exp(0.3 * means)
        q /= q.sum()
        shares = q[kind] / np.bincount(kind, minlength=4)[kind]
        weight -= 0.5 * (shares[:, None] * (probabilities - one_hot)).T @ flat
        assert values["loss"].item() == pytest.approx((q * means).sum(), rel=1e-12)
        np.testing.assert_allclose(loss.weights.numpy(), q, rtol=1e-12)
        np.testing.assert_allclose(layer.weight.detach().numpy(), weight, rtol=1e-10)


def test_group_dro_takes_any_loss_of_a_group_alone() -> None:
    logits, labels, groups = batch()
    plain = ProbabilisticallyCompact()
    loss = GroupDro(plain, 4, step=1e-12).double()
    wanted = sum(plain(logits[groups == g], labels[groups == g]) for g in (0, 1, 3)) / 4
    torch.testing.assert_close(loss(logits, labels, groups), wanted)
    torch.testing.assert_close(
        GroupDro(plain, 1)(logits, labels, 0 * groups), plain(logits, labels)
    )


def test_a_weight_that_was_long_nothing_comes_back() -> None:
    """As plain float32 numbers it would be 0 after 6,000 steps and stay so."""
    loss = GroupDro(CrossEntropy(), 2, step=1.0).float()
    right = torch.tensor([[0.0, 50.0], [50.0, 0.0]])
    labels, groups = torch.tensor([0, 0]), torch.tensor([0, 1])
    for _ in range(200):
        loss(right, labels, groups)
    assert loss.weights.tolist() == [1, 0]
    for _ in range(201):
        loss(right.flip(0), labels, groups)
    assert loss.weights[1] > 0.99


def test_what_has_been_weighed_is_its_state() -> None:
    logits, labels, groups = batch()
    first, second = GroupDro(CrossEntropy(), 4, 0.5), GroupDro(CrossEntropy(), 4, 0.5)
    first(logits, labels, groups)
    second.load_state_dict(first.state_dict())
    assert first(logits, labels, groups).equal(second(logits, labels, groups))
    assert not Reweighted(CrossEntropy(), COUNTS).state_dict()


@pytest.mark.parametrize("loss", [GroupDro(CrossEntropy(), 4), Reweighted(CrossEntropy(), COUNTS)])
def test_nothing_is_read_back_from_the_device(loss: GroupLoss) -> None:
    logits, labels, groups = batch()
    value = loss.to("meta")(logits.to("meta"), labels.to("meta"), groups)
    assert value.is_meta
    assert value.shape == ()


@pytest.mark.parametrize("groups", [[0, 4], [-1, 0], [0, 1, 2]])
def test_groups_that_do_not_fit(groups: list[int]) -> None:
    loss = Reweighted(CrossEntropy(), COUNTS)
    with pytest.raises(ShapeError, match=r"but \(2,\) within 0 to 3 are wanted"):
        loss(torch.zeros(2, 3), torch.tensor([0, 1]), torch.tensor(groups))
