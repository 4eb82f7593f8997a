"""Which baselines options name, and which fit a method."""

import pytest

from xaitool import registry
from xaitool.core.baselines.zero import Zero
from xaitool.errors import ConfigError, UnknownNameError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.baseline_choice import (
    baseline_class,
    baselines_with_options,
    check_fit,
)


def test_a_name_or_a_name_and_a_file():
    assert baseline_class("zero") is Zero
    assert baseline_class("ganmex:runs/a:b") is registry.load("baseline", "ganmex")


@pytest.mark.parametrize("name", ["zero:a", "zero:", "ganmex", "ganmex:", "cvae", "image"])
def test_a_file_where_it_is_wanted(name):
    with pytest.raises(ConfigError, match=f"baseline is '{name}', but NAME, image:FILE"):
        baseline_class(name)


def test_no_such_baseline():
    with pytest.raises(UnknownNameError, match="unknown baseline 'zeros'; did you mean 'zero'"):
        baseline_class("zeros")


def options_of(*baselines, **options):
    return baselines_with_options(ExplainConfig(**options), baselines)


def test_references_are_drawn_by_those_that_draw():
    found = options_of("target-class", "zero", "target-class", references=7)
    assert list(found) == ["target-class", "zero"]
    assert found["target-class"]["references"] == 7
    assert "references" not in found["zero"]
    own = options_of("target-class", references=7, baseline_option=("references=3",))
    assert own["target-class"]["references"] == 3


def test_an_option_without_a_baseline():
    with pytest.raises(ConfigError, match="--baseline-option is set, but no method takes a"):
        options_of(baseline_option=("points=3",))
    with pytest.raises(ConfigError, match="baseline 'zero' has no option"):
        options_of("zero", baseline_option=("points=3",))


def fit(method, baseline, **options):
    kind = baseline_class(baseline)
    chosen = {**kind.Options().to_dict(), **options}
    check_fit(registry.load("method", method), method, kind, baseline, chosen)


def test_a_path_is_followed_by_what_follows_one():
    fit("cgi", "cvae:a.pt", points=9)
    fit("cgi", "zero")
    fit("integrated-gradients", "cvae:a.pt", points=1)
    with pytest.raises(
        ConfigError, match="is a path, but method 'integrated-gradients' wants"
    ) as one:
        fit("integrated-gradients", "cvae:a.pt", points=9)
    assert "points=1" in str(one.value.hint)
    with pytest.raises(ConfigError, match="draws several references, but method 'cgi' wants"):
        fit("cgi", "dataset")
