"""Which folders are splits and which are classes, by their names and by what lies in them.

Names of splits are written in many ways, and a class may be called like one: folders are splits
where several of them are called alike but for the split, as ``seg_train`` and ``seg_test`` are.
What may be either is refused, as a split that is taken for a class gives figures that look right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xaitool.data.names import normal_form
from xaitool.errors import DataError

SPLITS = ("train", "test", "val")

Tails = Mapping[str, Sequence[str]]
"""File name to its parts, below some folder."""

_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
}
_FILLERS = ("set", "split", "data", "dataset", "images", "image", "imgs", "img", "folder")
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")
_NO_CLASS = {"unknown", "unlabeled", "unlabelled", "all", *_FILLERS, *_WORDS}
_SPLIT_TOKEN = re.compile(rf"({'|'.join(_WORDS)})({'|'.join(_FILLERS)})?")

_HINT = (
    "call splits train and test, with the same class folders in each, or name a picture's split "
    "and class in attributes.csv: filename,split,label"
)


@dataclass(frozen=True)
class SplitFolders:
    """The pictures that lie in splits.

    Attributes:
        tails: Their parts below the split, the class first.
        split_of: ``train``, ``test`` or ``val`` of each.
        folders: The splits' folders.
        unlabelled: Splits without class folders, where others have some.
    """

    tails: dict[str, list[str]]
    split_of: dict[str, str]
    folders: tuple[str, ...]
    unlabelled: frozenset[str]

    @property
    def held_out(self) -> str:
        """What becomes the test split: ``test``, or ``val`` where there is no labelled ``test``."""
        splits = set(self.split_of.values()) - self.unlabelled
        return "val" if "val" in splits and "test" not in splits else "test"


def split_role(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The split that a folder is called by, and the other words of its name; None without one.

    ``seg_train`` is ``train`` with ``seg``, ``TestSet`` and ``testing`` are ``test`` with nothing.
    """
    tokens = _tokens(name)
    matches = {token: _SPLIT_TOKEN.fullmatch(token) for token in tokens}
    roles = [_WORDS[match[1]] for token in tokens if (match := matches[token])]
    if len(roles) != 1:
        return None
    rest = (token for token in tokens if not matches[token] and token not in _FILLERS)
    return roles[0], tuple(rest)


def find_splits(
    tails: Tails, title: str, *, are_classes: bool = True, are_splits: bool = True
) -> SplitFolders | None:
    """The split folders among those at the top, or in the one folder that has nearly everything.

    Args:
        tails: The pictures.
        title: How messages call the folder.
        are_classes: Whether folders name the classes, and not a table.
        are_splits: The same of the splits.

    Returns:
        The splits; None where there are none.

    Raises:
        DataError: The folders may be either.
    """
    place = _place(tails, title)
    inside = {name: list(tail[len(place) :]) for name, tail in tails.items() if _in(tail, place)}
    tops = {tail[0] for tail in inside.values() if len(tail) > 1}
    roles = _split_names(tops, title)
    if not roles:
        if are_classes:
            _check_classes(inside, tops, title)
        return None
    below = {name: tail[1:] for name, tail in inside.items() if len(tail) > 1 and tail[0] in roles}
    split_of = {name: roles[inside[name][0]] for name in below}
    for folder in roles:
        part = {name: tail for name, tail in below.items() if inside[name][0] == folder}
        below |= _without_repetition(part, folder)
    if are_classes and len(tops) > len(roles) and all(len(tail) == 1 for tail in below.values()):
        plain = sorted(tops - roles.keys())
        raise _ambiguous(title, f"pictures in {few(sorted(roles))} and in {few(plain)}")
    below = _without_wrapper(below)
    table_decides = not (are_classes and are_splits)
    unlabelled = frozenset[str]() if table_decides else _unlabelled(below, split_of, title)
    return SplitFolders(below, split_of, tuple(sorted(roles)), unlabelled)


def few(names: Sequence[str], most: int = 4) -> str:
    """Some names in quotes, for a message."""
    quoted = ", ".join(f"'{name}'" for name in names[:most])
    return f"{quoted} and {len(names) - most:,} more" if len(names) > most else quoted


def names_no_class(name: str) -> bool:
    """Whether a folder is called as those that hold any pictures are, such as ``images``."""
    return set(_tokens(name)) <= _NO_CLASS


def _tokens(name: str) -> list[str]:
    return [token.lower() for token in _TOKEN.findall(name)]


def _in(tail: Sequence[str], place: tuple[str, ...]) -> bool:
    return tuple(tail[: len(place)]) == place


def _place(tails: Tails, title: str) -> tuple[str, ...]:
    """The folder that holds a train and another split: mostly the top itself.

    Raises:
        DataError: Several hold them, or one that has half of the pictures or fewer.
    """
    below: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for tail in tails.values():
        for depth in range(len(tail) - 1):
            below[tuple(tail[:depth])].add(tail[depth])
    places = {place for place, names in below.items() if _groups(names)}
    tops = sorted(p for p in places if not any(p[:depth] in places for depth in range(len(p))))
    if not tops:
        return ()
    inside = sum(_in(tail, tops[0]) for tail in tails.values())
    if len(tops) == 1 and 2 * inside > len(tails):
        return tops[0]
    where = few(["/".join(place) for place in tops])
    raise _ambiguous(
        title, f"splits inside the folders {where}", f"folder:PATH/{'/'.join(tops[0])}"
    )


