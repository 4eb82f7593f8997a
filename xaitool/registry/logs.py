"""Logs that follow runs."""

from __future__ import annotations

from xaitool.registry.entry import Entry

LOGS = {
    "tensorboard": Entry(
        "workflows.runs.logs.tensorboard:TensorBoardLog",
        "event files in the run directory",
        "Abadi et al. 2016 (TensorFlow)",
    ),
    "wandb": Entry(
        "workflows.runs.logs.wandb:WandbLog",
        "a run of Weights & Biases, offline unless WANDB_MODE is online",
        "Biewald 2020 (Weights & Biases)",
    ),
    "mlflow": Entry(
        "workflows.runs.logs.mlflow:MlflowLog",
        "a run of MLflow, in the store that MLFLOW_TRACKING_URI names",
        "Zaharia et al. 2018 (MLflow)",
    ),
}
