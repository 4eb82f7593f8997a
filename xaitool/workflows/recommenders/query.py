"""Who asks a fitted recommender: a few users by name, or as many as standard input has lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import torch
from torch import Tensor

from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.engine.rated_items import RatedItems
from xaitool.errors import ConfigError, DataError, ModelError
from xaitool.io.standard_input import listed_names
from xaitool.workflows.configs.recommend import QueryOptions
from xaitool.workflows.recommenders.recommender import Recommender, load_recommender
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime, make_deterministic, resolve_device


class Query:
    """A fitted recommender, and the users that a command names.

    Attributes:
        recommender: As fitted.
        rated: Its training ratings.

    Raises:
        InputError: No model or no user is named, or it is no recommender.
    """

    def __init__(self, config: QueryOptions, reporter: Reporter) -> None:
        if config.model is None:
            raise ConfigError(
                "no model is given, but --model RUN is wanted",
                hint="xaitool recommend fit makes one",
            )
        if not config.user:
            raise ConfigError(
                "no user is given, but --user ID, or --user - and a line each, is wanted"
            )
        make_deterministic()
        runtime = Runtime(resolve_device(config.device), torch.float32)
        self.recommender: Recommender = load_recommender(config.model, runtime)
        self.rated = RatedItems(self.recommender.seen)
        self._names = config.user
        self._reporter = reporter

    def explainer(self) -> AspectExplainer:
        """What explains the ratings.

        Raises:
            ModelError: Nothing does.
        """
        if self.recommender.explainer is None:
            raise ModelError(
                f"base '{self.recommender.base}' knows nothing of aspects, "
                "but they are to explain it",
                hint="fit another, such as xaitool recommend fit --base svd, or --base linear",
            )
        return self.recommender.explainer

    def blocks(self, size: int) -> Iterator[tuple[list[str], Tensor]]:
        """The users, a block at a time, so that memory does not grow with their number.

        Args:
            size: Users in a block; below 1 means 1.

        Yields:
            Ids and indices int64 ``(n,)``.

        Raises:
            UnknownNameError: There is no such user.
            DataError: Standard input was to name users, and is empty.
        """
        names, cold = self._users(), 0
        while block := list(islice(names, max(1, size))):
            users = self.indices([self.recommender.names.user_index(name) for name in block])
            cold += int((self.rated.counts[users] == 0).sum())
            yield block, users
        if cold:
            self._reporter.warning(
                f"users without a training rating, of whom nothing is known: {cold:,}"
            )

    def indices(self, indices: list[int]) -> Tensor:
        """Indices as a tensor beside the model's."""
        return torch.tensor(indices, device=self.recommender.aspects.device)

    def _users(self) -> Iterator[str]:
        names = chain.from_iterable(
            map(str.strip, listed_names()) if name == "-" else (name,) for name in self._names
        )
        first = next(names, None)
        if first is None:
            raise DataError("standard input has no users, but one id a line is wanted")
        return chain((first,), names)
