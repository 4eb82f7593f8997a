"""Which baselines a method gets as the network changes."""

import pytest

from tests.trained import classifier_run
from tests.workflows.evaluation.attributions.randomised import measure, measure_generator
from xaitool.errors import ConfigError
from xaitool.workflows.evaluation.attributions import randomised_attributions


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_only_a_baseline_that_asks_the_model_is_made_anew(monkeypatch):
    asked = []
    make = randomised_attributions.explained_baseline  # type: ignore[attr-defined]

    def counted(explanation, options, network, *arguments, **keywords):
        asked.append((explanation.baseline, network.source))
        return make(explanation, options, network, *arguments, **keywords)

    monkeypatch.setattr(randomised_attributions, "explained_baseline", counted)
    options = {"method_option": ("steps=2",), "limit": 1}
    measure("integrated-gradients", baseline=("zero", "optimised-target"), **options)
    assert len(asked) == len(set(asked)) == 7
    assert [source for baseline, source in asked if baseline == "zero"] == [str(classifier_run())]


def test_a_generator_that_never_saw_a_classifier_is_not_retrained():
    with pytest.raises(ConfigError, match="no baseline is of a generator that was trained"):
        measure_generator("integrated-gradients", kind="standalone")
