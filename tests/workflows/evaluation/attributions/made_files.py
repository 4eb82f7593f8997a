"""Attribution files made by hand, and what ``evaluate`` says of them."""

from pathlib import Path

import torch

from xaitool.io.attributions import AttributionRows, AttributionWriter
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate

PARTS = [["shirt", "sea"], ["bag", "sea"], ["shirt", "wood"], ["bag", "wood"]]
MASK = torch.tensor([[[1, 0, 0, 0]]], dtype=torch.uint8)
NAMES = ("different object", "different scene", "overall")


def write(maps, target, against, *, parts=PARTS, masks=True, extra=None, name="a.h5"):
    """A file of one-vs-one maps ``(N, C, H, W)``."""
    count = len(maps)
    rows = AttributionRows(
        attribution=maps,
        label=torch.full((count,), -1),
        prediction=torch.zeros(count, 4),
        index=torch.arange(count),
        input=torch.zeros_like(maps),
        target=torch.tensor(target),
        against=torch.tensor(against),
        score_input=torch.zeros(count),
        score_baseline=torch.zeros(count),
        completeness_gap=torch.zeros(count),
        filename=[str(row) for row in range(count)],
        object_mask=MASK.expand(count, 1, 1, 4) if masks else None,
        extra=extra or {},
    )
    attributes = {"class_parts": parts} if parts else {}
    with AttributionWriter.create(Path(name), attributes, overwrite=True) as writer:
        writer.append(rows)


def measure(*metrics, artifact="a.h5", **options):
    config = EvaluateConfig(artifacts=(Path(artifact),), metric=metrics, device="cpu", **options)
    rows = evaluate(config)
    assert isinstance(rows, list)
    return rows


def maps_of(*rows):
    return torch.tensor(rows).view(len(rows), 1, 1, 4)


def every_class(*rows):
    """One sample of class 0 with a map for each other class."""
    values = torch.zeros(1, 4, 1, 1, 4)
    values[0, 1:, 0, 0] = torch.tensor(rows)
    return {"classes": torch.tensor([[-1, 1, 2, 3]]), "class_values": values}
