"""Images explained batch by batch: what a file of them would hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from tests.trained import classifier_run
from xaitool.core.memory import Rows
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import DataError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.explained_rows import ExplainedRows
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.images import Batch, DatasetImages
from xaitool.workflows.explanations.plan import method_setups
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


@dataclass
class Engine:
    target: str = "predicted"
    on_error: str = "stop"
    broken: tuple[int, ...] = ()
    rows: int = 2

    def __post_init__(self) -> None:
        self.images = DatasetImages(load_dataset("digits", "test"), (), 5)

    def all(self, **options: Any) -> list[Any]:
        classifier = load_classifier(str(classifier_run()), None, CPU)
        [setup] = method_setups(ExplainConfig(method=("saliency",)))
        choice = ClassChoice(self.target, None, ())

        def score_of(logits: torch.Tensor, batch: Batch) -> Score:
            if set(batch.indices.tolist()) & set(self.broken):
                raise DataError("it is broken")
            return choice.score(logits, batch.labels, "logit")

        explainer = Explainer(
            setup.bound(classifier.model, 0), None, Rows(self.rows, lambda text: None)
        )
        engine = ExplainedRows(
            setup,
            explainer,
            classifier,
            self.images,
            score_of,
            CPU,
            self.on_error,
            targets=choice.targets,
        )
        return list(engine.all(**options))


def test_batches_and_what_is_done() -> None:
    assert [rows.index.tolist() for rows in Engine().all()] == [[0, 1], [2, 3], [4]]
    assert [rows.index.tolist() for rows in Engine().all(done=(0, 3, 4))] == [[1], [2]]


def test_several_classes_of_an_image_stand_together_in_smaller_batches() -> None:
    parts = Engine(target="top2", rows=5).all()
    assert [rows.index.tolist() for rows in parts] == [[0, 0, 1, 1], [2, 2, 3, 3], [4, 4]]
    for rows in parts:
        assert rows.target.tolist() == rows.prediction[::2].topk(2).indices.flatten().tolist()


def test_an_image_that_cannot_be_explained_is_named() -> None:
    with pytest.raises(
        DataError, match="image 'digits/test/00003' cannot be explained by saliency"
    ):
        Engine(broken=(3,)).all()
    engine = Engine(broken=(3,), on_error="skip")
    assert [rows.index.tolist() for rows in engine.all()] == [[0, 1], [2], [4]]
    assert engine.images.skipped == [
        "image 'digits/test/00003' cannot be explained by saliency: it is broken"
    ]
