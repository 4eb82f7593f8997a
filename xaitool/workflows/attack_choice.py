"""Which attacks with which budgets the options name, and the options of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xaitool import registry
from xaitool.core.attacks.base import Attack, FixedBudgetAttack
from xaitool.errors import ConfigError
from xaitool.options import Options, option_fields
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.option_assignments import assigned


@dataclass(frozen=True)
class ChosenAttack:
    """An attack with its options.

    Attributes:
        name: Of the registry.
        attack: Its class.
        options: As plain values, with its budget.
    """

    name: str
    attack: type[Attack]
    options: dict[str, Any]

    @property
    def epsilon(self) -> float | None:
        """Largest change of a pixel value; None for an attack that looks for the nearest image."""
        return self.options.get("epsilon")

    def built(self, rows: int) -> Attack:
        """The attack, at most `rows` images in a forward pass."""
        return self.attack(rows=rows, **self.options)


def chosen_attacks(
    config: EvaluateConfig, names: Sequence[str], epsilons: Sequence[float]
) -> list[ChosenAttack]:
    """Each attack with each budget, the budgets growing; without a budget where it has none.

    Args:
        config: The options; ``attack_option`` is read.
        names: Of the attacks; one twice is there once.
        epsilons: Budgets, in pixel values.

    Raises:
        ConfigError: An option is of no attack, its value does not fit, or it is the budget.
        UnknownNameError: An option is for an attack that is not among them.
    """
    kinds: dict[str, type[Attack]] = {name: registry.load("attack", name) for name in names}
    if "epsilon" in assigned_names(config):
        raise ConfigError(
            "--attack-option sets epsilon, but --epsilon is wanted for it", hint="--epsilon 0.1,0.2"
        )
    own = {name: kind.Options for name, kind in kinds.items()}
    given = assigned(config.attack_option, own, "attack", hint=_hint(own))
    budgets = sorted(set(epsilons))
    return [
        ChosenAttack(name, kind, given[name].to_dict() | budget)
        for name, kind in kinds.items()
        for budget in _budgets(kind, budgets)
    ]


def assigned_names(config: EvaluateConfig) -> set[str]:
    """The options that ``--attack-option`` sets, whatever attack they are for."""
    return {one.partition("=")[0].rpartition(".")[2] for one in config.attack_option}


def _budgets(kind: type[Attack], epsilons: list[float]) -> list[dict[str, float]]:
    if issubclass(kind, FixedBudgetAttack):
        return [{"epsilon": epsilon} for epsilon in epsilons]
    return [{}]


def _hint(kinds: dict[str, type[Options]]) -> str:
    own = {
        name: ", ".join(field.name for field in option_fields(kind) if field.name != "epsilon")
        for name, kind in kinds.items()
    }
    return "; ".join(f"{name} has {options}" for name, options in own.items())
