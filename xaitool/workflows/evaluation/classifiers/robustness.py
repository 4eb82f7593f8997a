"""How much of a classifier's accuracy attacks leave, and whether its gradients flatter it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xaitool.core.metrics.robustness.masked_gradients import (
    Attempt,
    MaskingSign,
    SignName,
    masking_signs,
)
from xaitool.core.metrics.robustness.robustness import robust_accuracy
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.attacks import (
    Trial,
    attack_classifiers,
    chosen_attacks,
)
from xaitool.workflows.evaluation.subjects import load_beside, load_classifier_and_data
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]

ATTACKS = ("fgsm", "pgd", "apgd-ce", "square")
"""Where ``--attack`` is not given: one step, several, several of a step that sets itself, none."""

EPSILONS = (8 / 255,)
"""Where ``--epsilon`` is not given."""

WORST = "worst-case"
"""The attack that is each sample's strongest."""

CLAIMS: dict[SignName, str] = {
    "one-step-stronger": "{attack} of one step fools it more often than {beside} of several",
    "black-box-stronger": "{attack} without its gradients fools it more often than {beside} with",
    "zero-gradient": "{attack} fails where it finds gradients that are 0 or rounding noise",
    "budget-does-not-help": "{attack} does not fool it more often than with {beside}",
}


def measure_robustness(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row for each attack and budget, and one for the worst case of each budget.

    With ``--transfer-from`` every attack is also made on every other model and tried on all of
    them: the rows of all models are the whole matrix, whose diagonal is white-box.

    Args:
        path: The classifier.
        metrics: ``robustness``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, the share of all ``n`` images about which ``source`` is right before and after
        the attack, its Wilson interval ``low`` and ``high``; ``attack``, ``worst-case`` for the
        worst of all attacks with a budget, image by image, transferred ones included; ``epsilon``,
        the budget, None for one that looks for the nearest image; ``made_on``, the model that was
        attacked, None for the worst case; ``clean``, the share without an attack; ``success``,
        the share of these that was lost; ``l2``, the median over successes of the change's
        Euclidean length; ``zero_gradient``, the share of images whose gradient was 0 or noise
        somewhere on the way, None where it was not looked at; ``seed``; ``signs``, signs of
        masked gradients that this row shows: their names, and beside what.

    Raises:
        InputError: The classifier, the dataset, an attack or another model does not fit.
    """
    config = context.config
    epsilons = config.epsilon or EPSILONS
    attacks = chosen_attacks(config, config.attack or ATTACKS, epsilons)
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    others = [
        load_beside(source, classifier, dataset, context, "--transfer-from")
        for source in dict.fromkeys(config.transfer_from)
    ]
    trials = attack_classifiers([classifier, *others], attacks, dataset, context)
    for tried_on in (classifier, *others):
        on_it = [trial for trial in trials if trial.tried_on is tried_on]
        attempts = [_attempt(trial) for trial in on_it]
        signs = masking_signs(attempts)
        if tried_on is classifier:
            for warning in _warnings(classifier.source, signs):
                context.reporter.warning(warning)
        for trial, attempt in zip(on_it, attempts, strict=True):
            shown = {sign.name: sign.beside for sign in signs if sign.attempt is attempt}
            yield _trial_row(trial, shown, config.seed)
        for epsilon in sorted(set(epsilons)):
            together = [trial for trial in on_it if trial.attack.epsilon == epsilon]
            if together:
                yield _worst_row(together, epsilon, config.seed)


def _attempt(trial: Trial) -> Attempt:
    name = trial.attack.name
    return Attempt(
        attack=f"{name} from {trial.made_on.source}" if trial.transferred else name,
        kind="black-box" if trial.transferred else trial.attack.attack.kind,
        epsilon=trial.attack.epsilon,
        samples=trial.samples,
    )


def _warnings(source: str, signs: Sequence[MaskingSign]) -> Iterator[str]:
    """One line for each claim, whatever the number of budgets that show it."""
    epsilons: dict[str, list[str]] = {}
    for sign in signs:
        claim = CLAIMS[sign.name].format(attack=sign.attempt.attack, beside=sign.beside)
        at = sign.attempt.epsilon
        epsilons.setdefault(claim, []).extend([] if at is None else [f"{at:g}"])
    for claim, values in epsilons.items():
        where = f" at epsilon {', '.join(values)}" if values else ""
        yield f"{source} may mask its gradients, so its accuracy may flatter: {claim}{where}"


def _trial_row(trial: Trial, signs: dict[SignName, str], seed: int) -> Row:
    zero = float(trial.samples.zero_gradient.double().mean())
    return _row(
        [trial],
        {
            "attack": trial.attack.name,
            "epsilon": trial.attack.epsilon,
            "made_on": trial.made_on.source,
        },
        {"zero_gradient": None if trial.transferred else zero, "seed": seed, "signs": signs},
    )


def _worst_row(trials: list[Trial], epsilon: float, seed: int) -> Row:
    return _row(
        trials,
        {"attack": WORST, "epsilon": epsilon, "made_on": None},
        {"zero_gradient": None, "seed": seed, "signs": {}},
    )


def _row(trials: list[Trial], attack: Row, more: Row) -> Row:
    result = robust_accuracy(*(trial.samples for trial in trials))
    low, high = result.interval
    return {
        "metric": "robustness",
        "value": result.value,
        "n": result.count,
        "source": trials[0].tried_on.source,
        **attack,
        "low": low,
        "high": high,
        "clean": result.clean,
        "success": result.success,
        "l2": result.l2,
        **more,
    }
