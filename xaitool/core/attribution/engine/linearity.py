"""Proof that what an explanation has no rule for is linear in the network's input.

The autograd graph shows every operation that has a gradient; functions are watched for those that
use the input without one, such as a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from xaitool.core.attribution.engine.rescale_rules import rule_of
from xaitool.errors import UnsupportedOperationError

# Autograd's names of its nodes. Linear in all of their differentiable inputs together; a mask or an
# index that depended on the input was refused where it was made.
_LINEAR_NAMES = """
    AccumulateGrad Add AdaptiveAvgPool2D AdaptiveAvgPool3D Alias AsStrided AvgPool2D AvgPool3D Cat
    ChannelShuffle Chunk Clone Col2Im ConstantPadNd Copy CopySlices Cumsum DiagEmbed Diagonal
    DiagonalScatter Expand Fill Flip Gather Im2Col Index IndexAdd IndexCopy IndexFill IndexPut
    IndexPutImpl IndexSelect LazyClone LiftFresh MaskedFill MaskedScatter MaskedSelect Mean
    MkldnnAdaptiveAvgPool2D NarrowCopy Neg NegView Permute PixelShuffle PixelUnshuffle Put
    ReflectionPad1D ReflectionPad2D ReflectionPad3D Repeat ReplicationPad1D ReplicationPad2D
    ReplicationPad3D ReshapeAlias ReshapeCopy Roll Rot90 Rsub Scatter ScatterAdd Select
    SelectScatter Slice SliceScatter Split SplitWithSizes Squeeze Stack Sub Sum T Take ToCopy Trace
    Transpose Tril Triu Unbind Unfold UnsafeIndex UnsafeIndexPut UnsafeSplit UnsafeSplitWithSizes
    UnsafeView Unsqueeze UpsampleBicubic2D UpsampleBicubic2DAa UpsampleBilinear2D
    UpsampleBilinear2DAa UpsampleLinear1D UpsampleNearest1D UpsampleNearest2D UpsampleNearest3D
    UpsampleNearestExact1D UpsampleNearestExact2D UpsampleNearestExact3D UpsampleTrilinear3D View
    Where Zero
"""
# Linear in their first and second input alone, so that only one of the two may depend on the input.
_PRODUCT_NAMES = """
    BatchNormNoUpdate Bmm ConvDepthwise2D ConvDepthwise3D Convolution ConvolutionOverrideable
    CudnnBatchNorm CudnnConvolution CudnnConvolutionTranspose Dot Linear Matmul MiopenBatchNorm
    MiopenConvolution MiopenConvolutionTranspose MiopenDepthwiseConvolution MkldnnConvolution
    MkldnnLinear Mm MpsConvolution MpsConvolutionTranspose Mul Mv NativeBatchNorm
    NativeBatchNormLegit NativeBatchNormLegitNoTraining NnpackSpatialConvolution SlowConv2D
    SlowConv3D SlowConvDilated2D SlowConvDilated3D SlowConvTranspose2D SlowConvTranspose3D
"""
# The first input plus a product of the second and the third.
_SUM_OF_PRODUCT_NAMES = "Addbmm Addcmul Addmm Addmv Addr Baddbmm"
# Linear in their first input for a constant second one: a denominator, a sampling grid.
_FIRST_ONLY_NAMES = "CudnnGridSampler Div GridSampler2D GridSampler3D"

_LINEAR = frozenset(_LINEAR_NAMES.split())
_FIRST_ONLY = frozenset(_FIRST_ONLY_NAMES.split())
_FACTORS = {
    **dict.fromkeys(_PRODUCT_NAMES.split(), slice(0, 2)),
    **dict.fromkeys(_SUM_OF_PRODUCT_NAMES.split(), slice(1, 3)),
}

# Functions that take only the shape, dtype or device of all arguments, or of all but the first.
_SHAPE_ONLY_NAMES = """
    empty_like full_like new_empty new_full new_ones new_zeros ones_like zeros_like
"""
_SHAPE_ONLY = frozenset(_SHAPE_ONLY_NAMES.split())
_SHAPE_OF_OTHERS = frozenset(("expand_as", "reshape_as", "to", "type_as", "view_as"))
# Functions that take values out of torch's sight, or write them without its knowledge.
_HIDDEN_NAMES = """
    __array__ __bool__ __complex__ __contains__ __float__ __index__ __int__ allclose equal
    is_nonzero item logical_and_ logical_not_ logical_or_ logical_xor_ numpy tolist