def _groups(names: Iterable[str]) -> list[dict[str, list[str]]]:
    """Folders that are called alike but for the split, by split, where train is among them."""
    alike: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        if role := split_role(name):
            alike[role[1]][role[0]].append(name)
    return [group for group in alike.values() if "train" in group and len(group) > 1]


def _split_names(tops: set[str], title: str) -> dict[str, str]:
    """The split of each folder at the top that is one; empty where they are classes.

    Raises:
        DataError: They may be either.
    """
    groups = _groups(tops)
    if len(groups) == 1 and all(len(names) == 1 for names in groups[0].values()):
        return {names[0]: split for split, names in groups[0].items()}
    roles = {top: role for top in sorted(tops) if (role := split_role(top))}
    if groups:
        raise _ambiguous(title, f"the folders {few(list(roles))}, more than one of a split")
    if not roles or len(roles) < len(tops):
        return {}
    if len(roles) == 1:  # the whole folder is one split, or one class
        return {top: top.lower() for top in roles if top.lower() in SPLITS}
    splits = {top: split for top, (split, _) in roles.items()}
    if len({rest for _, rest in roles.values()}) > 1 or len(set(splits.values())) < len(splits):
        raise _ambiguous(title, f"the folders {few(list(roles))}, which do not belong together")
    return splits


def _check_classes(tails: Tails, tops: set[str], title: str) -> None:
    """Refuse classes that look like splits.

    Raises:
        DataError: A folder called train holds folders, or several folders hold the same ones.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for tail in tails.values():
        if len(tail) > 1:
            holders["/".join(tail[1:-1]) or tail[0]].add(tail[0] if len(tail) > 2 else "")
    nested = {tail[0] for tail in tails.values() if len(tail) > 2}
    for top in sorted(nested):
        role = split_role(top)
        if role and role[0] == "train" and len(tops) > 1:
            others = few(sorted(tops - {top}))
            raise _ambiguous(
                title, f"class folders in '{top}' and beside it {others}", f"folder:PATH/{top}"
            )
    shared = sorted(name for name, tops in holders.items() if len(tops) > 1)
    if len(shared) > 1:
        where = few(sorted(top or title for top in holders[shared[0]] | holders[shared[1]]))
        raise _ambiguous(title, f"the same folders {few(shared)} in {where}")


def _without_repetition(tails: dict[str, list[str]], split: str) -> dict[str, list[str]]:
    """Without a folder in a split that is called like it and has all, as archives have them."""
    while all(
        len(tail) > 1 and split_role(tail[0]) == split_role(split) for tail in tails.values()
    ):
        tails = {name: tail[1:] for name, tail in tails.items()}
    return tails


def _without_wrapper(tails: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without a folder that is around all class folders, as in ``train/images/cat``.

    In Tiny ImageNet's ``train/n01443537/images`` the class is the outer one.
    """
    while True:
        labelled = [tail for tail in tails.values() if len(tail) > 1]
        if len({tail[0] for tail in labelled}) != 1 or any(len(tail) < 3 for tail in labelled):
            return tails
        if all(names_no_class(tail[1]) for tail in labelled):
            return tails
        tails = {name: tail[1:] if len(tail) > 1 else tail for name, tail in tails.items()}


def _unlabelled(tails: Tails, split_of: Mapping[str, str], title: str) -> frozenset[str]:
    """Splits whose pictures have no class: they lie in no folder, or in one such as ``images``.

    Raises:
        DataError: Splits have no class in common.
    """
    classes: dict[str, set[str]] = {split: set() for split in split_of.values()}
    for name, tail in tails.items():
        if len(tail) > 1:
            classes[split_of[name]].add(normal_form(tail[0]))
    if not classes.get("train"):
        return frozenset()
    unlabelled = set()
    for split in classes.keys() - {"train"}:
        others = set().union(*(names for other, names in classes.items() if other != split))
        is_used = split == "test" or not classes.get("test", set()) & classes["train"]
        if classes[split] & others or not is_used:
            continue
        if not all(map(names_no_class, classes[split])):
            raise DataError(
                f"folder '{title}' has the classes {few(sorted(classes['train']))} in train and "
                f"{few(sorted(classes[split]))} in {split}, but the same ones are wanted",
                hint=_HINT,
            )
        unlabelled.add(split)
    return frozenset(unlabelled)


def _ambiguous(title: str, contents: str, alone: str | None = None) -> DataError:
    hint = f"{alone} reads that one alone; {_HINT}" if alone else _HINT
    return DataError(
        f"folder '{title}' has {contents}, but either splits or classes are wanted", hint=hint
    )
