"""What users, items and aspects are called, and which one a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xaitool.data.names import normal_form
from xaitool.errors import ConfigError, UnknownNameError
from xaitool.near_names import near_names


@dataclass(frozen=True)
class RatingNames:
    """Names, in the order of the indices.

    Attributes:
        user_ids: The users.
        item_ids: The items.
        titles: A title for each item; its id where there is none.
        aspect_names: The aspects.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    aspect_names: tuple[str, ...]

    def user_index(self, name: str) -> int:
        """Index of a user by id.

        Raises:
            UnknownNameError: There is no such user; the message suggests the nearest ids.
        """
        index = self._users.get(normal_form(name))
        if index is None:
            raise _unknown("user", name, self.user_ids, self.user_ids)
        return index

    def item_index(self, name: str) -> int:
        """Index of an item by id, else by title, whatever the case of its letters.

        Raises:
            UnknownNameError: There is no such item; the message suggests the nearest titles.
            ConfigError: Several items have this title.
        """
        if (index := self._items.get(normal_form(name))) is not None:
            return index
        matches = self._titles.get(_title_key(name), [])
        if len(matches) > 1:
            ids = ", ".join(self.item_ids[index] for index in matches)
            raise ConfigError(
                f"title '{name}' is that of items {ids}, but one item is wanted",
                hint="name it by its id",
            )
        if not matches:
            raise _unknown("item", name, self.titles, self.item_ids)
        return matches[0]

    @cached_property
    def _users(self) -> dict[str, int]:
        return {normal_form(name): index for index, name in enumerate(self.user_ids)}

    @cached_property
    def _items(self) -> dict[str, int]:
        return {normal_form(name): index for index, name in enumerate(self.item_ids)}

    @cached_property
    def _titles(self) -> dict[str, list[int]]:
        indices: dict[str, list[int]] = defaultdict(list)
        for index, title in enumerate(self.titles):
            indices[_title_key(title)].append(index)
        return dict(indices)


def _title_key(title: str) -> str:
    return normal_form(title.strip()).casefold()


def _unknown(what: str, name: str, names: Sequence[str], ids: Sequence[str]) -> UnknownNameError:
    near = near_names(name, names)
    listed = ", ".join(f"'{one}'" for one in near) if near else f"ids such as {ids[0]}, {ids[-1]}"
    hint = f"{'nearest' if near else 'there are'}: {listed}; {len(ids):,} {what}s in all"
    return UnknownNameError(what, name, near, hint=hint)
