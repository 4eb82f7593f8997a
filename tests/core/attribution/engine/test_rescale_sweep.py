"""Every function of torch: complete, or refused; never wrong in silence."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.attribution.engine.rescale import multipliers
from xaitool.errors import ModelError, UnsupportedOperationError

SELF = object()
CONSTANT = torch.linspace(0.1, 0.9, 16, dtype=torch.float64).view(4, 4)
ARGUMENTS = [(), (2,), (0.3,), (1,), (2, 1), (0.2, 0.7), (2, 2, 1), (CONSTANT,), (SELF,)]
NAMESPACES = {"Tensor": torch.Tensor, "torch": torch, "functional": F, "special": torch.special}
OPERATORS = [f"__{name}__" for name in ("abs", "neg", "pow", "rpow", "rtruediv", "rsub", "mod")]
OPERATORS += [f"__{name}__" for name in ("floordiv", "truediv", "matmul", "rmatmul")]
# They round to a shorter type, act on memory or on the process, or return what nobody wrote.
LEFT_OUT = {"bfloat16", "compile", "empty_like", "float", "from_file", "half", "import_ir_module"}
LEFT_OUT |= {"initial_seed", "load", "manual_seed", "new", "new_empty", "record_stream", "resize_"}
LEFT_OUT |= {"register_hook", "save", "seed", "share_memory_", "storage", "vmap", "backward"}
DRAWS = ["rand", "bernoulli", "dropout", "normal", "poisson", "rrelu", "cauchy", "exponential"]
DRAWS += ["geometric", "multinomial", "uniform", "gumbel", "binomial", "empty"]


class Call(nn.Module):
    def __init__(self, function, arguments):
        super().__init__()
        self.function = function
        self.arguments = arguments

    def forward(self, inputs):
        return self.function(inputs, *(inputs if one is SELF else one for one in self.arguments))


def functions(namespace):
    for name in [*OPERATORS, *(name for name in dir(namespace) if name[0] != "_")]:
        function = getattr(namespace, name, None)
        skipped = name in LEFT_OUT or name.startswith(("set_", "use_"))
        skipped = skipped or any(word in name for word in DRAWS) or isinstance(function, type)
        if callable(function) and not skipped:
            yield name, function


def is_usable(model, inputs) -> bool:
    try:
        output = model(inputs.clone())
    except Exception:  # the arguments do not fit the function
        return False
    dense = isinstance(output, Tensor) and output.layout == torch.strided
    return dense and output.is_floating_point() and bool(output.isfinite().all())


def weighted_sum(output):
    weights = torch.arange(output.numel(), dtype=torch.float64).cos().view(output.shape)
    return (output * weights).sum().view(1)


def judge(model, inputs, references) -> str:
    try:
        result = multipliers(model, inputs, references, weighted_sum)
    except (UnsupportedOperationError, ModelError):
        return "refused"
    except (NotImplementedError, BufferError, RuntimeError) as error:  # torch's own refusals
        return "refused" if "deriv" in str(error) or "grad" in str(error) else str(error)
    gap = (result.multiplier * (inputs - references)).sum()
    gap -= (result.score_input - result.score_reference).sum()
    scale = max(1.0, float(result.score_input.abs().max()))
    return "complete" if gap.abs() <= 1e-9 * scale else f"gap {float(gap)}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_function_is_complete_or_refused(namespace):
    generator = torch.Generator().manual_seed(0)
    inputs, references = torch.rand(2, 2, 4, 4, dtype=torch.float64, generator=generator)
    outcomes = {}
    for name, function in functions(NAMESPACES[namespace]):
        for number, arguments in enumerate(ARGUMENTS):
            model = Call(function, arguments)
            if is_usable(model, inputs) and is_usable(model, references):
                outcomes[name, number] = judge(model, inputs, references)
    kinds = list(outcomes.values())
    assert kinds.count("complete") > 5
    assert kinds.count("refused") > 5
    assert {key: one for key, one in outcomes.items() if one not in ("complete", "refused")} == {}
