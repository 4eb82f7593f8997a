"""Which classes a score is about: by index, by name, or by what the model says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.score import Output, Score
from xaitool.errors import ConfigError, DataError, UnknownNameError


@dataclass(frozen=True)
class ClassChoice:
    """The target and, one-vs-one, the class it is held against.

    Attributes:
        target: ``predicted``, ``label``, a class's name or its index.
        against: ``second`` (the most probable class but the target), a name, an index, or None.
        classes: The model's class names; empty where unknown.
    """

    target: str
    against: str | None
    classes: tuple[str, ...]

    def check(self, count: int) -> None:
        """Refuse a class that a model with `count` outputs does not have.

        Raises:
            ConfigError: An index is out of range.
            UnknownNameError: A name is no class.
        """
        if self.target not in ("predicted", "label"):
            self._index(self.target, "--target", count)
        if self.against not in (None, "second"):
            self._index(self.against, "--against", count)

    def score(self, logits: Tensor, labels: Tensor, output: Output) -> Score:
        """The score of a batch.

        Args:
            logits: ``(N, K)``.
            labels: int64 ``(N,)``, -1 where unknown.
            output: Scale of the score.

        Raises:
            DataError: The target is the label, but an image has none; or it is also the class it
                is held against.
        """
        count = logits.shape[1]
        if self.target == "predicted":
            target = logits.argmax(1)
        elif self.target == "label":
            target = labels.to(logits.device)
            if (target < 0).any() or (target >= count).any():
                raise DataError(
                    "--target label has images without a label of the model, but a labelled "
                    "--dataset is wanted with it"
                )
        else:
            target = torch.full_like(logits[:, 0], 0).long() + self._index(
                self.target, "--target", count
            )
        return Score(target, self._against(logits, target), output)

    def _against(self, logits: Tensor, target: Tensor) -> Tensor | None:
        if self.against is None:
            return None
        if self.against == "second" and logits.shape[1] < 2:
            raise DataError("--against second has no class to name, but two or more are wanted")
        if self.against == "second":
            return logits.scatter(1, target[:, None], -torch.inf).argmax(1)
        against = torch.full_like(target, self._index(self.against, "--against", logits.shape[1]))
        if (against == target).any():
            raise DataError(
                f"--against {self.against} is the target of an image, but another class is wanted",
                hint="--against second",
            )
        return against

    def _index(self, text: str, flag: str, count: int) -> int:
        if text in self.classes:
            return self.classes.index(text)
        if re.fullmatch("-?[0-9]+", text):
            if not 0 <= int(text) < count:
                raise ConfigError(f"{flag} is {text}, but the model's classes are 0 to {count - 1}")
            return int(text)
        if not self.classes:
            raise ConfigError(
                f"{flag} is '{text}', but the model's classes have no names: 0 to {count - 1}"
            )
        raise UnknownNameError("class", text, self.classes)


def class_label(index: int, classes: tuple[str, ...]) -> str:
    """A class as people call it: its name where there is one."""
    return classes[index] if index < len(classes) else str(index)
