"""The conditional variational autoencoder of CIA: images under a label and sensitive attributes.

Its images are in [0, 1], pixel space.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.models.counterfactuals.cvae_networks import NETWORKS
from xaitool.errors import ModelError, ShapeError, UnknownNameError


class Cvae(nn.Module):
    """``q(z | x, y, s)`` and ``p(x | z, y, s)`` of Qiang et al. 2022 (CIA), section 3.3.

    Encoder and decoder both see the condition: the label one-hot, and each sensitive attribute
    one-hot or, on the way from one value to another, between two such vectors (equation 5). The
    code is normal with a diagonal covariance, and the decoder's logits are those of the mean of
    each pixel.

    ``mlp`` has the paper's three hidden layers; it is silent on their widths, and its code for
    BiasedMNIST has two (512, 256). ``convolutional`` is the paper's network for CelebA. There the
    published code makes new batch normalisations in every forward pass and never trains them, so
    that they do nothing; here they are layers as any other, with running statistics in eval mode.
    The paper adds the attributes as a fourth channel, its code all 40 of CelebA's, one a channel,
    and no label of its own; here every number of the condition is a channel.

    With `blind`, which is ours, the encoder is shown only the largest channel of each pixel and the
    label: a code cannot hold the colour, so the decoder has to take it from the attributes, and
    images that differ in their colour alone have one and the same code.

    Without `labelled`, which is ours as well, neither network is told the label. The label that is
    decoded with can be painted into the image, and where training labels are wrong, what then is
    trained on interpolations reads the wrong label off them instead of the shape.

    Args:
        shape: Image shape ``(C, H, W)``; sides at least 16 for ``convolutional``.
        classes: Number K of labels.
        attributes: How many values each sensitive attribute has; at least one attribute, of two
            values or more.
        latent: Numbers in a code; the paper has 2 for digits and 128 for faces.
        network: ``mlp`` or ``convolutional``.
        blind: Whether the encoder sees neither colours nor attributes; for attributes that are
            colours.
        labelled: Whether the condition holds the label; else labels change nothing.

    Attributes:
        shape: As given.
        classes: As given.
        attributes: As given.
        latent: As given.
        network: As given.
        blind: As given.
        labelled: As given.

    Raises:
        ModelError: A side or a number is out of range.
        UnknownNameError: There is no such network.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        attributes: Sequence[int],
        *,
        latent: int = 2,
        network: str = "mlp",
        blind: bool = False,
        labelled: bool = True,
    ) -> None:
        super().__init__()
        _check(shape, classes, attributes, latent)
        if network not in NETWORKS:
            raise UnknownNameError("CVAE network", network, NETWORKS)
        self.shape = shape
        self.classes = classes
        self.attributes = tuple(attributes)
        self.latent = latent
        self.network = network
        self.blind = blind
        self.labelled = labelled
        encoder, decoder = NETWORKS[network]
        label_inputs = classes * labelled
        condition = label_inputs + sum(attributes)
        seen = ((1, *shape[1:]), label_inputs) if blind else (shape, condition)
        self.encoder = encoder(*seen, 2 * latent)
        self.decoder = decoder(shape, condition, latent)

    def one_hot(self, values: Tensor) -> Tensor:
        """The attributes' one-hot vectors, side by side.

        Args:
            values: int64 ``(N, A)``, each from 0 to one less than its attribute has.

        Returns:
            ``(N, sum(attributes))`` in the dtype of the weights.

        Raises:
            ShapeError: There is not one value for each attribute.
        """
        if values.ndim != 2 or values.shape[1] != len(self.attributes):
            raise ShapeError(
                f"the attributes are {tuple(values.shape)}, but (N, {len(self.attributes)}) is "
                "wanted"
            )
        vectors = [
            F.one_hot(column, size)
            for column, size in zip(values.unbind(1), self.attributes, strict=True)
        ]
        return torch.cat(vectors, 1).to(next(self.parameters()).dtype)

    def encode(self, images: Tensor, labels: Tensor, attributes: Tensor) -> tuple[Tensor, Tensor]:
        """The code's distribution.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            labels: int64 ``(N,)``; they change nothing unless `labelled`.
            attributes: ``(N, sum(attributes))``, see `one_hot`; they change nothing with `blind`.

        Returns:
            Mean and logarithm of the variance, each ``(N, latent)``.

        Raises:
            ShapeError: The images or the attributes have another shape.
        """
        if tuple(images.shape[1:]) != tuple(self.shape):
            raise ShapeError(
                f"the images are {tuple(images.shape[1:])}, but the CVAE wants {tuple(self.shape)}"
            )
        condition = self._condition(labels, attributes)
        if self.blind:
            images = images.amax(1, keepdim=True)
            condition = condition[:, : -sum(self.attributes)]
        numbers: Tensor = self.encoder(images, condition)
        mean, log_variance = numbers.chunk(2, 1)
        return mean, log_variance

    def decode_logits(self, codes: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        """Logits ``(N, C, H, W)`` of the pixels.

        Args:
            codes: ``(N, latent)``.
            labels: int64 ``(N,)``.
            attributes: ``(N, sum(attributes))``: one-hot, or between two such vectors.

        Raises:
            ShapeError: The attributes have another shape.
        """
        logits: Tensor = self.decoder(codes, self._condition(labels, attributes))
        return logits

    def decode(self, codes: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in [0, 1]; arguments as of `decode_logits`."""
        return self.decode_logits(codes, labels, attributes).sigmoid()

    def forward(self, images: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        """The reconstruction ``(N, C, H, W)`` in [0, 1] from the code's mean; see `encode`."""
        return self.decode(self.encode(images, labels, attributes)[0], labels, attributes)

    def _condition(self, labels: Tensor, attributes: Tensor) -> Tensor:
        wanted = (len(labels), sum(self.attributes))
        if tuple(attributes.shape) != wanted:
            raise ShapeError(
                f"the attribute vectors are {tuple(attributes.shape)}, but {wanted} is wanted"
            )
        if not self.labelled:
            return attributes
        return torch.cat([F.one_hot(labels, self.classes).to(attributes), attributes], 1)


def _check(
    shape: tuple[int, int, int], classes: int, attributes: Sequence[int], latent: int
) -> None:
    if len(shape) != 3 or min(shape) < 1 or min(classes, latent) < 1:
        raise ModelError(
            f"CVAE for images {tuple(shape)} of {classes} classes with codes of {latent} numbers, "
            "but (C, H, W), at least 1 class and 1 number are wanted"
        )
    if not attributes or min(attributes) < 2:
        found = ", ".join(map(str, attributes)) or "no"
        raise ModelError(
            f"CVAE for attributes of {found} values, but at least 2 of at least one attribute are "
            "wanted"
        )
