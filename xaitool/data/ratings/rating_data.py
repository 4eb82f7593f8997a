"""A data set of ratings, with the names and aspects of what was rated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_names import RatingNames
from xaitool.errors import ShapeError


@dataclass(frozen=True, eq=False)
class RatingData:
    """Who rated what, and what aspects it has.

    Attributes:
        name: As the command line calls it, such as ``ml-100k`` or ``csv:PATH``.
        ratings: All ratings, in the order of the files.
        times: Time stamps in seconds, int64 ``(n,)``; None where there are none or all are equal.
        user_ids: The users as the files call them; sorted, as numbers where all are numbers.
        item_ids: The rated items, same.
        titles: A title for each item; its id where there is none.
        aspect_names: The aspects, sorted.
        aspects: bool ``(items, A)``: which item has which aspects.
        scale: Lowest and highest rating.
        notes: What a user should know about the data, a sentence each.
        planted: float32 ``(users, A)``, the true preferences, where the data is made.
        planted_weights: float32 ``(items, A)``, how much of an item each aspect is, same.

    Raises:
        ShapeError: The parts do not fit each other.
    """

    name: str
    ratings: Ratings
    times: Tensor | None
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    aspect_names: tuple[str, ...]
    aspects: Tensor
    scale: tuple[float, float]
    notes: tuple[str, ...] = ()
    planted: Tensor | None = None
    planted_weights: Tensor | None = None

    def __post_init__(self) -> None:
        rating_count, user_count = len(self.ratings), self.ratings.user_count
        items, aspects = self.ratings.item_count, len(self.aspect_names)
        sizes = {
            "user_ids": ((len(self.user_ids),), (user_count,)),
            "item_ids": ((len(self.item_ids),), (items,)),
            "titles": ((len(self.titles),), (items,)),
            "aspects": (self.aspects.shape, (items, aspects)),
        }
        for part, shape in (
            ("times", (rating_count,)),
            ("planted", (user_count, aspects)),
            ("planted_weights", (items, aspects)),
        ):
            if (tensor := getattr(self, part)) is not None:
                sizes[part] = (tensor.shape, shape)
        for part, (found, wanted) in sizes.items():
            if tuple(found) != wanted:
                raise ShapeError(f"{part} have shape {tuple(found)}, but {wanted} is wanted")

    def user_index(self, name: str) -> int:
        """Index of a user by id.

        Raises:
            UnknownNameError: There is no such user; the message suggests the nearest ids.
        """
        return self.names.user_index(name)

    def item_index(self, name: str) -> int:
        """Index of an item by id, else by title, whatever the case of its letters.

        Raises:
            UnknownNameError: There is no such item; the message suggests the nearest titles.
            ConfigError: Several items have this title.
        """
        return self.names.item_index(name)

    @cached_property
    def names(self) -> RatingNames:
        """What users, items and aspects are called."""
        return RatingNames(self.user_ids, self.item_ids, self.titles, self.aspect_names)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ids, titles, aspects, scale, ratings and times, hexadecimal.

        The order of the ratings counts, because splits depend on it.
        """
        texts = (self.user_ids, self.item_ids, self.titles, self.aspect_names, self.scale)
        digest = hashlib.sha256(repr((texts, len(self.ratings), self.times is None)).encode())
        tensors = [self.ratings.users, self.ratings.items, self.ratings.values, self.aspects]
        for tensor in tensors if self.times is None else [*tensors, self.times]:
            digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()
