"""``--log mlflow``: a run of MLflow, in the store that ``MLFLOW_TRACKING_URI`` names."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from xaitool.workflows.runs.logs.base import LoggedRun, RunLog

# Unless the user says otherwise: nothing is told to MLflow's makers, and a server that does not
# answer is given up in seconds.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
MOST_PARAMETERS = 100  # in one request


class MlflowLog(RunLog):
    """A run of the experiment ``xaitool``, or of ``MLFLOW_EXPERIMENT_NAME``."""

    library = "mlflow"

    def __init__(self, run: LoggedRun) -> None:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        import mlflow

        self._client = mlflow.MlflowClient()
        self.id = run.id or self._begin(run)
        self._client.update_run(self.id, status="RUNNING")
        # The store knows better: a run may have been killed before its folder heard of a step.
        known = self._client.get_metric_history(self.id, "epoch")
        self.step = max((one.step for one in known), default=0)
        self.place = f"run {self.id} in {mlflow.get_tracking_uri()}"

    def write(self, step: int, figures: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """Add a step: its pictures, then all its figures at once."""
        import mlflow

        for name, path in pictures.items():
            image = mlflow.Image(str(path))
            self._client.log_image(self.id, image, key=name, step=step, synchronous=True)
        now = round(1000 * time.time())
        metrics = [
            mlflow.entities.Metric(_allowed(name), value, now, step)
            for name, value in figures.items()
        ]
        self._client.log_batch(self.id, metrics=metrics)

    def close(self, completed: bool) -> None:
        """End the run."""
        self._client.set_terminated(self.id, "FINISHED" if completed else "KILLED")

    def _begin(self, run: LoggedRun) -> str:
        import mlflow

        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "xaitool")
        experiment = mlflow.set_experiment(name).experiment_id
        begun: str = self._client.create_run(
            experiment,
            run_name=os.environ.get("MLFLOW_RUN_NAME", run.folder.resolve().name),
            tags={"command": run.command},
        ).info.run_id
        options = [
            mlflow.entities.Param(option, str(value)) for option, value in run.options.items()
        ]
        for first in range(0, len(options), MOST_PARAMETERS):
            self._client.log_batch(begun, params=options[first : first + MOST_PARAMETERS])
        return begun


def _allowed(name: str) -> str:
    return re.sub(r"[^\w. :/-]", "-", name)
