"""The peer: the networks and the training loop of StarGAN's published PyTorch code, re-created.

What it computes and in which order follows the code at https://github.com/yunjey/stargan
(``model.py``, ``solver.py``), for one image channel and with the layers of the critic that 28
pixels allow.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    norm = nn.InstanceNorm2d(channels, affine=True, track_running_stats=True)
    return [convolution, norm, nn.ReLU(inplace=True)]


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, 1, 1, bias=False) for _ in range(2))
        last = nn.InstanceNorm2d(channels, affine=True, track_running_stats=True)
        self.main = nn.Sequential(*_block(first, channels), second, last)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = features + self.main(features)
        return result


class PeerGenerator(nn.Module):
    """Label maps are concatenated as channels."""

    def __init__(self, channels: int, classes: int, width: int, blocks: int) -> None:
        super().__init__()
        layers = _block(nn.Conv2d(channels + classes, width, 7, 1, 3, bias=False), width)
        for _ in range(2):
            layers += _block(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), 2 * width)
            width *= 2
        layers += [_Residual(width) for _ in range(blocks)]
        for _ in range(2):
            up = nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False)
            layers += _block(up, width // 2)
            width //= 2
        self.main = nn.Sequential(
            *layers, nn.Conv2d(width, channels, 7, 1, 3, bias=False), nn.Tanh()
        )

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        maps = labels[:, :, None, None].repeat(1, 1, *images.shape[2:])
        result: Tensor = self.main(torch.cat([images, maps], dim=1))
        return result


class PeerCritic(nn.Module):
    """Always with its class head."""

    def __init__(self, channels: int, classes: int, width: int, layers: int) -> None:
        super().__init__()
        trunk: list[nn.Module] = []
        for _ in range(layers):
            trunk += [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.01)]
            channels, width = width, 2 * width
        self.main = nn.Sequential(*trunk)
        self.source = nn.Conv2d(channels, 1, 3, 1, 1, bias=False)
        self.classes = nn.Conv2d(channels, classes, 1, bias=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.main(images)
        return self.source(features), self.classes(features).flatten(1)


class PeerLoop:
    """Its iterations: a critic's update each, and at every fifth one of the generator's."""

    def __init__(self, classes: int, width: int, blocks: int, device: torch.device) -> None:
        self.classes = classes
        self.generator = PeerGenerator(1, classes, width, blocks).to(device)
        self.critic = PeerCritic(1, classes, width, 4).to(device)
        networks = (self.generator, self.critic)
        self.optimisers = [torch.optim.Adam(n.parameters(), 1e-4, (0.5, 0.999)) for n in networks]
        self.losses: dict[str, float] = {}

    def iteration(self, real: Tensor, labels: Tensor, *, generator_too: bool) -> None:
        targets = labels[torch.randperm(len(labels))]
        source, target = (F.one_hot(x, self.classes).float() for x in (labels, targets))
        self._update_critic(real, labels, target)
        if generator_too:
            self._update_generator(real, source, target, targets)

    def _update_critic(self, real: Tensor, labels: Tensor, target: Tensor) -> None:
        patches, logits = self.critic(real)
        loss_real, loss_class = -patches.mean(), F.cross_entropy(logits, labels)
        generated = self.generator(real, target)
        loss_fake = self.critic(generated.detach())[0].mean()
        share = torch.rand(len(real), 1, 1, 1).to(real.device)
        between = (share * real + (1 - share) * generated.detach()).requires_grad_()
        penalty = self._penalty(self.critic(between)[0], between)
        self._step(1, loss_real + loss_fake + loss_class + 10 * penalty)
        self.losses |= {"real": loss_real.item(), "fake": loss_fake.item()}
        self.losses |= {"class": loss_class.item(), "penalty": penalty.item()}

    def _penalty(self, patches: Tensor, images: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(
            patches, images, torch.ones_like(patches), retain_graph=True, create_graph=True
        )
        norm = gradient.flatten(1).square().sum(1).sqrt()
        return (norm - 1).square().mean()

    def _update_generator(
        self, real: Tensor, source: Tensor, target: Tensor, targets: Tensor
    ) -> None:
        generated = self.generator(real, target)
        patches, logits = self.critic(generated)
        loss_fake, loss_class = -patches.mean(), F.cross_entropy(logits, targets)
        loss_back = (real - self.generator(generated, source)).abs().mean()
        self._step(0, loss_fake + 10 * loss_back + loss_class)
        self.losses |= {"generator": loss_fake.item(), "back": loss_back.item()}
        self.losses |= {"target": loss_class.item()}

    def _step(self, which: int, loss: Tensor) -> None:
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss.backward()
        self.optimisers[which].step()
