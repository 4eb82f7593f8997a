"""Attributions of the same images by the same method, of one network after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.memory import Rows
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.generator import load_generator
from xaitool.workflows.evaluation.attributions.explained_attributions import (
    AttributionValues,
    explained_attributions,
)
from xaitool.workflows.evaluation.attributions.explained_scores import ExplainedScores
from xaitool.workflows.evaluation.attributions.retrained_generators import RetrainedGenerators
from xaitool.workflows.evaluation.subjects import rows_for
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.plan import MethodSetup, method_setups
from xaitool.workflows.explanations.supply import OpenedBaseline
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

BaselineOf = Callable[[Classifier], Baseline | None]


class RandomisedAttributions:
    """A method and its baseline, ready to explain any network of one kind.

    Args:
        setup: The method and its options.
        baseline: What people call its baseline; None without.
        baseline_of: Makes the baseline of a network.
        explained: Images and classes.
        config: The options of the command.
        rows: Images in one forward pass.
    """

    def __init__(
        self,
        setup: MethodSetup,
        baseline: str | None,
        baseline_of: BaselineOf,
        explained: ExplainedScores,
        config: EvaluateConfig,
        rows: Rows,
    ) -> None:
        self.name = setup.name
        self.baseline = baseline
        self.title = f"{self.name}\n{baseline}" if baseline else self.name
        self._baseline_of = baseline_of
        self._explanation = setup
        self._images = explained.images
        self._score = replace(explained.score, output=setup.output)
        self._seed = config.seed
        self._rows = rows

    def of(self, classifier: Classifier) -> AttributionValues:
        """Explain a network."""
        method = self._explanation.bound(classifier.model, self._seed)
        explainer = Explainer(method, self._baseline_of(classifier), self._rows, asks=True)
        return explained_attributions(explainer, self._images, self._score)


def randomised_attributions(
    explained: ExplainedScores,
    classifier: Classifier,
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> list[RandomisedAttributions]:
    """All that the options ask for, in their order.

    Args:
        explained: Images and classes.
        classifier: The original one.
        dataset: The measured images.
        context: The options, where it computes, and whom it tells.

    Raises:
        InputError: A method or a baseline does not fit.
    """
    config = context.config
    source = _Sources(explained, classifier, context)
    randomised = [
        RandomisedAttributions(
            setup, name, baseline_of, explained, config, rows_for(dataset, context)
        )
        for setup in method_setups(config)
        for name, baseline_of in source.of(setup)
    ]
    if config.retrain and not source.retrains:
        raise ConfigError(
            f"--retrain is {config.retrain}, but no baseline is of a generator that was trained "
            "against a classifier",
            hint="--baseline ganmex:RUN",
        )
    return randomised


class _Sources:
    """Where the baselines of an explanation come from, as the network changes."""

    def __init__(
        self,
        explained: ExplainedScores,
        classifier: Classifier,
        context: Context[EvaluateConfig],
    ) -> None:
        self._against = explained.score.against is not None
        self._classifier = classifier
        self._config = context.config
        self._runtime = context.runtime
        self._reporter = context.reporter
        self._retrained: dict[str, RetrainedGenerators] = {}

    @property
    def retrains(self) -> bool:
        """Whether a generator is trained anew."""
        return bool(self._retrained)

    def of(self, setup: MethodSetup) -> Iterator[tuple[str | None, BaselineOf]]:
        """Names of baselines, and what makes them; one, or two where a generator is retrained."""
        opened = self._opened(setup, self._classifier)
        if opened is None:
            yield None, lambda network: None
            return
        for warning in opened.warnings:
            self._reporter.warning(warning)
        yield setup.baseline, self._shared(setup, opened.baseline)
        name, _, path = str(setup.baseline).partition(":")
        if self._config.retrain and opened.facts.get("baseline_generator") == "ganmex":
            yield f"{name}-retrained:{path}", self._retrained_for(path).baseline

    def _opened(self, setup: MethodSetup, network: Classifier) -> OpenedBaseline | None:
        return explained_baseline(
            setup, self._config, network, self._runtime, against=self._against
        )

    def _shared(self, setup: MethodSetup, baseline: Baseline) -> BaselineOf:
        """One baseline for all networks, unless it asks the network."""

        def baseline_of(network: Classifier) -> Baseline | None:
            if Need.MODEL not in baseline.needs or network is self._classifier:
                return baseline
            opened = self._opened(setup, network)
            return None if opened is None else opened.baseline

        return baseline_of

    def _retrained_for(self, path: str) -> RetrainedGenerators:
        if path not in self._retrained:
            self._retrained[path] = RetrainedGenerators(
                load_generator(Path(path), self._runtime),
                self._classifier,
                Context(self._config, self._runtime, self._reporter),
            )
        return self._retrained[path]
