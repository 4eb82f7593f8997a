"""What another library raised, as one line for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from xaitool.errors import ArtifactError, InputError, UnknownNameError, is_out_of_memory


@contextlib.contextmanager
def damage_as_error(path: Path, *, ours: bool = False) -> Iterator[None]:
    """What a checkpoint of the right kind lacks, or holds in the wrong form, as one error.

    Args:
        path: The checkpoint.
        ours: Whether what our own code refuses in the block can only be the checkpoint's fault.

    Raises:
        ArtifactError: The block failed for want of it.
    """
    try:
        yield
    except InputError as error:
        if not ours or isinstance(error, ArtifactError | UnknownNameError):
            raise
        raise ArtifactError(
            f"{path} is damaged ({error}), but a whole checkpoint is wanted"
        ) from error
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        raise ArtifactError(
            f"{path} is damaged ({reason(error)}), but a whole checkpoint is wanted"
        ) from error


def reason(error: BaseException) -> str:
    """What another library raised, short enough for one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
