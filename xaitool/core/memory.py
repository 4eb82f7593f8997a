"""Going on with less where memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from xaitool.errors import XaitoolError, is_out_of_memory

Result = TypeVar("Result")


def with_smaller_batches(
    function: Callable[[int], Result], rows: int, on_smaller: Callable[[int], None]
) -> tuple[Result, int]:
    """Call a function with as many rows as fit in memory, halving them when they do not.

    Args:
        function: Takes the number of rows in one forward pass; called again from the start.
        rows: How many to try first.
        on_smaller: Told the new number before each further try.

    Returns:
        The result, and the number of rows that fitted, for the next call.

    Raises:
        XaitoolError: Not even one row fits.
    """
    while True:
        try:
            return function(rows), rows
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if rows == 1:
                raise XaitoolError(
                    "one row in a forward pass does not fit in memory, but it has to: "
                    + str(error).partition("\n")[0]
                ) from None
        # After the except block: until then the traceback keeps the tensors that did not fit.
        torch.cuda.empty_cache()
        rows //= 2
        on_smaller(rows)
