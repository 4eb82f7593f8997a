"""What a baseline needs and cannot make by itself, whoever asks for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.labelled import LabelledImages
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.errors import ConfigError
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, load_cvae
from xaitool.workflows.counterfactuals.generator import LoadedGenerator, load_generator
from xaitool.workflows.runs.runtime import Runtime


@dataclass(frozen=True)
class OpenedBaseline:
    """A baseline that is ready to be used.

    Attributes:
        baseline: The baseline.
        facts: What a file should say of a trained generator, as plain values; else empty.
        warnings: What people should know of it.
    """

    baseline: Baseline
    facts: dict[str, str]
    warnings: tuple[str, ...]


class Supply(ABC):
    """Meets the needs of one baseline, each by the method of its name.

    Where images come from says whoever feeds it: the options of a command (`OptionSupply`) or the
    arguments of a call (`CallSupply`).

    Args:
        name: What people call the baseline: ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or
            ``cvae:CHECKPOINT``.
        model: The explained one.
        seed: The run's.
        runtime: Where it computes.
    """

    def __init__(self, name: str, model: nn.Module, seed: int, runtime: Runtime) -> None:
        self.name = name
        self._model = model
        self._seed = seed
        self._runtime = runtime
        self._facts: dict[str, str] = {}
        self._warnings: tuple[str, ...] = ()

    def opened(self, kind: type[Baseline], options: Mapping[str, Any]) -> OpenedBaseline:
        """The baseline, made of what it needs.

        Args:
            kind: Its class.
            options: Its own, as plain values.

        Raises:
            ConfigError: Something that it needs is missing.
            DataError: An image cannot be read, or a dataset is absent.
            ArtifactError: A checkpoint cannot be loaded.
            ModelError: It was trained for other images, classes or sensitive attributes.
        """
        met = {need: getattr(self, need)() for need in kind.keyword_needs()}
        return OpenedBaseline(kind(**met, **options), self._facts, self._warnings)

    def model(self) -> nn.Module:
        """The explained one."""
        return self._model

    def seed(self) -> int:
        """The run's."""
        return self._seed

    @abstractmethod
    def image(self) -> Tensor:
        """``(C, H, W)`` in [0, 1]."""

    @abstractmethod
    def references(self) -> Tensor:
        """``(R, C, H, W)`` in [0, 1]."""

    @abstractmethod
    def data(self) -> LabelledImages:
        """Images to choose from."""

    def generator(self) -> nn.Module:
        """The generator of a checkpoint that fits the model."""
        loaded = load_generator(self._file(Need.GENERATOR), self._runtime)
        self._warnings = self._check_generator(loaded)
        self._facts = _facts(loaded, loaded.kind)
        return loaded.model

    def cvae(self) -> Cvae:
        """The autoencoder of a checkpoint that fits the model."""
        loaded = load_cvae(self._file(Need.CVAE), self._runtime)
        self._check_cvae(loaded)
        self._facts = _facts(loaded, "cvae")
        return loaded.model

    @abstractmethod
    def _check_generator(self, loaded: LoadedGenerator) -> tuple[str, ...]:
        """Refuse a generator of other images or classes; what people should know of another."""

    @abstractmethod
    def _check_cvae(self, loaded: LoadedCvae) -> None:
        """Refuse an autoencoder of other images, classes or sensitive attributes."""

    def _file(self, need: Need) -> Path:
        file = self.name.partition(":")[2]
        if not file:
            raise self._missing(need, f"baseline='{self.name}:CHECKPOINT'")
        return Path(file)

    def _missing(self, need: Need, source: str) -> ConfigError:
        return ConfigError(f"baseline '{self.name}' has no {need}, but {source} is wanted")


def _facts(loaded: LoadedGenerator | LoadedCvae, kind: str) -> dict[str, str]:
    return {
        "baseline_generator": kind,
        "baseline_checkpoint": str(loaded.path),
        "baseline_sha256": loaded.sha256,
    }
