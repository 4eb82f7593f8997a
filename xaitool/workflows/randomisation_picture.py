"""The picture of maps while the network forgets, as GANMEX's figure 3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.explained_scores import ExplainedScores
from xaitool.workflows.picture_path import picture_path, save_picture

PICTURES = 4


class RandomisationPictures:
    """A picture for each of the first four images: methods as rows, layers as columns.

    Without ``--out`` there are none.

    Args:
        source: The classifier.
        config: Where they go.
        explained: Images and classes.
        layers: Names, from the output on.
        classes: Class names; empty where unknown.

    Raises:
        ConfigError: One cannot go there.
    """

    def __init__(
        self,
        source: Path,
        config: EvaluateConfig,
        explained: ExplainedScores,
        layers: list[str],
        classes: tuple[str, ...],
    ) -> None:
        self._explained = explained
        self._layers = layers
        self._classes = classes
        self._maps: dict[str, list[Tensor]] = {}
        paths = [
            picture_path(source, config, f"parameter-randomisation-{index:06d}")
            for index in explained.indices[:PICTURES]
        ]
        self._overwrite = config.overwrite
        self._paths = [path for path in paths if path is not None]

    def add(self, title: str, maps: Tensor) -> None:
        """The next column of a method: maps ``(N, C, H, W)``, the original ones first."""
        self._maps.setdefault(title, []).append(maps[: len(self._paths)].float())

    def write(self) -> Iterator[Path]:
        """Write them."""
        for row, path in enumerate(self._paths):
            image = self._explained.images[row].float().cpu()
            picture = attribution_grid(
                [
                    GridRow(image, title.splitlines(), [maps[row] for maps in columns])
                    for title, columns in self._maps.items()
                ],
                ["original", *self._layers],
                caption=[
                    f"{self._explained.question(row, self._classes)}. Each column randomises one "
                    "layer more, from the output to the input."
                ],
            )
            save_picture(picture, path, overwrite=self._overwrite)
            yield path
