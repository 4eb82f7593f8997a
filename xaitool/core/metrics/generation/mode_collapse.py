"""Says in one sentence when a generator has lost the variety of its data."""

from __future__ import annotations

from collections.abc import Mapping

FEWEST_CLASSES = 0.7
"""Smallest `class_coverage` that is not called a collapse: of ten classes, seven."""

LEAST_DEVIATION = 0.5
"""Smallest `pixel_deviation`: real images of a class already vary more among themselves."""

LEAST_DISTANCE = 0.5
"""Smallest `feature_distance`: likewise."""


def mode_collapse(figures: Mapping[str, float]) -> str | None:
    """What people are told when samples have collapsed.

    The thresholds are ours: half the variety of the data is far outside what samples of a working
    generator and another draw of real images show, and is seen by eye in a grid of samples.

    Args:
        figures: ``class_coverage``, ``feature_distance`` and ``pixel_deviation``, as the functions
            of these names return them; what is absent or NaN says nothing.

    Returns:
        One sentence that names every figure below its threshold; None where there is none.
    """
    symptoms = [
        said.format(figures[name])
        for name, least, said in (
            ("class_coverage", FEWEST_CLASSES, "they cover {:.0%} of the classes"),
            (
                "feature_distance",
                LEAST_DISTANCE,
                "their features lie {:.2g} times as far apart as those of real images",
            ),
            (
                "pixel_deviation",
                LEAST_DEVIATION,
                "their pixels vary {:.2g} times as much as those of real images",
            ),
        )
        if figures.get(name, least) < least
    ]
    return f"the samples have collapsed: {', '.join(symptoms)}" if symptoms else None
