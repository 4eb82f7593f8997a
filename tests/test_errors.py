"""Errors: their exit codes, what they suggest, and what counts as a lack of memory."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import torch

from xaitool import errors
from xaitool.errors import (
    DivergenceError,
    InputError,
    StoppedBySignal,
    UnknownNameError,
    XaitoolError,
    is_out_of_memory,
)


def test_wrong_input_exits_with_2_and_a_failed_run_with_1() -> None:
    found = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, XaitoolError) and kind is not StoppedBySignal
    }
    failed = {"XaitoolError", "DivergenceError"}
    assert found == {name: 1 if name in failed else 2 for name in found}
    assert len(found) == 10
    assert not issubclass(DivergenceError, InputError)


def test_a_traceback_ends_with_the_hint() -> None:
    assert InputError("wrong", hint="right").__notes__ == ["hint: right"]
    assert not hasattr(InputError("wrong"), "__notes__")
    named = UnknownNameError("film", "Alein", ["Alien"], hint="nearest: Alien")
    assert named.hint == "nearest: Alien"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGPIPE, 141), (signal.SIGTERM, 143)],
)
def test_a_signal_exits_as_a_shell_says_it(number: int, code: int) -> None:
    error = StoppedBySignal(number, "stopped", hint="go on with --resume")
    assert (error.exit_code, error.signal_number, str(error)) == (code, number, "stopped")
    assert error.hint == "go on with --resume"


def test_an_unknown_name_suggests_the_nearest_and_lists_all() -> None:
    error = UnknownNameError("loss", "crossentropy", iter(["gce", "cross-entropy"]), also=", or X")
    assert str(error) == "unknown loss 'crossentropy'; did you mean 'cross-entropy'?"
    assert error.hint == "one of: gce, cross-entropy, or X"
    assert str(UnknownNameError("loss", "zzz", ["gce"])) == "unknown loss 'zzz'"


def test_of_many_names_the_hint_has_a_few() -> None:
    many = [f"class {number}" for number in range(1000)]
    near = UnknownNameError("class", "golfish", [*many, "goldfish"], also=", or an index")
    assert near.hint == "nearest: goldfish; 1,001 in all, or an index"
    none = UnknownNameError("class", "zzz", many, listed="--list")
    few = ", ".join(many[:2] + many[-3:])
    assert none.hint == f"such as: {few}; 1,000 in all, see --list"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("CUDA"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 TB"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
        (OSError(28, "No space left on device"), False),
    ],
)
def test_a_lack_of_memory_is_known_on_every_device(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_errors_import_nothing_heavy() -> None:
    code = "import sys, xaitool.errors; print(*({'torch', 'numpy', 'typer'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
