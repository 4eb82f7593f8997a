"""Where data and caches live."""

from __future__ import annotations

import os
from pathlib import Path


def data_directory(explicit: Path | None = None) -> Path:
    """The folder in which datasets are looked for and downloaded to; it need not exist.

    The first that is given: `explicit` (``--data-dir``), the environment variable
    ``XAITOOL_DATA``, the user's cache.
    """
    if explicit is not None:
        return explicit.expanduser()
    if named := os.environ.get("XAITOOL_DATA"):
        return Path(named).expanduser()
    return cache_directory() / "data"


def cache_directory() -> Path:
    """``$XDG_CACHE_HOME/xaitool``, else ``~/.cache/xaitool``; it need not exist.

    A relative ``XDG_CACHE_HOME`` is ignored, as the XDG base directory specification wants.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "xaitool"
