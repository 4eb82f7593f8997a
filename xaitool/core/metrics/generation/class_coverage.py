"""Whether generated images are of all the classes that they should be of."""

from __future__ import annotations

from torch import Tensor

from xaitool.errors import ShapeError

PART = 10
"""A class is covered from one so-many-th of its share among the real images."""


def class_coverage(generated: Tensor, real: Tensor, wanted: Tensor) -> float:
    """Share of the wanted classes that generated images cover.

    A classifier says of which class an image is, of generated and real images alike. A class is
    covered when its share among the generated images is at least a tenth of its share among the
    real ones: fewer may be mistakes of the classifier, and much fewer mean that the class is lost.

    Source: counting modes under a classifier is common since Metz et al. 2017 (Unrolled GAN), where
    one image is enough; the tenth is ours, so that the figure does not grow with the samples.

    Args:
        generated: How many generated images the classifier puts into each class, int64 ``(K,)``.
        real: The same of real images.
        wanted: Classes that should be generated, int64 ``(W,)``. Those that the classifier never
            sees among the real images are left out.

    Returns:
        In [0, 1]; NaN where no class is left.

    Raises:
        ShapeError: The counts are not of the same classes, or there is no image.
    """
    if generated.shape != real.shape or generated.ndim != 1:
        raise ShapeError(
            f"counts are {tuple(generated.shape)} and {tuple(real.shape)}, but equal shapes "
            "(classes,) are wanted"
        )
    made, shown = generated.sum(), real.sum()
    if not made or not shown:
        raise ShapeError("0 images were counted, but at least 1 is wanted on either side")
    # In whole numbers, so that rounding never decides.
    covered = PART * generated * shown >= real * made
    return covered[wanted][real[wanted] > 0].double().mean().item()
