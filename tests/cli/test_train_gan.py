"""``train-gan`` on the command line: its plan is that of its options, and a plan trains nothing."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Invoke, Refused
from xaitool.workflows.configs.train_gan import TrainGanConfig


def test_the_plan_of_what_was_typed(invoke: Invoke) -> None:
    line = "train-gan --xai saliency --classes 3,5 --epochs 4 --batch-size 50 -n -q --device cpu"
    plan = json.loads(invoke(*line.split()).stdout)
    wanted = TrainGanConfig(
        xai="saliency", classes=("3", "5"), epochs=4, batch_size=50, device="cpu"
    )
    assert plan["options"] == wanted.to_dict("experiment", "run")
    assert plan["steps"] == 4 * -(-plan["samples"] // 50)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("--objective bcee", "unknown objective 'bcee'; did you mean 'bce'?", "one of: "),
        ("--xai shap --latent 0", "--latent is 0, but at least 1 is wanted", ""),
        ("--classes 3,3", "classes 3, 3 name one twice, but each once is wanted", ""),
    ],
)
def test_refused(line: str, message: str, hint: str, invoke: Invoke, refused: Refused) -> None:
    refused(invoke("train-gan", *line.split(), "-q"), message, hint)
