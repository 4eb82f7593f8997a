"""Every error that xaitool raises on purpose; the exit code and the hint live on the exception.

XaitoolError                     1  the run failed
├── InputError                   2  usage, configuration or input
│   ├── UnknownNameError            a name that no registry, dataset or model has
│   ├── ConfigError                 an option's value, or a configuration file
│   ├── DataError                   a dataset or an image that cannot be used
│   ├── ModelError                  a model that cannot be loaded or does not fit
│   ├── ArtifactError               a checkpoint or attribution file: kind, version, damage
│   ├── ShapeError                  a tensor of the wrong shape or dtype
│   └── UnsupportedOperationError   a network operation for which a method has no rule
├── DivergenceError              1  a loss became NaN or infinite
└── StoppedBySignal        128 + n  SIGINT, SIGTERM, SIGUSR1 or SIGHUP, after the state was saved;
                                    SIGPIPE when nobody reads standard output any more

A message reads ``<object> <found>, but <wanted>``; a hint names something that exists.
"""

from __future__ import annotations

from collections.abc import Iterable

from xaitool.near_names import near_names

LONGEST_LIST = 240
"""Letters of a hint that lists all names: three lines of a terminal."""

FEW = 5
"""Names that a hint shows where all would be more."""


class XaitoolError(Exception):
    """Base of all: one line for people, an exit code for scripts.

    Attributes:
        hint: What to do about it, or None.
        exit_code: The process's exit status when the command line meets this error.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if hint:  # below a traceback, as in a notebook
            self.add_note(f"hint: {hint}")


class InputError(XaitoolError):
    """Something the user gave is wrong; nothing long has started."""

    exit_code = 2


class UnknownNameError(InputError):
    """A name that does not exist; the message suggests the nearest, the hint lists all or, of many,
    a few: the nearest and how many there are.

    Args:
        what: What has such names, such as ``method``.
        name: What was asked for.
        known: The names that there are.
        also: What stands behind them in the hint.
        listed: What shows all of them, where the hint does not.
        hint: Another hint.
        meant: The name that is suggested; None: the nearest.
    """

    def __init__(
        self,
        what: str,
        name: str,
        known: Iterable[str],
        *,
        also: str = "",
        listed: str = "",
        hint: str | None = None,
        meant: str | None = None,
    ) -> None:
        known = list(known)
        near = f"; did you mean '{meant}'?" if meant else suggestion(name, known)
        super().__init__(
            f"unknown {what} '{name}'{near}",
            hint=hint or names_hint(name, known, listed) + also,
        )


def names_hint(name: str, known: list[str], listed: str = "") -> str:
    """All known names or, where that is too long, the nearest few and how many there are."""
    everything = f"one of: {', '.join(known)}"
    if len(everything) <= LONGEST_LIST:
        return everything
    near = near_names(name, known, count=FEW)
    # The ends of what is in order, as the layers of a network are.
    few = f"nearest: {', '.join(near)}" if near else f"such as: {', '.join(known[:2] + known[-3:])}"
    return f"{few}; {len(known):,} in all{', see ' * bool(listed)}{listed}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message: which known name may be meant; empty where none is near."""
    near = near_names(name, known, count=1)
    return f"; did you mean '{near[0]}'?" if near else ""


class ConfigError(InputError):
    """An option's value is out of range, of the wrong type, or contradicts another."""


class DataError(InputError):
    """A dataset is absent or empty, or an image cannot be read."""


class ModelError(InputError):
    """A model cannot be loaded, or does not fit its data."""


class ArtifactError(InputError):
    """A checkpoint or attribution file is damaged, of another kind, or of another version."""


class ShapeError(InputError):
    """A tensor has the wrong shape, dtype or value range."""


class UnsupportedOperationError(InputError):
    """A method has no rule for an operation of the network."""


class DivergenceError(XaitoolError):
    """A loss became NaN or infinite; the state was saved."""


class StoppedBySignal(XaitoolError):
    """A signal asked the run to stop; what state it had was saved.

    Args:
        signal_number: The signal; the exit code is 128 plus this number.
    """

    def __init__(self, signal_number: int, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


class DataWarning(UserWarning):
    """What a person should know of how a dataset was read; the command line says it at once."""


class ModelWarning(UserWarning):
    """What a person should know of how the file or code of a model was read; also said at once."""


class ModelNote(ModelWarning):
    """How the file or code of a model was read, where nothing speaks against it."""


# What allocators other than CUDA's say in a bare RuntimeError: CPU, MPS, cuBLAS and cuDNN.
MEMORY_WORDS = ("can't allocate memory", "out of memory", "ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory was short, on any device; torch stays unimported."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in MEMORY_WORDS)
