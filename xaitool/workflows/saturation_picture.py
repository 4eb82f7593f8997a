"""The picture of a model's output along paths, as figure 7 of the CIA paper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from xaitool.report.path_curves import path_curves
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.dataset_paths import CVAE, RECOLOUR
from xaitool.workflows.picture_path import picture_path, save_picture

MOST_IMAGES = 10

TITLES = {
    "black": "integrated gradients: black to image",
    CVAE: "CGI: counterfactual to image, CVAE",
    RECOLOUR: "CGI: counterfactual to image, recoloured",
}


class SaturationPicture:
    """A panel for each path, with a line for each of up to ten images.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._overwrite = config.overwrite
        self._path = picture_path(source, config, "saturation")

    def write(self, curves: Mapping[str, Tensor], places: Tensor) -> Path | None:
        """Write it.

        Args:
            curves: By the path's name, ``(N, P)``; of more than ten images ten are shown, evenly
                spaced.
            places: ``(P,)``.
        """
        if self._path is None:
            return None
        picture = path_curves(
            {TITLES[name]: _some(outputs).tolist() for name, outputs in curves.items()},
            places.tolist(),
            x_label="place on the path",
            y_label="probability of the predicted class",
        )
        save_picture(picture, self._path, overwrite=self._overwrite)
        return self._path


def _some(outputs: Tensor) -> Tensor:
    count = min(MOST_IMAGES, len(outputs))
    return outputs[torch.linspace(0, len(outputs) - 1, count).round().long()]
