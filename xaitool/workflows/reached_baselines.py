"""How many baselines the model really puts into the class that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaitool.io.attributions import AttributionFile, AttributionRows

SAMPLES_AT_ONCE = 1024


@dataclass(frozen=True)
class Reached:
    """Baselines of some samples.

    Attributes:
        hits: Those that the model puts into the class that they stand for.
        count: All.
    """

    hits: int
    count: int


def count_reached(prediction: Tensor, against: Tensor, classes: Tensor | None) -> Reached:
    """Count the baselines of some samples.

    Args:
        prediction: Class that the model puts each baseline into, int64 ``(N, R)``; or
            ``(N, K, R)`` where the samples were held against each class by itself.
        against: int64 ``(N,)``.
        classes: Then int64 ``(N, K)``: each column's class, -1 for the target itself.
    """
    if prediction.ndim == 2 or classes is None:
        return Reached(int((prediction == against[:, None]).sum()), prediction.numel())
    hits = (prediction == classes[..., None]) & (classes >= 0)[..., None]
    return Reached(int(hits.sum()), int((classes >= 0).sum()) * prediction.shape[2])


def reached_share(rows: AttributionRows, row: int) -> float | None:
    """Of one sample's baselines; None where they stand for no class."""
    prediction, classes = (rows.extra.get(name) for name in ("baseline_prediction", "classes"))
    if prediction is None:
        return None
    one = slice(row, row + 1)
    found = count_reached(
        prediction[one], rows.against[one], None if classes is None else classes[one]
    )
    return found.hits / found.count


def file_reached(path: Path) -> Reached | None:
    """Of all samples of an attribution file; None where its baselines stand for no class."""
    with AttributionFile(path) as file:
        parts = []
        for first in range(0, len(file), SAMPLES_AT_ONCE):
            rows = slice(first, first + SAMPLES_AT_ONCE)
            prediction = file.column("extra/baseline_prediction", rows)
            against = file.column("against", rows)
            if prediction is None or against is None:
                return None
            parts.append(count_reached(prediction, against, file.column("extra/classes", rows)))
    return Reached(sum(part.hits for part in parts), sum(part.count for part in parts))
