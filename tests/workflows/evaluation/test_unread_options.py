"""Each metric is refused the options that make no difference to it, and takes the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from xaitool.errors import ConfigError
from xaitool.options import OptionField, option_fields
from xaitool.registry import METRICS_OF
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation import evaluate as evaluation

FIELDS = {field.name: field for field in option_fields(EvaluateConfig)}
ABOUT = {name for of_kind in METRICS_OF.values() for one in of_kind.values() for name in one.reads}
METRICS = [(kind, name) for kind, metrics in METRICS_OF.items() for name in metrics]


# Together they are all read: a method with a path, one that compares, and images that are drawn.
EXPLAINING = {
    "method": ("expected-gradients", "cgi"),
    "baseline": ("uniform",),
    "path": "recolour",
    "pair": ("saliency",),
}
INSTEAD = {"pair"}  # of methods and baselines


@pytest.fixture(autouse=True)
def _kinds_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An artifact is of the kind that it is called."""
    monkeypatch.setattr(evaluation, "artifact_kind", lambda path: (path.name, ()))
    monkeypatch.setattr(evaluation, "check_before_work", lambda *_: None)


def plan(*kinds: str, **options: Any) -> Any:
    artifacts = tuple(Path(kind) for kind in kinds)
    return evaluation.evaluate(
        EvaluateConfig(artifacts=artifacts, dry_run=True, device="cpu", **options)
    )


def given(field: OptionField) -> dict[str, Any]:
    """The option with a value that is not its default, and what has to go with it."""
    if field.name in ("mean", "std"):
        return {"mean": (0.5,), "std": (0.5,)}
    if field.name in EXPLAINING:
        return {field.name: EXPLAINING[field.name]}
    if field.facts.choices:
        value: Any = next(one for one in field.facts.choices if one not in (field.default or ()))
    elif field.type in (int, float):
        least = field.type(field.facts.minimum or 0)
        value = least if least != field.default else least + 1
    else:
        value = "some"
    return {field.name: (value,) if field.many else value}


@pytest.mark.parametrize(("kind", "name"), METRICS)
def test_a_metric_takes_what_it_reads(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = METRICS_OF[kind][name].reads
    together = set(reads) - INSTEAD
    values = {key: value for option in together for key, value in given(FIELDS[option]).items()}
    assert plan(kind, metric=(name,), **values)["artifacts"][0]["metrics"] == [name]
    for option in INSTEAD & set(reads):
        plan(kind, metric=(name,), **given(FIELDS[option]))
    unread: dict[str, str] = {}
    monkeypatch.setattr(evaluation, "refuse_unread", lambda config, found: unread.update(found))
    plan(kind, metric=(name,))
    assert set(unread) == ABOUT - set(reads)


@pytest.mark.parametrize("option", sorted(ABOUT))
def test_an_option_is_refused_by_a_metric_that_does_not_read_it(option: str) -> None:
    kind, name = next(pair for pair in METRICS if option not in METRICS_OF[pair[0]][pair[1]].reads)
    values = given(FIELDS[option])
    flag = FIELDS[max(values, key=lambda key: key == "mean")].flag
    with pytest.raises(ConfigError, match=f"^{flag} is .*, but nothing in this run") as caught:
        plan(kind, metric=(name,), **values)
    first = str(caught.value.hint).removeprefix("--metric ").split()[0].rstrip(",")
    assert any(
        option in metrics[first].reads for metrics in METRICS_OF.values() if first in metrics
    )


@pytest.mark.parametrize(
    ("kinds", "options", "message", "hint"),
    [
        (
            ["classifier"],
            {"metric": ("accuracy",), "epsilon": (0.1,), "folds": 3},
            "--folds is 3, but nothing in this run reads it",
            "--metric rmse, mae, cold-rmse, .* of an artifact of kind 'recommender' would read it",
        ),
        (
            ["classifier"],
            {"epsilon": (0.1, 0.2)},
            "--epsilon is 0.1,0.2, but nothing in this run reads it",
            "--metric features, robustness, misclassification-rank would read it",
        ),
        (
            ["attribution"],
            {"metric": ("gini",), "judge": ("nothing",)},
            "--judge is nothing, but nothing in this run reads it",
            "--metric baseline-validity of an artifact of kind 'classifier' would read it",
        ),
    ],
)
def test_a_refusal_says_what_would_read_it(
    kinds: list[str], options: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}\n") as caught:
        plan(*kinds, **options)
    assert re.fullmatch(hint, str(caught.value.hint))


def test_one_reader_of_one_artifact_is_enough() -> None:
    plan("classifier", "attribution", limit=3, step=2, dataset="digits")
    plan("recommender", truth="all", top=3, folds=2)
    plan("baseline-gan", model="some", targets="one")


def test_unasked_several_runs_are_compared_and_what_that_reads_is_read(tmp_path: Path) -> None:
    (tmp_path / "gan").mkdir()
    runs = [str(tmp_path / "gan")] * 2
    assert plan(*runs, fid_level=30.0)["artifacts"][0]["metrics"] == ["fid", "kid", "convergence"]
    with pytest.raises(ConfigError, match="--fid-level is 30"):
        plan(runs[0], fid_level=30.0)


@pytest.mark.parametrize(
    ("options", "flag", "reader"),
    [
        ({"method": ("saliency",), "references": 7}, "--references is 7", "a baseline that draws"),
        ({"references": 7}, "--references is 7", "a baseline that draws"),
        ({"method": ("saliency",), "baseline": ("blur",)}, "--baseline is blur", "a method that"),
        ({"path": "recolour"}, "--path is recolour", "--method cgi"),
    ],
)
def test_what_the_methods_do_not_read_is_refused(
    options: dict[str, Any], flag: str, reader: str
) -> None:
    with pytest.raises(ConfigError, match=f"{flag}, but nothing in this run reads it") as caught:
        plan("classifier", metric=("parameter-randomisation",), **options)
    assert reader in str(caught.value.hint)


def test_baselines_that_are_measured_themselves_are_read() -> None:
    plan("classifier", metric=("baseline-validity",), baseline=("uniform",), references=7)
    with pytest.raises(ConfigError, match="--references is 7"):
        plan("classifier", metric=("baseline-validity",), baseline=("blur",), references=7)
