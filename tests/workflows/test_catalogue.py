"""What ``--list`` tells of a command's choices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.commands import COMMANDS
from xaitool import registry
from xaitool.options import Options, option_fields
from xaitool.workflows.catalogue import KEPT, kept_text, kind_of, records
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.presets import CLASSIFIERS
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig


def of_kind(kind: str, config_class: type[Options]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in records(config_class) if one["kind"] == kind}


def test_what_is_kept_is_what_the_things_say() -> None:
    assert KEPT.read_text("utf-8") == kept_text()


@pytest.mark.parametrize("config_class", COMMANDS.values())
def test_every_registered_name_is_told_once(config_class: type[Options]) -> None:
    told = list(records(config_class))
    json.dumps(told)
    for field in option_fields(config_class):
        names = [one["name"] for one in told if one["option"] == field.flag]
        kind = kind_of(field)
        if kind and kind != "metric":
            assert names == list(registry.names(kind))
    for one in told:
        assert one["summary"] or one["kind"] == "preset"
        for option in one.get("options", ()):
            assert set(option) == {"name", "default", "allowed", "help"}


def test_metrics_come_by_kind_of_artifact() -> None:
    told = [one for one in records(EvaluateConfig) if one["kind"] == "metric"]
    assert [(one["artifact"], one["name"]) for one in told] == [
        (artifact, name) for artifact, metrics in registry.METRICS_OF.items() for name in metrics
    ]


def test_a_method_tells_its_defaults() -> None:
    methods = of_kind("method", ExplainConfig)
    for name, told in methods.items():
        options = registry.load("method", name).Options()
        assert {one["name"]: one["default"] for one in told["options"]} == options.to_dict()
    assert {one["baseline"] for one in methods.values()} - {None} <= set(registry.names("baseline"))
    assert methods["saliency"]["baseline"] is None
    assert methods["integrated-gradients"]["baseline"] == "zero"


def test_a_preset_tells_its_values_and_a_loss_what_it_takes() -> None:
    assert {
        name: one["values"] for name, one in of_kind("preset", TrainClassifierConfig).items()
    } == CLASSIFIERS
    losses = of_kind("loss", TrainClassifierConfig)
    assert losses["pc"]["warm_up"]
    assert not losses["pc"]["class_weights"]
    assert losses["cross-entropy"]["class_weights"]
