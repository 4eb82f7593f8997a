"""A program that ``torch.export`` made, as a module like any other."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.export.passes import move_to_device_pass
from torch.fx import Graph, GraphModule, Node
from torch.nn.parallel import DistributedDataParallel

from xaitool.core.frozen.users_model import only_tensor
from xaitool.errors import ModelError
from xaitool.io.damage import reason

LOGGER = logging.getLogger("torch.export")

WANTED = "one batch of floating images (N, C, H, W) is wanted"


class ExportedModel(nn.Module):
    """An exported program that takes any number of images.

    A program keeps the batch sizes that it was exported for. What is more is split, and what is
    less is filled up with copies of the last image, whose results are dropped and so get no
    gradient.

    Args:
        program: The program's module, on its device.
        least: Images in a batch, at least.
        most: At most; None: any number.
    """

    def __init__(self, program: nn.Module, least: int, most: int | None) -> None:
        super().__init__()
        self.program = program
        self.least = least
        self.most = most

    def forward(self, images: Tensor) -> Any:
        """What the program returns for ``(N, C, H, W)``; of several things the logits."""
        # A program may have views baked in that only this layout has.
        parts = images.contiguous().split(self.most or max(1, len(images)))
        outputs = [only_tensor("the program", self._whole(part), len(part)) for part in parts]
        if len(outputs) == 1 or not isinstance(outputs[0], Tensor):
            return outputs[0]
        return torch.cat(outputs)

    def _whole(self, images: Tensor) -> Any:
        missing = self.least - len(images)
        if missing <= 0:
            return self.program(images)
        filled = torch.cat([images, images[-1:].expand(missing, -1, -1, -1)])
        output = only_tensor("the program", self.program(filled), self.least)
        fits = isinstance(output, Tensor) and output.shape[:1] == (self.least,)
        return output[: len(images)] if fits else output

    def train(self, mode: bool = True) -> Self:
        """Keep the mode; a program is what it was exported as, and its own ``train`` raises."""
        self.training = mode
        return self


@dataclass(frozen=True)
class LoadedProgram:
    """An exported program and the images that it takes.

    Attributes:
        model: The program; in eval mode.
        channels: Of the images that it was exported with.
        side: Of them, pixels.
        fixed: Whether it takes no others: by channels, height and width.
    """

    model: ExportedModel
    channels: int
    side: int
    fixed: tuple[bool, bool, bool]


def as_model(module: nn.Module) -> nn.Module:
    """What is inside compiled code and wrappers for several devices, as a network that they hold.

    The module of an exported program becomes one that takes any number of images, also behind a
    normalisation that stands in front of it in a ``Sequential``.

    Raises:
        ModelError: The program was exported in train mode.
    """
    if isinstance(module, nn.DataParallel | DistributedDataParallel):
        return as_model(module.module)
    compiled = getattr(module, "_orig_mod", None)
    if isinstance(compiled, nn.Module):
        return as_model(compiled)
    if type(module) is nn.Sequential:
        return _with_parts(module, {name: as_model(one) for name, one in module._modules.items()})
    # Export alone gives a module an ``eval`` of its own, which raises.
    if not isinstance(module, GraphModule) or "eval" not in vars(module):
        return module
    _check_mode(module.graph, "the program")
    inputs = [node.meta.get("val") for node in module.graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1 or not isinstance(inputs[0], Tensor) or not inputs[0].ndim:
        return module
    return ExportedModel(module, *_batch_range(inputs[0].shape[0])).eval()


def _with_parts(whole: nn.Sequential, parts: dict[str, nn.Module]) -> nn.Sequential:
    if all(parts[name] is one for name, one in whole._modules.items()):
        return whole
    other = nn.Sequential(OrderedDict(parts))
    other.training = whole.training
    return other


def load_program(path: Path, device: torch.device) -> LoadedProgram:
    """Load a program; this may run code that the file holds.

    Args:
        path: What ``torch.export.save`` wrote.
        device: Where it is to run.

    Raises:
        ModelError: It cannot be loaded, was exported in train mode, or takes anything but one
            batch of square floating images.
    """
    program = _loaded(path)
    _check_mode(program.graph, str(path))
    image = _image_input(program, path)
    shape = tuple(image.shape)
    example = _example_shape(program, shape)
    if example[2] != example[3]:
        raise ModelError(
            f"{path} takes images of {example[2]}x{example[3]}, but square ones are wanted"
        )
    least, most = _batch_range(shape[0])
    model = ExportedModel(move_to_device_pass(program, device).module(), least, most)
    channels, height, width = (isinstance(size, int) for size in shape[1:])
    return LoadedProgram(model.eval(), example[1], example[2], (channels, height, width))


def _loaded(path: Path) -> ExportedProgram:
    if not path.is_file():
        raise ModelError(f"model '{path}' does not exist, but an exported program is wanted")
    with _Unlogged() as unlogged:
        try:
            return torch.export.load(path)
        except Exception as error:  # damage shows as any of many types
            raise ModelError(
                f"{path} cannot be loaded ({reason([*unlogged.errors, error][0])}), but a program "
                "that torch.export.save wrote is wanted"
            ) from error


class _Unlogged(logging.Filter):
    """Keeps back what torch logs while it loads: the reason, with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Exception] = []

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception):
            self.errors.append(error)
        return False

    def __enter__(self) -> Self:
        LOGGER.addFilter(self)
        return self

    def __exit__(self, *raised: object) -> None:
        LOGGER.removeFilter(self)


def _check_mode(graph: Graph, name: str) -> None:
    """Refuse dropout that drops and normalisation that learns: both are baked in.

    Normalisation without running statistics has only one mode.

    Raises:
        ModelError: There is one.
    """
    for node in graph.nodes:
        schema = getattr(node.target, "_schema", None)
        names = [argument.name for argument in schema.arguments] if schema else []
        given = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
        one_mode = "momentum" in names and given.get("running_mean") is None
        if (given.get("training") is True and not one_mode) or given.get("train") is True:
            raise ModelError(
                f"{name} was exported in train mode ({node.target}), but eval mode is wanted",
                hint="call model.eval() before torch.export.export",
            )


def _image_input(program: ExportedProgram, path: Path) -> Tensor:
    names = program.graph_signature.user_inputs
    nodes: list[Node] = [node for node in program.graph.nodes if node.name in names]
    values = [node.meta.get("val") for node in nodes]
    if len(names) != 1 or not isinstance(values[0], Tensor):
        raise ModelError(f"{path} takes {len(names)} inputs, but {WANTED}")
    if values[0].ndim != 4 or not values[0].is_floating_point():
        raise ModelError(f"{path} takes {values[0].dtype} {tuple(values[0].shape)}, but {WANTED}")
    return values[0]


def _example_shape(program: ExportedProgram, shape: tuple[Any, ...]) -> list[int]:
    """The fixed sizes, and for the others those that it was exported with or torchvision's."""
    try:
        example = tuple(program.example_inputs[0][0].shape)
    except (TypeError, IndexError, AttributeError):  # it was saved without
        example = (1, 3, 224, 224)
    return [
        size if isinstance(size, int) else given for size, given in zip(shape, example, strict=True)
    ]


def _batch_range(size: Any) -> tuple[int, int | None]:
    if isinstance(size, int):
        return size, size
    bounds = size.node.shape_env.bound_sympy(size.node.expr)
    return max(1, int(bounds.lower)), int(bounds.upper) if bounds.upper < 2**31 else None
