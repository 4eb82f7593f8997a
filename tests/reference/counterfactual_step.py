"""GANMEX's networks and one training step, written out: label maps concatenated, nothing shared.

Networks are lists of their parameters, in the order in which a module names them.
"""

from typing import Any

import torch
import torch.nn.functional as F


def generate(parameters, images, labels, classes, blocks):
    left = iter(parameters)

    def normalised(x):
        mean = x.mean((2, 3), keepdim=True)
        variance = (x - mean).square().mean((2, 3), keepdim=True)
        scale, shift = next(left)[:, None, None], next(left)[:, None, None]
        return (x - mean) / (variance + 1e-5).sqrt() * scale + shift

    count, channels, height, width = images.shape
    top, start = -height % 4 // 2, -width % 4 // 2
    padded = images.new_zeros(count, channels, -(-height // 4) * 4, -(-width // 4) * 4)
    padded[:, :, top : top + height, start : start + width] = images
    maps = F.one_hot(labels, classes).to(images)[:, :, None, None]
    x = torch.cat([padded, maps.expand(-1, -1, *padded.shape[2:])], 1)
    x = normalised(F.conv2d(x, next(left), padding=3)).relu()
    for _ in range(2):
        x = normalised(F.conv2d(x, next(left), stride=2, padding=1)).relu()
    for _ in range(blocks):
        inner = normalised(F.conv2d(x, next(left), padding=1)).relu()
        x = x + normalised(F.conv2d(inner, next(left), padding=1))
    for _ in range(2):
        x = normalised(F.conv_transpose2d(x, next(left), stride=2, padding=1)).relu()
    x = torch.tanh(F.conv2d(x, next(left), padding=3))
    assert next(left, None) is None
    return x[:, :, top : top + height, start : start + width]


def judge(parameters, images, classes=None):
    """Patch map and, with classes, their logits."""
    *trunk, patches = parameters if classes is None else parameters[:-1]
    x = images
    for weight, bias in zip(trunk[::2], trunk[1::2], strict=True):
        x = F.leaky_relu(F.conv2d(x, weight, bias, stride=2, padding=1), 0.01)
    logits = None if classes is None else (x[:, None] * parameters[-1]).sum((2, 3, 4))
    return F.conv2d(x, patches, padding=1), logits


class Adam:
    """Kingma and Ba 2015, algorithm 1."""

    def __init__(self, parameters, rate, betas):
        self.parameters, self.rate, self.betas, self.steps = parameters, rate, betas, 0
        self.means = [torch.zeros_like(one) for one in parameters]
        self.squares = [torch.zeros_like(one) for one in parameters]

    def step(self, gradients):
        self.steps += 1
        first, second = self.betas
        for i, gradient in enumerate(gradients):
            self.means[i] = first * self.means[i] + (1 - first) * gradient
            self.squares[i] = second * self.squares[i] + (1 - second) * gradient**2
            mean = self.means[i] / (1 - first**self.steps)
            square = self.squares[i] / (1 - second**self.steps)
            self.parameters[i].data -= self.rate * mean / (square.sqrt() + 1e-8)


def step(generator, critic, images, labels, random, *, classes, blocks, parts, weights, rate, betas,
         classifier=None, include_source=False):  # fmt: skip
    """One step; changes the parameters, returns the losses and the critic's last gradients."""
    log = weights.adversarial_loss == "log"
    own = classes if classifier is None else None
    adam_g, adam_d = Adam(generator, rate, betas), Adam(critic, rate, betas)
    lowest = 0 if include_source else 1
    targets = (labels + torch.randint(lowest, classes, labels.shape, generator=random)) % classes
    sums: dict[str, Any] = {}
    splits = [tensor.chunk(parts) for tensor in (2 * images - 1, labels, targets)]
    for real, label, target in zip(*splits, strict=True):
        fake = generate(generator, real, target, classes, blocks).detach()
        (on_real, logits), (on_fake, _) = (judge(critic, x, own) for x in (real, fake))
        share = torch.rand(len(real), 1, 1, 1, generator=random, dtype=real.dtype)
        middle = (share * real + (1 - share) * fake).requires_grad_()
        value = judge(critic, middle)[0] if own is None else judge(critic, middle, own)[0]
        (slope,) = torch.autograd.grad(value.mean((1, 2, 3)).sum(), middle, create_graph=True)
        losses = {
            "loss_critic": on_fake.mean() - on_real.mean(),
            "wasserstein": on_real.mean() - on_fake.mean(),
            "gradient_penalty": ((slope.square().sum((1, 2, 3)).sqrt() - 1) ** 2).mean(),
        }
        if log:
            real_p, fake_p = on_real.sigmoid(), on_fake.sigmoid()
            losses["loss_critic"] = -(real_p.log().mean() + (1 - fake_p).log().mean())
        losses["loss_critic"] += weights.gradient_penalty * losses["gradient_penalty"]
        if own is not None:
            losses["classification_real"] = cross_entropy(logits, label)
            losses["loss_critic"] += weights.classification * losses["classification_real"]
        critic_gradients = torch.autograd.grad(losses["loss_critic"], critic)
        adam_d.step(critic_gradients)
        for name, loss in losses.items():
            sums.setdefault(name, []).append(loss.detach())
    losses = {name: sum(values) / len(values) for name, values in sums.items()}

    fake = generate(generator, real, target, classes, blocks)
    patches, logits = judge(critic, fake, own)
    back = generate(generator, fake, label, classes, blocks)
    losses["adversarial"] = -patches.sigmoid().log().mean() if log else -patches.mean()
    logits = logits if classifier is None else classifier((fake + 1) / 2)
    losses["classification"] = cross_entropy(logits, target)
    losses["reconstruction"] = (back - real).abs().mean()
    losses["similarity"] = (fake - real).abs().mean()
    losses["loss_generator"] = (
        losses["adversarial"]
        + weights.classification * losses["classification"]
        + weights.reconstruction * losses["reconstruction"]
        + weights.similarity * losses["similarity"]
    )
    adam_g.step(torch.autograd.grad(losses["loss_generator"], generator))
    return {name: loss.detach() for name, loss in losses.items()}, critic_gradients


def cross_entropy(logits, labels):
    return (
        -(logits.exp() / logits.exp().sum(1, keepdim=True))[range(len(labels)), labels].log().mean()
    )
