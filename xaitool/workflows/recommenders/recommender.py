"""The recommender artifact: a fitted rating model, its explanation, and what it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_names import RatingNames
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.plain import Finite, Option
from xaitool.io.stored_weights import check_weights
from xaitool.workflows.recommenders.recipe import FittedModel, RecommenderRecipe, placed
from xaitool.workflows.runs.runtime import Runtime

KIND = "recommender"


class _SavedRecipe(TypedDict):
    base: str
    base_options: dict[str, Option]
    amcf_options: dict[str, Option] | None
    seed: int


class _SeenRatings(TypedDict):
    users: Tensor
    items: Tensor
    values: Tensor


class _State(TypedDict):
    model: dict[str, Tensor]
    amcf: dict[str, Tensor] | None


class SavedRecommender(TypedDict):
    """The content of a recommender's checkpoint."""

    recipe: _SavedRecipe
    dataset: str
    dataset_digest: str
    config: dict[str, Option]
    scale: tuple[Finite, Finite]
    user_ids: list[str]
    item_ids: list[str]
    titles: list[str]
    aspect_names: list[str]
    aspects: Tensor
    seen: _SeenRatings
    state: _State


# AMCF's own state; the rest of its state_dict is the rating model and the aspects.
_AMCF_STATE = ("embeddings", "weight", "bias")


@dataclass(frozen=True, eq=False)
class Recommender:
    """A fitted rating model, its explanation, and the names of users and items.

    Attributes:
        recipe: How it was fitted.
        fitted: The rating model and AMCF, on the runtime's device.
        names: What users, items and aspects are called, and which index a name means.
        aspects: bool ``(items, A)``, on the same device.
        scale: Lowest and highest rating.
        seen: The training ratings, on the same device.
        dataset: Name of the data.
        digest: Of all the data, those ratings that were held out included.
        config: The options of ``recommend fit``, as plain values.
    """

    recipe: RecommenderRecipe
    fitted: FittedModel
    names: RatingNames
    aspects: Tensor
    scale: tuple[float, float]
    seen: Ratings
    dataset: str
    digest: str
    config: dict[str, Any]

    @property
    def base(self) -> str:
        """Registered name of the rating model."""
        return self.recipe.base

    @property
    def model(self) -> RatingModel:
        """The rating model."""
        return self.fitted.model

    @property
    def amcf(self) -> Amcf | None:
        """AMCF; None where the rating model's items have no vectors (linear, baseline)."""
        return self.fitted.amcf

    @property
    def explainer(self) -> AspectExplainer | None:
        """What explains the ratings: AMCF, or a linear model itself; None for ``baseline``."""
        return self.fitted.explainer


def save_recommender(path: Path, recommender: Recommender) -> None:
    """Save as a checkpoint of kind ``recommender``; equal ones give equal files, byte for byte.

    Raises:
        OSError: The file cannot be written.
    """
    amcf, seen, names = recommender.amcf, recommender.seen, recommender.names
    content = {
        "recipe": recommender.recipe.to_dict(),
        "dataset": recommender.dataset,
        "dataset_digest": recommender.digest,
        "config": recommender.config,
        "scale": list(recommender.scale),
        "user_ids": list(names.user_ids),
        "item_ids": list(names.item_ids),
        "titles": list(names.titles),
        "aspect_names": list(names.aspect_names),
        "aspects": recommender.aspects,
        # Half the size of the indices in memory, which are most of the file.
        "seen": {"users": seen.users.int(), "items": seen.items.int(), "values": seen.values},
        "state": {
            "model": dict(recommender.model.state_dict()),
            "amcf": amcf and {name: getattr(amcf, name) for name in _AMCF_STATE},
        },
    }
    save_checkpoint(path, KIND, content)


def load_recommender(path: Path, runtime: Runtime) -> Recommender:
    """Load a recommender.

    Args:
        path: Its run directory or checkpoint.
        runtime: Where it goes.

    Raises:
        ArtifactError: It is absent, damaged, no checkpoint of xaitool, or of another kind.
    """
    content = load_checkpoint(path, kind=KIND, schema=SavedRecommender)
    with damage_as_error(path, ours=True):
        recipe, names = RecommenderRecipe(**content["recipe"]), _names(content)
        aspects = content["aspects"].to(runtime.device)
        users, nowhere = len(names.user_ids), replace(runtime, device=torch.device("meta"))
        check_weights(
            lambda: recipe.build(users, aspects, nowhere).model,
            content["state"]["model"],
            f"checkpoint {path}",
        )
        fitted = recipe.build(users, aspects, runtime)
        _restore(fitted, content["state"])
        low, high = content["scale"]
        if low > high:  # every rating would be cut to one number
            raise ValueError(f"scale is {low} to {high}")
        return Recommender(
            recipe=recipe,
            fitted=fitted,
            names=names,
            aspects=aspects,
            scale=(low, high),
            seen=placed(_seen(content, names), runtime),
            dataset=content["dataset"],
            digest=content["dataset_digest"],
            config=content["config"],
        )


def _names(content: dict[str, Any]) -> RatingNames:
    parts = ("user_ids", "item_ids", "titles", "aspect_names")
    return RatingNames(*(tuple(content[part]) for part in parts))


def _seen(content: dict[str, Any], names: RatingNames) -> Ratings:
    seen = content["seen"]
    return Ratings(
        seen["users"].long(),
        seen["items"].long(),
        seen["values"],
        len(names.user_ids),
        len(names.item_ids),
    )


@torch.no_grad()
def _restore(fitted: FittedModel, state: dict[str, Any]) -> None:
    fitted.model.load_state_dict(state["model"])
    if fitted.amcf is not None:
        fitted.amcf.load_state_dict({**fitted.amcf.state_dict(), **state["amcf"]})