"""
_HIDDEN = frozenset(_HIDDEN_NAMES.split())

_BY_GRADIENT = (
    "unknown_operations=gradient explains such an operation by its gradient; "
    "the completeness gap then says what is lost"
)


def check_linear(output: Tensor, *, allowed: Sequence[str], called: Collection[str]) -> None:
    """Walk the graph from `output` to its leaves and refuse every node that is not linear.

    Only leaves that stand for the network's input may require a gradient: a node's edge then says
    which of its operands depend on the input.

    Args:
        output: The end of the graph.
        allowed: Names of our own nodes, which have a rule or are linear.
        called: Names of the functions that were seen, and left as they are.

    Raises:
        UnsupportedOperationError: A node is not linear; the message names it.
    """
    for node in nodes(output):
        operation = re.sub(r"Backwards?\d*$", "", node.name().split("::")[-1])
        dependent = [edge is not None for edge, _ in node.next_functions]
        if operation not in allowed and not _is_linear(operation, dependent, node):
            raise _refusal(node, _as_function_name(operation), dependent.count(True), called)


def _refusal(
    node: Any, name: str, operands: int, called: Collection[str]
) -> UnsupportedOperationError:
    if hasattr(node, "_forward_cls"):
        return _unseen(f"the autograd function {node._forward_cls.__name__}")
    if name == "differentiable_graph":
        return _unseen("a function inside TorchScript")
    if name == "warn_not_implemented":
        return unsupported("an operation without a gradient, as quantised layers are")
    has_rule = rule_of(name, [torch.empty(0)]) is not None
    if has_rule and operands < 2 and name not in called:
        return _unseen(f"'{name}' inside TorchScript or another operation")
    return unsupported(f"'{name}'", operands)


def check_indices(name: str, indices: Sequence[Tensor], given: Any, result: Any) -> None:
    """Refuse a use of indices that depend on the input, such as those of a maximum.

    Args:
        name: The name of a function.
        indices: Them.
        given: All its arguments.
        result: What it returned.

    Raises:
        UnsupportedOperationError: It uses them, and not only their shape or type.
    """
    of_tensors = any(isinstance(leaf, Tensor) for leaf in tree_leaves(result))
    if name not in _HIDDEN and not of_tensors:
        return
    if any(leaf is one for leaf in tree_leaves(given) for one in indices):
        raise unsupported(f"'{name.strip('_')}' of the indices of an extreme")


def check_call(name: str, args: Any, kwargs: dict[str, Any]) -> None:
    """Refuse a function that draws, or whose effect torch does not see.

    Args:
        name: The name of a function that is given something that depends on the input.
        args: Its positional arguments.
        kwargs: Its other arguments.

    Raises:
        UnsupportedOperationError: It does.
    """
    if name in _HIDDEN:
        raise unsupported(f"'{name.strip('_')}'")
    if "dropout" in name and _is_training(name, args, kwargs):
        raise unsupported(f"'{name.strip('_')} in training mode'")


def check_result(name: str, args: Any, result: Any) -> None:
    """Refuse a result that depends on the input but looks like a constant to autograd.

    Args:
        name: The name of a function that was given something that depends on the input.
        args: Its positional arguments.
        result: What it returned.

    Raises:
        UnsupportedOperationError: It does.
    """
    if name in _SHAPE_ONLY or (name in _SHAPE_OF_OTHERS and not depends(args[0])):
        return
    given = args[:1] if result is None else result
    tensors = [one for one in (given if _is_many(given) else [given]) if isinstance(one, Tensor)]
    constant = not any(map(depends, tensors))
    if tensors and (constant or any(map(_has_no_derivative, tensors))):
        if not torch.is_grad_enabled():
            raise _unseen(
                f"'{name.strip('_')}' inside an autograd function, reentrant checkpointing or "
                "no_grad"
            )
        raise unsupported(f"'{name.strip('_')}'")


def _has_no_derivative(result: Tensor) -> bool:
    return not result.is_floating_point() or type(result.grad_fn).__name__ == "NotImplemented"


def _is_training(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    default = "alpha" not in name
    third = args[2] if len(args) > 2 else kwargs.get("train", default)
    return bool(kwargs.get("training", third))


def depends(value: Any) -> bool:
    """Whether a tensor, or one in a list, depends on the input: whether it requires a gradient."""
    if isinstance(value, Tensor):
        return value.requires_grad
    return _is_many(value) and any(isinstance(one, Tensor) and one.requires_grad for one in value)


def _is_many(value: Any) -> bool:
    return isinstance(value, tuple | list)


def unsupported(operation: str, operands: int = 1) -> UnsupportedOperationError:
    """The error for an operation without a rule.

    Args:
        operation: What it is.
        operands: How many of its operands depend on the input.
    """
    several = f" of {operands} tensors that depend on the input" if operands > 1 else ""
    return UnsupportedOperationError(
        f"the network uses {operation}{several}, but only linear operations, elementwise "
        "activations, maxima and minima have a DeepLIFT rule",
        hint=_BY_GRADIENT,
    )


def _unseen(operation: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"the network uses {operation}, out of sight, but DeepLIFT has to see every call of torch",
        hint=f"explain the network that this was made of; {_BY_GRADIENT}",
    )


def nodes(output: Tensor) -> Iterator[Any]:
    """All nodes of the autograd graph that leads to `output`, which is part of one."""
    waiting: list[Any] = [output.grad_fn]
    seen = {output.grad_fn}
    while waiting:
        node = waiting.pop()
        yield node
        for edge, _ in node.next_functions:
            if edge is not None and edge not in seen:
                seen.add(edge)
                waiting.append(edge)


def _is_linear(operation: str, dependent: Sequence[bool], node: Any) -> bool:
    if getattr(node, "_saved_training", False):  # statistics of the batch, not constants
        return False
    if getattr(node, "_saved_rounding_mode", None):
        return False
    if operation in _FACTORS:
        return dependent[_FACTORS[operation]].count(True) < 2
    if operation in _FIRST_ONLY:
        return not any(dependent[1:])
    return operation in _LINEAR


def _as_function_name(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
