"""Which rating model is fitted with which options, and how its ratings are explained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from torch import Tensor

from xaitool import registry
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.explainer import AspectExplainer, AspectWeights
from xaitool.core.recommenders.base import Progress, RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.linear import Linear
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.runs.runtime import Runtime


class FittedModel(NamedTuple):
    """A rating model and what explains it.

    Attributes:
        model: The rating model.
        amcf: None where the model's items have no vectors.
    """

    model: RatingModel
    amcf: Amcf | None

    @property
    def explainer(self) -> AspectExplainer | None:
        """AMCF, or a linear model's own weights; None where nothing explains."""
        if isinstance(self.model, Linear):
            return AspectWeights(self.model)
        return self.amcf


@dataclass(frozen=True)
class RecommenderRecipe:
    """All that a fit depends on, except for the ratings and the aspects.

    Attributes:
        base: Registered name of the rating model.
        base_options: Its options, as plain values.
        amcf_options: Those of AMCF; None where the model's items have no vectors.
        seed: Of the fit.
    """

    base: str
    base_options: dict[str, Any]
    amcf_options: dict[str, Any] | None
    seed: int

    @classmethod
    def from_config(cls, config: RecommendFitConfig) -> Self:
        """What the options of ``recommend fit`` say.

        Raises:
            ConfigError: The base or AMCF has no such option, or its value does not fit.
        """
        kind = registry.load("base", config.base)
        assignments = [
            *_assignments(factors=config.factors, epochs=config.epochs),
            *config.base_option,
        ]
        base_options = kind.Options.from_assignments(assignments, source=f"base '{config.base}'")
        amcf_options = Amcf.Options.from_assignments(
            [*_assignments(attention=config.attention), *config.amcf_option], source="AMCF"
        )
        return cls(
            base=config.base,
            base_options=base_options.to_dict(),
            amcf_options=amcf_options.to_dict() if kind.explains_vectors else None,
            seed=config.seed,
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain values; ``RecommenderRecipe(**values)`` is the way back."""
        return asdict(self)

    @property
    def epochs(self) -> int:
        """How often `fit` reports progress."""
        return int(self.base_options.get("epochs", 1))

    def build(self, user_count: int, aspects: Tensor, runtime: Runtime) -> FittedModel:
        """The models, not fitted yet.

        Args:
            user_count: How many users there are.
            aspects: bool ``(items, A)``, on any device.
            runtime: Where they go.
        """
        kind = registry.load("base", self.base)
        extra = {"aspects": aspects} if kind.reads_aspects else {}
        unplaced = kind(user_count, len(aspects), **extra, **self.base_options)
        model: RatingModel = runtime.place(unplaced)
        if self.amcf_options is None:
            return FittedModel(model, None)
        amcf = Amcf(model, aspects.to(runtime.device), **self.amcf_options)
        runtime.place(amcf)
        return FittedModel(model, amcf)

    def fit(
        self, ratings: Ratings, aspects: Tensor, runtime: Runtime, progress: Progress | None = None
    ) -> FittedModel:
        """Fit the rating model to the ratings, and AMCF to the rating model.

        Args:
            ratings: Training ratings, on the runtime's device.
            aspects: bool ``(items, A)``.
            runtime: Where it is fitted.
            progress: Told after every pass over the ratings.

        Raises:
            DataError: There are no ratings.
            DivergenceError: The training error became NaN or infinite.
        """
        fitted = self.build(ratings.user_count, aspects, runtime)
        fitted.model.fit(ratings, seed=self.seed, progress=progress)
        if fitted.amcf is not None:
            fitted.amcf.fit(ratings)
        return fitted


def placed(ratings: Ratings, runtime: Runtime) -> Ratings:
    """Ratings on the runtime's device, in its precision."""
    return Ratings(
        ratings.users.to(runtime.device),
        ratings.items.to(runtime.device),
        runtime.place(ratings.values),
        ratings.user_count,
        ratings.item_count,
    )


def _assignments(**values: object) -> list[str]:
    return [f"{name}={value}" for name, value in values.items() if value is not None]
