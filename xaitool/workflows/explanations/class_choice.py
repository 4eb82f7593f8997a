"""Which classes a score is about: by index, by name, or by what the model says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.score import Output, Score
from xaitool.data.names import normal_form
from xaitool.errors import ConfigError, DataError, UnknownNameError

# What is no class's name: the class depends on the image.
TARGET_RULES = ("predicted", "label")
AGAINST_RULES = ("predicted", "label", "second", "all")
TOP = re.compile("top([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class ClassChoice:
    """The target and, one-vs-one, the class it is held against.

    Attributes:
        target: ``predicted``, ``label``, a class's name or its index, or ``topN``: each of the N
            classes of the largest logits by itself.
        against: ``second`` (the most probable class but the target), ``predicted``, ``label``, a
            name, an index, ``all`` (each of the others by itself: the score is the target's
            alone), or None.
        classes: The model's class names; empty where unknown.
    """

    target: str
    against: str | None
    classes: tuple[str, ...]

    @property
    def targets(self) -> int:
        """How many classes of an image are explained, each by itself."""
        top = TOP.fullmatch(self.target)
        return 1 if top is None else int(top[1])

    def check(self, count: int) -> None:
        """Refuse a class that a model with `count` outputs does not have.

        Raises:
            ConfigError: An index is out of range.
            UnknownNameError: A name is no class.
            DataError: Both are one class, or the model has no second one.
        """
        named = [
            self._index(text, flag, count)
            for text, flag, rules in self._flags()
            if text is not None and text not in rules
        ]
        if self.targets > count:
            raise ConfigError(
                f"--target is {self.target}, but the model has {count} classes",
                hint=f"--target top{count}",
            )
        if len(named) > len(set(named)):
            raise self._single_class()
        self._check_second(count)

    def check_labels(self, labels: Tensor, count: int) -> None:
        """Refuse images without a label where it is wanted.

        Raises:
            DataError: One has none, or none of the model's.
        """
        for text, flag, _ in self._flags():
            if text == "label" and ((labels < 0) | (labels >= count)).any():
                raise DataError(
                    f"{flag} label has images without a label of the model, but a labelled "
                    "--dataset is wanted with it"
                )

    @property
    def may_clash(self) -> bool:
        """Whether the two classes of some image may be one."""
        varies = {self.target, self.against} & set(self._target_rules)
        return bool(varies) and self.against not in (None, "second", "all")

    @property
    def _target_rules(self) -> tuple[str, ...]:
        """What is no class's name as a target."""
        return (*TARGET_RULES, self.target) if TOP.fullmatch(self.target) else TARGET_RULES

    def _flags(self) -> list[tuple[str | None, str, tuple[str, ...]]]:
        return [
            (self.target, "--target", self._target_rules),
            (self.against, "--against", AGAINST_RULES),
        ]

    def _check_second(self, count: int) -> None:
        if self.against in ("second", "all") and count < 2:
            raise DataError(
                f"--against {self.against} has no class to name, but two or more are wanted"
            )

    def _single_class(self) -> DataError:
        return DataError(
            f"--against {self.against} is the target of an image, but another class is wanted",
            hint="--against second",
        )

    def score(self, logits: Tensor, labels: Tensor, output: Output) -> Score:
        """The score of a batch: of each of its `targets`, those of an image side by side.

        Args:
            logits: ``(N, K)``.
            labels: int64 ``(N,)``, -1 where unknown.
            output: Scale of the score.

        Raises:
            DataError: A label is wanted, but an image has none; or the target is also the class it
                is held against.
        """
        target, against = self._classes(logits, labels)
        if against is not None and (against == target).any():
            raise self._single_class()
        return Score(target, against, output)

    def clash(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Whether an image's target is also the class it is held against, bool ``(N,)``.

        Raises:
            DataError: A label is wanted, but an image has none.
        """
        target, against = self._classes(logits, labels)
        alike = torch.zeros_like(target, dtype=torch.bool) if against is None else target == against
        return alike.view(len(logits), self.targets).any(1)

    def _classes(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor | None]:
        self._check_second(logits.shape[1])
        if TOP.fullmatch(self.target):
            target = top_classes(logits, self.targets).flatten()
            logits = logits.repeat_interleave(self.targets, 0)
            labels = labels.repeat_interleave(self.targets, 0)
        else:
            target = self._named(self.target, "--target", logits, labels)
        if self.against in (None, "all"):
            return target, None
        if self.against == "second":
            return target, logits.scatter(1, target[:, None], -torch.inf).argmax(1)
        return target, self._named(str(self.against), "--against", logits, labels)

    def _named(self, text: str, flag: str, logits: Tensor, labels: Tensor) -> Tensor:
        count = logits.shape[1]
        if text == "predicted":
            return logits.argmax(1)
        if text == "label":
            self.check_labels(labels, count)
            return labels.to(logits.device)
        return torch.full_like(logits[:, 0], self._index(text, flag, count), dtype=torch.int64)

    def _index(self, text: str, flag: str, count: int) -> int:
        name = normal_form(text)
        if name in self.classes:
            return self.classes.index(name)
        if re.fullmatch("-?[0-9]{1,18}", text):
            if not 0 <= int(text) < count:
                raise ConfigError(f"{flag} is {text}, but the model's classes are 0 to {count - 1}")
            return int(text)
        if flag == "--target" and re.fullmatch("top[0-9]+", text):
            raise ConfigError(f"--target is {text}, but top1 to top{count} are wanted")
        if not self.classes:
            raise ConfigError(
                f"{flag} is '{text}', but the model's classes have no names: 0 to {count - 1}"
            )
        raise UnknownNameError("class", text, self.classes)


def top_classes(logits: Tensor, count: int) -> Tensor:
    """The classes of the largest logits, int64 ``(N, count)``; of equal ones the first is first.

    Args:
        logits: ``(N, K)``.
        count: At most K.
    """
    return logits.sort(dim=1, descending=True, stable=True).indices[:, :count]


def class_label(index: int, classes: tuple[str, ...]) -> str:
    """A class as people call it: its name where there is one."""
    return classes[index] if index < len(classes) else str(index)
