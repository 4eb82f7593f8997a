"""Going on with less where memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from xaitool.core.batching import check_rows
from xaitool.errors import XaitoolError, is_out_of_memory

Result = TypeVar("Result")


class Rows:
    """How many rows go through a network at once: half as many wherever memory runs out.

    Args:
        most: How many to begin with.
        warn: Told, in words for people, whenever they become fewer.

    Attributes:
        most: How many fit, as far as is known: what did not fit is not tried again.

    Raises:
        ConfigError: They are fewer than one.
    """

    def __init__(self, most: int, warn: Callable[[str], None]) -> None:
        check_rows(most)
        self.most = most
        self._warn = warn

    def run(self, function: Callable[[int], Result]) -> Result:
        """Call a function with as many rows as fit in memory.

        Args:
            function: Takes the number of rows in one forward pass; called again from the start
                where they do not fit.

        Raises:
            XaitoolError: Not even one row fits.
        """
        while True:
            try:
                return function(self.most)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                if self.most == 1:
                    raise XaitoolError(
                        "one row in a forward pass does not fit in memory, but it has to: "
                        + str(error).partition("\n")[0]
                    ) from None
            # After the except block: until then the traceback keeps the tensors that did not fit.
            torch.cuda.empty_cache()
            self.most //= 2
            self._warn(f"out of memory: going on with {self.most} rows")
