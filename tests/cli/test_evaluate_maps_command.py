"""The metrics of maps and of their randomisation as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Invoke, Refused
from tests.golden import missing
from tests.trained import classifier_run
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain


def test_maps_of_a_file(invoke: Invoke, refused: Refused, tmp_path: Path) -> None:
    config = ExplainConfig(
        method=("saliency",),
        model=str(classifier_run()),
        dataset="digits",
        against="all",
        limit=2,
        heat_maps=0,
        out=tmp_path / "a.h5",
    )
    explain(config)
    result = invoke("evaluate", "a.h5", "-m", "gini", "-m", "target-similarity", "--json", "-q")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["metric"] for row in rows] == ["gini", "target-similarity"]
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    refused(
        invoke("evaluate", "a.h5", "-m", "inverse-localisation", "-q"),
        "a.h5 has no object masks",
        "composite",
    )


def test_randomisation_of_a_classifier(invoke: Invoke, tmp_path: Path) -> None:
    line = "-m parameter-randomisation --method saliency --limit 2 --out pictures --device cpu"
    result = invoke("evaluate", classifier_run(), *line.split(), "-q")
    assert result.returncode == 0, result.stderr
    header, *rows = (text.split("\t") for text in result.stdout.splitlines())
    assert not missing(header, "evaluate", "row")
    assert not missing(header, "evaluate", "parameter-randomisation")
    assert [row[header.index("layer")] for row in rows][::5] == ["head", "mean"]
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
