"""What a model sees of an image: its size, channels, resizing and normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image
from torch import Tensor

from xaitool.data.files.images import Framing, Interpolation, prepare
from xaitool.errors import ConfigError
from xaitool.workflows.configs.model import ModelOptions


@dataclass(frozen=True)
class ModelInput:
    """What a model sees of an image.

    Attributes:
        channels: 1 or 3.
        resize: Side to which an image's shorter side is resized, pixels.
        crop: Side of the central square that is cut out, pixels.
        interpolation: Of the resizing.
        mean: Of the normalisation, one a channel, in pixel units of [0, 1].
        standard_deviation: Same.
    """

    channels: int
    resize: int
    crop: int
    interpolation: Interpolation
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(C, H, W)`` of an image as the model gets it."""
        return (self.channels, self.crop, self.crop)

    @property
    def framing(self) -> Framing:
        """How a picture, of a file or of a dataset, becomes the square."""
        return Framing(self.resize, self.crop, self.interpolation)

    def prepared(self, image: Image.Image, name: str) -> Tensor:
        """An image as the model gets it, float32 ``(C, H, W)`` in [0, 1].

        Args:
            image: Of any size and colours.
            name: How messages call it.

        Raises:
            DataError: It cannot be decoded, or is too large.
        """
        return prepare(
            image,
            resize=self.resize,
            crop=self.crop,
            channels=self.channels,
            interpolation=self.interpolation,
            name=name,
        )

    @classmethod
    def unknown(cls, channels: int = 3, crop: int = 224) -> ModelInput:
        """What is taken for granted of a model of which nothing is known.

        Torchvision's own 256 before a square of 224; no cropping before any other square; no
        normalisation, with the middle of the pixels' range as their mean.
        """
        return cls(
            channels=channels,
            resize=256 if crop == 224 else crop,
            crop=crop,
            interpolation="bilinear",
            mean=(0.5,) * channels,
            standard_deviation=(1.0,) * channels,
        )

    def changed(self, options: ModelOptions) -> ModelInput:
        """As the options say; what they do not say stays.

        A new `crop` without a new `resize` is also the new `resize`: the whole shorter side is
        seen.

        Raises:
            ConfigError: The square is larger than what it is cut from, or the normalisation is
                not of as many channels as there are.
        """
        channels = options.channels or self.channels
        crop = options.input_size or self.crop
        resize = options.resize or (self.resize if crop == self.crop else crop)
        if crop > resize:
            raise ConfigError(
                f"--resize is {resize}, but at least the input size {crop} is wanted",
                hint="--input-size sets that",
            )
        return ModelInput(
            channels=channels,
            resize=resize,
            crop=crop,
            interpolation=options.interpolation or self.interpolation,  # type: ignore[arg-type]
            mean=_per_channel("--mean", options.mean, self.mean, channels),
            standard_deviation=_per_channel(
                "--std", options.std, self.standard_deviation, channels
            ),
        )


def _per_channel(
    flag: str, given: tuple[float, ...] | None, default: tuple[float, ...], channels: int
) -> tuple[float, ...]:
    if given is None and len(default) != channels:
        if len(set(default)) > 1:
            raise ConfigError(
                f"--channels is {channels}, but the model's own normalisation is of {len(default)}",
                hint="--mean and --std replace it",
            )
        given = default[:1]
    values = default if given is None else given
    if len(values) not in (1, channels):
        raise ConfigError(
            f"{flag} has {len(values)} values, but one or one for each of {channels} "
            f"channel{'s' * (channels > 1)} is wanted"
        )
    return values if len(values) == channels else values * channels


def shape_text(shape: tuple[int, ...]) -> str:
    """The shape of an image as messages say it, such as ``3x224x224``."""
    return "x".join(map(str, shape))
