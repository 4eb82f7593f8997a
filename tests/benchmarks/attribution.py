"""Attribution methods beside Captum, SHAP and the authors' own code, on real weights."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import attribution_agi, attribution_gradients, attribution_references
from tests.benchmarks.measure import Row


def run() -> Iterator[Row]:
    """The rows, as they are ready."""
    yield from attribution_agi.run()
    yield from attribution_gradients.run()
    yield from attribution_references.run()
