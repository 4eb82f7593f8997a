"""Generators trained against one network after another, in the way of a given one."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from xaitool.core.baselines.counterfactual import CounterfactualBaseline
from xaitool.data.load import stratified_split
from xaitool.errors import DivergenceError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.generator import LoadedGenerator
from xaitool.workflows.counterfactuals.train_baseline_gan import CounterfactualTrainer
from xaitool.workflows.counterfactuals.training_data import load_targeted_data
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.batches import batches, step_draws
from xaitool.workflows.runs.context import Context


class RetrainedGenerators:
    """Short trainings from scratch, with a checkpoint's architecture, losses, data and seed.

    Only the classifier differs from one to the next, so that what differs between their images is
    owed to it. The learning rates fall as they would in a training of that many steps, counted in
    whole passes over the data.

    Args:
        like: The generator whose training is repeated.
        classifier: Of the kind that it is trained against.
        context: ``retrain`` steps; where the data lie.

    Raises:
        InputError: The data are absent or do not fit the classifier.
    """

    def __init__(
        self,
        like: LoadedGenerator,
        classifier: Classifier,
        context: Context[EvaluateConfig],
    ) -> None:
        config = context.config
        options = TrainBaselineGanConfig.from_mapping(like.config, source=f"checkpoint {like.path}")
        options = replace(
            options, dataset=like.dataset, data_dir=config.data_dir, workers=config.workers
        )
        self._dataset = load_targeted_data(
            Context(options, context.runtime, context.reporter), classifier
        )
        share = options.judged / len(self._dataset)
        self._train, self._held_out = stratified_split(self._dataset.labels, share, options.seed)
        self._batch_size = options.n_critic * options.batch_size
        self._steps = config.retrain
        steps_an_epoch = -(-len(self._train) // self._batch_size)
        self._config = replace(options, epochs=-(-self._steps // steps_an_epoch))
        self._runtime = context.runtime
        self._reporter = context.reporter
        self._latest: tuple[Classifier, CounterfactualBaseline] | None = None

    def baseline(self, classifier: Classifier) -> CounterfactualBaseline:
        """The baseline of a generator trained against this network; the last one is kept.

        Raises:
            DivergenceError: Its training diverged.
        """
        if self._latest is None or self._latest[0] is not classifier:
            self._latest = classifier, self._trained(classifier)
        return self._latest[1]

    def _trained(self, classifier: Classifier) -> CounterfactualBaseline:
        # A copy, because training freezes it.
        teacher = replace(
            classifier, model=copy.deepcopy(classifier.model).eval().requires_grad_(False)
        )
        trainer = CounterfactualTrainer(
            self._config, self._runtime, self._dataset, self._train, self._held_out, teacher
        )
        for epoch, step, indices in itertools.islice(self._batches(), self._steps):
            random = step_draws(self._config.seed, epoch, step, self._runtime)
            trainer.step(indices, random)
        generator_module = trainer.counterfactual.eval().requires_grad_(False)
        if not all(value.isfinite().all() for value in generator_module.state_dict().values()):
            raise DivergenceError(
                f"the generator retrained against {classifier.source} became NaN or infinite",
                hint="a smaller --retrain, or a generator with smaller learning rates",
            )
        judged = trainer.judge.measure(generator_module)
        self._reporter.message(
            f"generator retrained against {classifier.source}: {judged['hit_rate']:.0%} of its "
            f"images are of the class asked for, L1 to the input {judged['l1']:.3g}"
        )
        return CounterfactualBaseline(generator=generator_module)

    def _batches(self) -> Iterator[tuple[int, int, Tensor]]:
        """Without end, as a run of ``train-baseline-gan`` has them: epoch, step and samples."""
        for epoch in itertools.count():
            order = batches(self._config.seed, len(self._train), self._batch_size, epoch)
            for step, indices in enumerate(order):
                yield epoch, step, indices
