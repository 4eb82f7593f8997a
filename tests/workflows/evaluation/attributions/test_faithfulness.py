"""Which model judges an attribution file; what is measured is tested with ``evaluate``."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torchvision.models import squeezenet1_1

from tests.trained import classifier_run
from xaitool.errors import ArtifactError, ConfigError, ModelError
from xaitool.io.attributions import AttributionRows, AttributionWriter
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)

FACTORY = """
import torch
from torch import nn

def make(classes=4):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(6, classes))
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "factory_of_tests", raising=False)
    Path("factory_of_tests.py").write_text(FACTORY)


def write(classifier, **attributes):
    """An attribution file of `classifier`, with attributions that are drawn."""
    torch.manual_seed(0)
    images = torch.rand(2, classifier.input.channels, 32, 32)
    logits = classifier.logits(images, 2)
    nothing = torch.full((2,), torch.nan)
    given = {
        "model_source": classifier.source,
        "model_weights": classifier.weights,
        "model_sha256": classifier.sha256,
        "model_options": classifier.options,
        **attributes,
    }
    rows = AttributionRows(
        attribution=torch.randn_like(images),
        label=torch.full((2,), -1),
        prediction=logits,
        index=torch.arange(2),
        input=images,
        target=logits.argmax(1),
        against=torch.full((2,), -1),
        score_input=nothing,
        score_baseline=nothing,
        completeness_gap=nothing,
        filename=["a", "b"],
    )
    with AttributionWriter.create(Path("a.h5"), given, overwrite=True) as writer:
        writer.append(rows)


def measure(**options):
    config = EvaluateConfig(artifacts=(Path("a.h5"),), metric=("insertion",), **options)
    rows = evaluate(config)
    assert isinstance(rows, list)
    return rows[0]["value"]


def load(source, weights=None, **options):
    return load_classifier(source, weights, CPU, options=ModelOptions(**options))


NORMALISED = {"mean": (0.4, 0.5, 0.6), "std": (0.1,)}


def torchvision_model(**options):
    torch.manual_seed(0)
    torch.save(squeezenet1_1(num_classes=5).state_dict(), "w.pth")
    return load("torchvision:squeezenet1_1", Path("w.pth"), input_size=32, **options)


def test_the_model_of_a_file_gets_its_options_again():
    write(torchvision_model())
    plain = measure()
    write(torchvision_model(**NORMALISED))
    normalised = measure()
    assert normalised != pytest.approx(plain, rel=1e-3)
    assert measure(**NORMALISED) == normalised
    write(torchvision_model(**NORMALISED), model_options={"input_size": 32})
    assert measure(**NORMALISED) == normalised
    assert measure() == plain


def test_a_file_from_before_there_were_options():
    classifier = load("factory_of_tests:make")
    write(classifier)
    wanted = measure(model="factory_of_tests:make")
    with h5py.File("a.h5", "r+") as file:
        nested = file.attrs["json_attributes"].split()
        nested.remove("model_options")
        file.attrs["json_attributes"] = " ".join(nested)
        del file.attrs["model_options"]
    assert measure(model="factory_of_tests:make") == wanted


@pytest.mark.parametrize("source", ["factory_of_tests:make(classes=4)", "a.pt2"])
def test_code_is_loaded_only_when_it_is_named(source):
    if source == "a.pt2":
        sys.path.insert(0, "")
        import factory_of_tests  # type: ignore[import-not-found]

        model = factory_of_tests.make().eval()
        program = torch.export.export(model, (torch.rand(2, 3, 32, 32),))
        torch.export.save(program, source)
    write(load(source, **NORMALISED))
    with pytest.raises(ModelError, match="is code, but code is loaded only where") as caught:
        measure()
    assert "--model" in str(caught.value.hint)
    # The options that the file keeps are those of its own model only.
    named = measure(model=source)
    assert named == measure(model=source, **NORMALISED)
    same = "factory_of_tests:make"
    assert measure(model=same, **NORMALISED) == pytest.approx(named, abs=1e-6)
    assert measure(model=same) != pytest.approx(named, rel=1e-3)


def test_a_model_of_other_classes():
    write(load("factory_of_tests:make"))
    with pytest.raises(ModelError, match=r"has 3 classes, but a\.h5 explains one of 4"):
        measure(model="factory_of_tests:make(3)")
    Path("names.txt").write_text("a\nb")
    with pytest.raises(ConfigError, match=r"--classes-file has 2 names, but .* has 4 classes"):
        measure(model="factory_of_tests:make", classes_file=Path("names.txt"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([1], "only input_size, resize"),
        ({"classes_file": "/etc/passwd"}, "only input_size, resize"),
        ({"channels": 2}, "--channels is 2, but 1 or 3"),
        ({"input_size": "x"}, "--input-size is 'x'"),
        ({"mean": [0.5]}, "--mean is given without --std"),
        ({"mean": None}, None),
    ],
)
def test_options_that_were_tampered_with(options, message):
    write(torchvision_model(), model_options=options)
    if message is None:
        assert measure(input_size=32) > 0
        return
    with pytest.raises(ArtifactError, match=rf"a\.h5 has model options that .*{message}"):
        measure()


def test_options_are_not_for_a_checkpoint_that_a_file_names():
    source = str(classifier_run())
    write(load("factory_of_tests:make"), model_source=source, model_options={})
    with pytest.raises(ModelError, match="is a checkpoint, but --mean is for the others"):
        measure(mean=(0.5,), std=(1,))


def test_both_ways_to_sum_channels():
    write(load("factory_of_tests:make"))
    rows = {}
    for way in ("signed", "absolute", "both"):
        config = EvaluateConfig(
            artifacts=(Path("a.h5"),),
            metric=("deletion",),
            model="factory_of_tests:make",
            channel_sum=way,
        )
        found = evaluate(config)
        assert isinstance(found, list)
        rows[way] = found
    assert rows["both"] == rows["signed"] + rows["absolute"]
    assert [row["channel_sum"] for row in rows["both"]] == ["signed", "absolute"]
    assert rows["signed"][0]["value"] != rows["absolute"][0]["value"]


def test_maps_of_zeros_are_left_out_by_all_and_counted():
    write(load("factory_of_tests:make"))
    with h5py.File("a.h5", "r+") as file:
        file["attribution"][1] = 0
    rows = evaluate(
        EvaluateConfig(
            artifacts=(Path("a.h5"),),
            metric=("insertion", "deletion", "gini"),
            model="factory_of_tests:make",
        )
    )
    assert isinstance(rows, list)
    assert [(row["metric"], row["n"], row["undefined"]) for row in rows] == [
        ("insertion", 1, 1),
        ("deletion", 1, 1),
        ("gini", 1, 1),
    ]
    assert all(0 < row["value"] < 1 for row in rows)


@pytest.mark.parametrize("metric", ["insertion", "deletion", "gini"])
def test_values_that_are_not_finite_are_refused_by_name(metric):
    write(load("factory_of_tests:make"))
    with h5py.File("a.h5", "r+") as file:
        file["attribution"][1, 0, 0, 0] = np.nan
    model = None if metric == "gini" else "factory_of_tests:make"
    config = EvaluateConfig(artifacts=(Path("a.h5"),), metric=(metric,), model=model)
    with pytest.raises(ArtifactError, match=r"a\.h5 has NaN .* in the attribution of 'b'"):
        evaluate(config)
