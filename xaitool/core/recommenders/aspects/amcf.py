"""AMCF: any rating model with item vectors, explained in the aspects of its items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from xaitool.core.recommenders.aspects.aspect_attention import ATTENTIONS, attend, projection
from xaitool.core.recommenders.aspects.aspect_fit import fit_aspects
from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ModelError, ShapeError
from xaitool.options import Options, option

# Pairs whose aspect vectors are in memory at once.
ROWS = 8192


@dataclass(frozen=True, kw_only=True)
class AmcfOptions(Options):
    """What a user may set."""

    attention: str = option(
        "masked-softmax",
        "How an item's vector is shared among its aspects.",
        choices=ATTENTIONS,
        what="attention",
    )
    weighting: str = option(
        "ratings",
        "An item counts by its ratings, or every rated item the same.",
        choices=("ratings", "uniform"),
        what="weighting",
    )
    interpretation_weight: float = option(
        0.05, "λ: weight of the approximation against the decays.", above=0
    )
    aspect_decay: float = option(0.0025, "Weight decay of the aspect embeddings.", above=0)
    attention_decay: float = option(0.0015, "Weight decay of the attention.", minimum=0)


class Amcf(nn.Module):
    """Aspect embeddings and attention over the frozen item vectors of a rating model.

    Pan et al. 2020, Explainable Recommendation via Interpretable Feature Mapping. An item vector
    is approximated as ``v_hat = sum_k a_k s_k psi_k``, with the attention a linear function of the
    vector. The paper's gradient shielding leaves the rating model as it is, so here it is fitted
    first and AMCF to its vectors afterwards: no rating changes by a bit, and λ weighs the
    interpretation loss against the weight decays alone. As published, an item counts in that loss
    by its training ratings.

    Differences from the paper: the squared distance in place of the distance, so that for any
    attention the embeddings are a ridge regression and the fit takes a fraction of a second; one
    linear map in place of three without anything between them, which is the same function;
    attention is masked. The
    decays are strong on purpose. They hold attention near equal parts and embeddings of rare
    aspects short, and so the general preference close to how much an aspect matters to a user
    over all that is rated; with little decay it follows noise in the item vectors (MovieLens
    100K: T1@3 from .56 to .37).

    With ``least-squares`` embeddings are those of equal parts and the attention is the exact
    projection. Embeddings fitted under it would be the main directions *within* an aspect, which
    have no sign and so say nothing of liking.

    Args:
        model: The rating model; a fitted one before `fit`.
        aspects: bool ``(items, A)``: which aspects items have; an item may have none.
        **options: `AmcfOptions`.

    Attributes:
        embeddings: psi ``(A, E)``.

    Raises:
        ModelError: The model's items have no vectors.
        ShapeError: `aspects` are not bool, or of another number of items.
    """

    Options: ClassVar[type[Options]] = AmcfOptions
    aspects: Tensor
    embeddings: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, model: RatingModel, aspects: Tensor, **options: Any) -> None:
        super().__init__()
        _check(model, aspects)
        self.options: Any = self.Options.from_mapping(options, source="amcf")
        self.model = model
        first = torch.zeros(1, dtype=torch.int64, device=aspects.device)
        with torch.no_grad():
            nothing = torch.zeros_like(model.item_vectors(first).expand(aspects.shape[1], -1))
        self.register_buffer("aspects", aspects)
        self.register_buffer("embeddings", nothing)
        self.register_buffer("weight", nothing.clone())
        self.register_buffer("bias", nothing[:, 0].clone())

    @torch.no_grad()
    def fit(self, ratings: Ratings) -> Self:
        """Learn embeddings and attention; nothing is drawn at random and the model is only read.

        Args:
            ratings: The model's training ratings; only how often an item is rated is used.

        Raises:
            DivergenceError: An item vector is NaN or infinite.
        """
        counts = torch.bincount(ratings.items, minlength=ratings.item_count)
        chosen = self.options
        fit = fit_aspects(
            self.model.item_vectors(self._all_items()),
            counts.clamp(max=1) if chosen.weighting == "uniform" else counts,
            self.aspects,
            attention=chosen.attention,
            aspect_decay=chosen.aspect_decay / chosen.interpretation_weight,
            attention_decay=chosen.attention_decay / chosen.interpretation_weight,
        )
        for stored, learned in (
            (self.embeddings, fit.embeddings),
            (self.weight, fit.weight),
            (self.bias, fit.bias),
        ):
            stored.copy_(learned)
        return self

    @torch.no_grad()
    def attention(self, items: Tensor) -> Tensor:
        """Attention a ``(n, A)`` of items int64 ``(n,)``, 0 at aspects that they lack."""
        vectors, aspects = self.model.item_vectors(items), self.aspects[items]
        if self.options.attention == "least-squares":
            return projection(vectors, self.embeddings, aspects)
        return attend(self.options.attention, vectors @ self.weight.T + self.bias, aspects)

    @torch.no_grad()
    def general_preference(self, users: Tensor) -> Tensor:
        """What users like in general: f(q, psi_k), the rating of a pure aspect without biases.

        Args:
            users: int64 ``(n,)``.

        Returns:
            ``(n, A)`` in rating units, signed; `preferences.l1_normalised` makes users comparable.
        """
        return torch.cat(
            [
                self.model.interest(part, self.embeddings.expand(len(part), -1, -1))
                for part in users.split(max(1, ROWS // len(self.embeddings)))
            ]
        )

    @torch.no_grad()
    def specific_preference(self, users: Tensor, items: Tensor) -> Tensor:
        """Why these users would like these items: f(q, a_k psi_k), without biases.

        The published code returns the rating of the whole item at every aspect instead.

        Args:
            users: int64 ``(n,)``.
            items: int64 ``(n,)``, one to each user.

        Returns:
            ``(n, A)`` in rating units, signed, 0 at aspects that the item lacks.
        """
        distinct, place = items.unique(return_inverse=True)
        attention = self.attention(distinct)
        pair, aspect = self.aspects[items].nonzero(as_tuple=True)
        preference = attention.new_zeros(len(items), len(self.embeddings))
        for row in torch.arange(len(pair), device=pair.device).split(ROWS):
            of_pair, of_aspect = pair[row], aspect[row]
            share = attention[place[of_pair], of_aspect][:, None]
            preference[of_pair, of_aspect] = self.model.interest(
                users[of_pair], share * self.embeddings[of_aspect]
            )
        return preference

    @torch.no_grad()
    def explained_share(self, items: Tensor, *, projected: bool = True) -> Tensor:
        """How much of item vectors lies in the space of their aspects.

        Args:
            items: int64 ``(n,)``.
            projected: ``|P v|² / |v|²`` of the exact projection on the span of the item's aspects,
                the most that any attention could explain. Otherwise ``1 - |v - v_hat|² / |v|²`` of
                the attention's own v_hat, which is far below 0 for the short vectors of rarely
                rated items: a softmax cannot shorten v_hat.

        Returns:
            ``(n,)``, at most 1; 0 for an item without aspects or of vector 0.
        """
        vectors = self.model.item_vectors(items)
        attention = (
            projection(vectors, self.embeddings, self.aspects[items])
            if projected
            else self.attention(items)
        )
        length = vectors.square().sum(1)
        error = (vectors - attention @ self.embeddings).square().sum(1)
        return torch.where(length > 0, 1 - error / torch.where(length > 0, length, 1), 0)

    def _all_items(self) -> Tensor:
        return torch.arange(len(self.aspects), device=self.aspects.device)


def _check(model: RatingModel, aspects: Tensor) -> None:
    if not model.explains_vectors:
        raise ModelError(
            f"{type(model).__name__} has no item vectors, but AMCF explains them",
            hint="take a base model that has, such as svd",
        )
    wanted = model.item_count
    fits = aspects.ndim == 2 and len(aspects) == wanted and aspects.shape[1] > 0
    if aspects.dtype != torch.bool or not fits:
        raise ShapeError(
            f"aspects are {aspects.dtype} {tuple(aspects.shape)}, but bool ({wanted}, A) is wanted"
        )
