"""What ``evaluate`` says of the maps in an attribution file, on files made by hand."""

from pathlib import Path

import pytest

from tests.trained import classifier_run
from tests.workflows.evaluation.attributions.made_files import (
    PARTS,
    maps_of,
    measure,
    write,
)
from xaitool.errors import ArtifactError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_one_pass_serves_several_metrics():
    write(maps_of([4.0, 1, 1, 1]), [0], [1])
    found = [row["metric"] for row in measure("inverse-localisation", "gini")]
    assert found == ["inverse-localisation"] * 3 + ["gini"]


@pytest.mark.parametrize(
    ("options", "metric", "message", "hint"),
    [
        ({"masks": False}, "inverse-localisation", "a.h5 has no object masks", "composite"),
        ({"parts": None}, "inverse-localisation", "a.h5 has no object masks", "composite"),
        ({"parts": PARTS[:3]}, "inverse-localisation", "each of 4 classes", None),
        ({"parts": "sea"}, "inverse-localisation", "each of 4 classes", None),
        ({"against": [-1]}, "inverse-localisation", "explains single classes", "--against all"),
        ({}, "target-similarity", "a.h5 has one attribution an image", "--against all"),
    ],
)
def test_refusals(options, metric, message, hint):
    write(**{"maps": maps_of([1.0] * 4), "target": [0], "against": [1], **options})
    with pytest.raises(ArtifactError, match=message) as error:
        measure(metric)
    assert (hint or "") in (error.value.hint or "")


def test_zero_baselines_depend_less_on_the_class_than_images_of_it():
    """Appendix B.1 of GANMEX, on digits."""
    found = {}
    for baseline in ("zero", "nearest-target"):
        out = Path(f"{baseline}.h5")
        config = ExplainConfig(
            model=str(classifier_run()),
            dataset="digits",
            limit=6,
            target="label",
            against="all",
            baseline=(baseline,),
            method_option=("steps=10",),
            heat_maps=0,
            out=out,
            device="cpu",
        )
        explain(config)
        [row] = measure("target-similarity", artifact=str(out))
        assert row["pairs"] == 6 * 36
        found[baseline] = row["spearman"]
    assert found["nearest-target"] < found["zero"] - 0.1
