"""What ``--list`` prints."""

import json

import pytest

from xaitool import registry
from xaitool.workflows.catalogue import (
    explanation_lines,
    explanation_records,
    training_lines,
    training_records,
)
from xaitool.workflows.configs.presets import CLASSIFIERS


def test_the_list_shows_every_loss_and_preset() -> None:
    records = list(training_records())
    assert [one["name"] for one in records] == [*registry.names("loss"), *CLASSIFIERS]
    text = "\n".join(line for record in records for line in training_lines(record))
    assert "    beta=1.0 [at least 0]" in text
    assert "preset pc-mnist: --dataset mnist --architecture lenet5 --loss pc" in text
    assert "--freeze-backbone --head 1024" in text
    json.dumps(records)


def test_every_method_and_baseline_is_there_once():
    records = list(explanation_records())
    assert [(one["kind"], one["name"]) for one in records] == [
        (kind, name) for kind in ("method", "baseline") for name in registry.names(kind)
    ]
    assert json.loads(json.dumps(records)) == records
    for one in records:
        options = registry.load(one["kind"], one["name"]).Options()
        defaults = {option["name"]: option["default"] for option in one["options"]}
        assert defaults == options.to_dict()
        assert all(option["help"].endswith(".") for option in one["options"])


def test_a_default_baseline_is_one_that_there_is():
    methods = [one for one in explanation_records() if one["kind"] == "method"]
    defaults = {one["name"]: one["baseline"] for one in methods}
    assert set(defaults.values()) - {None} <= set(registry.names("baseline"))
    assert defaults["saliency"] is None
    assert defaults["integrated-gradients"] is not None


RECORD = {
    "kind": "method",
    "name": "some",
    "summary": "explains",
    "source": "Doe 2020",
    "baseline": "black",
    "score": None,
    "options": [
        {"name": "steps", "default": 50, "allowed": "at least 1", "help": "Points."},
        {"name": "absolute", "default": False, "allowed": "true|false", "help": "No signs."},
        {"name": "layers", "default": ["a", "b"], "allowed": "", "help": "Names."},
        {"name": "file", "default": None, "allowed": "", "help": "A file."},
    ],
}


def test_lines_for_people():
    assert explanation_lines(RECORD) == [
        "method some: explains (Doe 2020); by default: baseline black",
        "    steps=50 [at least 1]  Points.",
        "    absolute=false [true|false]  No signs.",
        "    layers=a,b  Names.",
        "    file  A file.",
    ]
    baseline = {key: RECORD[key] for key in ("name", "summary", "source", "options")}
    assert explanation_lines({**baseline, "kind": "baseline"})[0] == (
        "baseline some: explains (Doe 2020)"
    )


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        ({"loss": "pc", "batch_size": 128}, "--loss pc --batch-size 128"),
        ({"freeze_backbone": True, "milestones": (3, 5)}, "--freeze-backbone --milestones 3,5"),
    ],
)
def test_a_preset_is_what_one_would_type(values, flags):
    record = {"kind": "preset", "name": "mine", "values": values}
    assert training_lines(record) == [f"preset mine: {flags}"]
