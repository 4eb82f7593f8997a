"""One explanation of all images, written to a file."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.images import open_images
from xaitool.workflows.explanations.job import AttributionJob
from xaitool.workflows.explanations.plan import planned_files
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.stop_signal import StopSignal

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def job(**options):
    values = {"method": "saliency", "dataset": "digits", "limit": 3, "device": "cpu", **options}
    config = ExplainConfig(model=str(classifier_run()), **values)
    [explanation] = planned_files(config)
    classifier = load_classifier(config.model, None, CPU)
    choice = ClassChoice(config.target, config.held_against, classifier.classes)
    images = open_images(config, classifier)
    context = Context(config, CPU, Recorder())
    return AttributionJob(explanation, context, classifier, images, choice, 10)


def test_making_it_writes_nothing():
    made = job(seed=4)
    found = made.attributes()
    assert (found["method"], found["images"], found["seed"]) == ("saliency", 3, 4)
    assert found["model_sha256"] == made.classifier.sha256
    assert list(Path().iterdir()) == []


def test_every_image_has_a_row_and_a_record():
    made = job(heat_maps=1)
    records: list[Any] = []
    with StopSignal() as stop:
        written = made.run(records.append, stop)
    assert written.samples == 3
    assert written.files == [made.out, Path(records[0]["heat_map"])]
    assert [record["index"] for record in records] == [0, 1, 2]
    assert [record["heat_map"] is None for record in records] == [False, True, True]
    with AttributionFile(made.out) as file:
        assert file.attributes == made.attributes()
        assert file.read().index.tolist() == [0, 1, 2]


def test_what_is_finished_is_not_explained_again():
    records: list[Any] = []
    with StopSignal() as stop:
        first = job().run(records.append, stop)
        before = first.files[0].read_bytes()
        written = job(resume=True).run(records.append, stop)
    assert len(records) == 3
    assert (written.samples, written.files) == (3, first.files[:1])
    assert written.files[0].read_bytes() == before
