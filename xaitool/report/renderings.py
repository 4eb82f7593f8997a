"""The ways to show an attribution; a leaf of names only, so that options import it fast."""

from __future__ import annotations

from typing import Literal, get_args

Rendering = Literal["signed", "absolute", "percentile", "reversed"]
"""``reversed`` is ``signed`` in the colours of GANMEX's figures: positive is blue."""

RENDERINGS: tuple[Rendering, ...] = get_args(Rendering)
