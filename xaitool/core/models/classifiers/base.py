"""What the small classifiers share: their arguments, their checks, and normalisation inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from torch import nn

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.core.models.normalise import Normalise


class SmallClassifier(nn.Sequential, ABC):
    """Layers one after the other, the first normalises: logits ``(N, K)`` from pixels in [0, 1].

    Args:
        shape: Image shape ``(C, H, W)``.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Attributes:
        name: What messages call the network.
        resizing: ``(kernel, stride, padding)`` of each layer that changes the size, in order.

    Raises:
        ModelError: The images are too small, or the normalisation does not fit.
    """

    name: ClassVar[str]
    resizing: ClassVar[Sequence[tuple[int, int, int]]] = ()

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        mean: Sequence[float],
        standard_deviation: Sequence[float],
    ) -> None:
        check_classifier(self.name, shape, classes, mean, standard_deviation)
        positions = size_after(self.name, shape, self.resizing)
        layers = self._layers(shape[0], positions, classes)
        super().__init__(self._arranged([Normalise(mean, standard_deviation), *layers]))

    def __getitem__(self, idx: slice | int) -> Any:
        """A layer, or some as a plain network: torch would make another one of this class."""
        if isinstance(idx, slice):
            return nn.Sequential(OrderedDict(list(self._modules.items())[idx]))
        return super().__getitem__(idx)

    @abstractmethod
    def _layers(self, channels: int, positions: int, classes: int) -> Iterable[nn.Module]:
        """All layers behind the normalisation.

        Args:
            channels: Of the images.
            positions: In the last feature map.
            classes: Number K of logits.
        """

    def _arranged(self, layers: list[nn.Module]) -> OrderedDict[str, nn.Module]:
        """The layers by the names under which their weights are stored."""
        return OrderedDict((str(place), layer) for place, layer in enumerate(layers))
