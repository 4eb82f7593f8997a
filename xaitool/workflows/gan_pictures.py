"""Pictures of trainings of GANs, one beside the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from xaitool.errors import ConfigError
from xaitool.io.folders import check_out_folder
from xaitool.report.picture_table import picture_table
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.gan_charts import curves_picture, seconds_picture
from xaitool.workflows.gan_convergence import Criteria
from xaitool.workflows.gan_history import GanHistory
from xaitool.workflows.picture_path import save_picture
from xaitool.workflows.run_samples import chosen_moments, read_picture, sample_files
from xaitool.workflows.seed_groups import SeedGroup

NAMES = ("samples.png", "fid.png", "kid.png", "seconds.png")


class GanPictures:
    """``fid.png``, ``kid.png``, ``seconds.png`` and ``samples.png`` in ``--out``.

    Without ``--out`` there are none; nor is one of what no run measured.

    Args:
        config: Where they go, and whether they replace what is there.

    Raises:
        ConfigError: They cannot go there.
    """

    def __init__(self, config: EvaluateConfig) -> None:
        self._folder = config.out
        self._overwrite = config.overwrite
        if config.out is None:
            return
        check_out_folder(config.out)
        taken = [config.out / name for name in NAMES if (config.out / name).exists()]
        if taken and not config.overwrite:
            raise ConfigError(
                f"{taken[0]} exists, but a new file was asked for",
                hint="replace it with --overwrite",
            )

    def write(
        self, histories: Sequence[GanHistory], groups: Sequence[SeedGroup], criteria: Criteria
    ) -> Iterator[Path]:
        """Write them, curves and bars a group, samples a run.

        Args:
            histories: The runs.
            groups: The same, together where they differ only in their seed.
            criteria: What counts as converged, which the curves mark.

        Yields:
            Each picture's path.

        Raises:
            ArtifactError: A run's own picture is damaged.
        """
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        pictures = {
            "samples.png": _samples(histories),
            "fid.png": curves_picture(groups, "fid", criteria),
            "kid.png": curves_picture(groups, "kid", criteria),
            "seconds.png": seconds_picture(groups),
        }
        for name, picture in pictures.items():
            if picture is not None:
                save_picture(picture, self._folder / name, overwrite=self._overwrite)
                yield self._folder / name


def _samples(histories: Sequence[GanHistory]) -> Image.Image | None:
    files = {history.path: sample_files(history.path) for history in histories}
    moments = chosen_moments(list({moment for own in files.values() for moment in own}))
    if not moments:
        return None
    names = [history.name for history in histories]
    rows = {
        history.name if names.count(history.name) == 1 else str(history.path): [
            read_picture(own[moment]) if moment in own else None for moment in moments
        ]
        for history, own in zip(histories, files.values(), strict=True)
    }
    return picture_table(rows, [str(moment) for moment in moments])
