"""Cascading randomisation as ``evaluate`` measures it, on digits."""

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate


def measure(*methods, source=None, reporter=None, **options):
    config = EvaluateConfig(
        artifacts=(source or classifier_run(),),
        metric=("parameter-randomisation",),
        method=methods,
        device="cpu",
        **{"limit": 3, **options},
    )
    rows = evaluate(config, reporter)
    assert isinstance(rows, list)
    return rows


def measure_generator(*methods, kind="ganmex", run=None, **options):
    """On the classifier that the generator was trained against."""
    baseline = (f"ganmex:{run or baseline_gan_run(kind)}",)
    values = {"method_option": ("steps=2",), "retrain": 1, "limit": 1, **options}
    return measure(*methods, source=three_digits_run(), baseline=baseline, **values)
