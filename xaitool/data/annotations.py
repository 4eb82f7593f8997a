"""What a dataset may know of its images beside their class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from xaitool.data.files.images import Framing
from xaitool.data.framed import framed
from xaitool.errors import DataError


@dataclass(frozen=True, eq=False)
class Attribute:
    """A property of every image that is not its class, such as the colour of a coloured digit.

    Attributes:
        values: int64 ``(N,)`` on the CPU, indices into `names`.
        names: What the values are called.
    """

    values: Tensor
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Annotations:
    """What is known of N images; empty where a dataset knows nothing more than classes.

    Attributes:
        masks: Where the object is, bool ``(N, 1, H, W)`` on the CPU: true wherever it contributes
            to the pixel. None: unknown.
        attributes: Attributes by name.
        class_parts: The object and the scene of every class; empty where a class is not a pair.
        label: The attribute that the class label is; None where it is none of them.
        sensitive: The attributes that should not decide about the class, such as the gender of a
            person; `attributes` has them.
    """

    masks: Tensor | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    class_parts: tuple[tuple[str, str], ...] = ()
    label: str | None = None
    sensitive: tuple[str, ...] = ()

    def check(self, name: str, count: int, size: tuple[int, int], classes: int) -> None:
        """Refuse what does not fit a dataset of `count` images of `size` and so many classes.

        Raises:
            DataError: A mask, an attribute or the class parts do not fit.
        """
        masks = self.masks
        if masks is not None and (
            masks.dtype != torch.bool or tuple(masks.shape) != (count, 1, *size)
        ):
            raise DataError(
                f"dataset '{name}' has masks {masks.dtype} {tuple(masks.shape)}, but bool "
                f"{(count, 1, *size)} is wanted"
            )
        for title, attribute in self.attributes.items():
            values, names = attribute.values, attribute.names
            if len(values) != count or values.min() < 0 or values.max() >= len(names):
                raise DataError(
                    f"dataset '{name}' has {len(values)} values of '{title}' for {count} images, "
                    f"but one of {len(names)} for each image is wanted"
                )
        for title in self.sensitive:
            if title not in self.attributes:
                raise DataError(
                    f"dataset '{name}' has no attribute '{title}', but its sensitive ones are "
                    f"{', '.join(self.sensitive)}"
                )
        if self.class_parts and len(self.class_parts) != classes:
            raise DataError(
                f"dataset '{name}' has the parts of {len(self.class_parts)} classes, but those of "
                f"{classes} are wanted"
            )

    def subset(self, indices: Tensor) -> Annotations:
        """Those of these images, in this order."""
        attributes = {
            name: replace(attribute, values=attribute.values[indices])
            for name, attribute in self.attributes.items()
        }
        masks = None if self.masks is None else self.masks[indices]
        return replace(self, masks=masks, attributes=attributes)

    def relabelled(self, before: Sequence[str], after: Sequence[str]) -> Annotations:
        """The same for other classes: a class keeps its parts by its name, a new one has none.

        Where any class has no parts, none has.
        """
        known = dict(zip(before, self.class_parts, strict=False))
        parts = tuple(known[name] for name in after if name in known)
        return replace(self, class_parts=parts if len(parts) == len(after) else ())

    def framed(self, framing: Framing) -> Annotations:
        """The same for images that were made squares."""
        if self.masks is None:
            return self
        return replace(self, masks=framed_masks(self.masks, framing))

    def content(self) -> bytes:
        """For a digest; nothing where nothing is known."""
        content = repr(self.class_parts).encode() if self.class_parts else b""
        for name, attribute in sorted(self.attributes.items()):
            content += repr((name, attribute.names)).encode() + attribute.values.numpy().tobytes()
        if self.sensitive:
            content += repr(("sensitive", self.sensitive)).encode()
        if self.masks is not None:
            content += b"masks" + self.masks.numpy().tobytes()
        return content


def framed_masks(masks: Tensor, framing: Framing) -> Tensor:
    """Masks bool ``(N, 1, H, W)`` of images that became squares.

    True wherever anything of the object arrives, so that a pixel outside the mask has nothing of
    it.
    """
    return framed(masks, framing, lambda values: values != 0)
