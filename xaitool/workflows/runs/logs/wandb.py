"""``--log wandb``: a run of Weights & Biases, offline unless ``WANDB_MODE`` says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from xaitool.workflows.runs.logs.base import LoggedRun, RunLog

# Unless the user says otherwise: nothing is told to wandb's makers, and a kill loses what was
# logged in the last fifth of a second, not in the last 15 seconds.
DEFAULTS = {
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": "0.2",
}


class WandbLog(RunLog):
    """A run of the project ``xaitool``, or of ``WANDB_PROJECT``.

    Its files go where wandb puts them, ``./wandb`` or below ``WANDB_DIR``.
    """

    library = "wandb"

    def __init__(self, run: LoggedRun) -> None:
        for setting, value in DEFAULTS.items():
            os.environ.setdefault(setting, value)
        import wandb

        mode = os.environ.get("WANDB_MODE", "offline")
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "xaitool"),
            name=os.environ.get("WANDB_NAME", run.folder.resolve().name),
            id=run.id,
            resume="allow" if run.id else None,
            job_type=run.command,
            config=dict(run.options),
            mode=mode,
            # Another run that is open in this process goes on, too.
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off"),
        )
        self.id = self._run.id
        self.step = run.step
        offline = f"wandb sync {Path(self._run.dir).parent}"
        self.place = offline if mode == "offline" else self._run.url or f"wandb, {mode}"

    def write(self, step: int, figures: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """Add a step; wandb itself leaves out one that it has."""
        import wandb

        images = {name: wandb.Image(str(path)) for name, path in pictures.items()}
        self._run.log({**figures, **images}, step=step, commit=True)

    def close(self, completed: bool) -> None:
        """Finish the run, which waits until what is not offline was sent."""
        self._run.finish(exit_code=0 if completed else 1)
