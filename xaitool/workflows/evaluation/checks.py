"""What ``evaluate`` refuses before it loads weights, downloads data or measures anything.

Each check imports what it needs itself: no metric loads what only others are checked with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xaitool.errors import ConfigError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.folders import check_out_folder, check_writable
from xaitool.registry import load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.picture_path import source_name
from xaitool.workflows.evaluation.subjects import Subject, no_data
from xaitool.workflows.models.recorded import explained_model
from xaitool.workflows.models.source import known_facts

# The rooms of the metrics are above this one, so they are named as the registry names them.
_ROOM = "workflows.evaluation"
_ATTACKS = {
    "robustness": f"{_ROOM}.classifiers.robustness:ATTACKS",
    "misclassification-rank": f"{_ROOM}.classifiers.misclassification_rank:ATTACKS",
    "features": f"{_ROOM}.classifiers.features:ATTACKS",
}


def check_before_work(subjects: Sequence[Subject], config: EvaluateConfig) -> None:
    """Refuse what names, places and options alone tell to be wrong.

    Raises:
        InputError: As what measures the subjects.
    """
    if config.out is not None:
        check_out_folder(config.out)
        check_writable(config.out)
    read = {name for subject in subjects for one in subject.metrics.values() for name in one.reads}
    for name, check in _CHECKS.items():
        if name in read:
            check(config)
    for subject in subjects:
        _check_subject(subject, config)
        _check_pictures(subject, config, alone=len(subjects) == 1)


def _check_subject(subject: Subject, config: EvaluateConfig) -> None:
    """Refuse a model that cannot be loaded, and data, a class or an attack that do not exist."""
    read = {name for metric in subject.metrics.values() for name in metric.reads}
    classes = subject.classes
    if config.dataset is not None and "dataset" in read:
        _check_data(config.dataset, subject.kind)
    if subject.kind == "classifier":
        facts = known_facts(str(subject.path), config.weights, options=config)
        if facts is not None and "dataset" in read and config.dataset is None:
            raise no_data(facts.source)
        classes = classes if facts is None else facts.classes
    if subject.kind == "attribution" and "model" in read and config.model is None:
        with AttributionFile(subject.path) as file:
            explained_model(file)
    if classes and "target" in read:
        from xaitool.workflows.explanations.class_choice import ClassChoice

        rule = None if config.against in (None, "none") else config.against
        ClassChoice(config.target, rule, classes).check(len(classes))
    for name in sorted(_ATTACKS.keys() & subject.metrics.keys()):
        choose = load_target(f"{_ROOM}.classifiers.attacks:chosen_attacks")
        choose(config, config.attack or load_target(_ATTACKS[name]), config.epsilon or (0.1,))


def _check_data(name: str, kind: str) -> None:
    if kind == "recommender":
        from xaitool.data.ratings.load import check_ratings

        check_ratings(name)
    else:
        from xaitool.data.load import check_dataset

        check_dataset(name)


def _check_pictures(subject: Subject, config: EvaluateConfig, *, alone: bool) -> None:
    """Refuse to draw what is there already."""
    if "samples" in subject.metrics:
        load_target(f"{_ROOM}.gans.samples:samples_folder")(subject.path, config)
    if config.out is None or config.overwrite:
        return
    for name in subject.metrics:
        # Several artifacts may share a picture, which has the metric's name alone.
        names = [f"{source_name(subject.path)}-{name}*", *([] if alone else [f"{name}.*"])]
        for path in (path for one in names for path in sorted(config.out.glob(one))):
            raise ConfigError(
                f"{path} exists, but a new file was asked for", hint="replace it with --overwrite"
            )


def _check_methods(config: EvaluateConfig) -> None:
    from xaitool.workflows.explanations.baselines import check_baseline
    from xaitool.workflows.explanations.plan import method_setups

    for setup in method_setups(config):
        if setup.baseline is not None:
            check_baseline(setup.baseline, config, against=True, knows=True)


def _check_baselines(config: EvaluateConfig) -> None:
    from xaitool.workflows.explanations.baseline_choice import baselines_with_options
    from xaitool.workflows.explanations.baselines import check_baseline

    for name in baselines_with_options(config, config.baseline):
        check_baseline(name, config, against=True, knows=True)


def _check_cvae(config: EvaluateConfig) -> None:
    if config.cvae is not None:
        from xaitool.workflows.counterfactuals import cvae

        load_checkpoint(config.cvae, kind=cvae.KIND)


def _check_model(config: EvaluateConfig) -> None:
    if config.model is not None:
        known_facts(config.model, config.weights, options=config)


def _check_features(config: EvaluateConfig) -> None:
    if config.features is not None:
        from xaitool.workflows.features.source import check_features

        check_features(config.features, options=config)


def _check_others(config: EvaluateConfig) -> None:
    for source in (*config.judge, *config.transfer_from):
        known_facts(source)


_CHECKS: dict[str, Callable[[EvaluateConfig], None]] = {
    "method": _check_methods,
    "baseline": _check_baselines,
    "cvae": _check_cvae,
    "model": _check_model,
    "features": _check_features,
    "judge": _check_others,
    "transfer_from": _check_others,
}
"""What looks at an option that some metric reads, by the option's name."""
