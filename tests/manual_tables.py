"""Writes or checks what says again what the registry says: tables of the manual, the catalogue.

``python -m tests.manual_tables --write`` and ``--check``. A table stands between
``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xaitool import registry
from xaitool.registry.entry import Entry, Metric
from xaitool.workflows import catalogue

MANUAL = Path(__file__).parent.parent / "xaitool" / "manual"
BLOCK = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)

ENTRIES: dict[str, tuple[str, Mapping[str, Entry]]] = {
    "baselines": ("`--baseline`", registry.BASELINES),
    "guidance": ("`--xai`", registry.GUIDANCE),
    "GANs": ("`--architecture`", registry.GANS),
    "objectives": ("`--objective`", registry.OBJECTIVES),
    "architectures": ("`--architecture`", registry.CLASSIFIERS),
    "losses": ("`--loss`", registry.LOSSES),
    "attacks": ("`--attack`", registry.ATTACKS),
    "generators": ("`--generator-kind`", registry.GENERATORS),
    "datasets": ("`--dataset`", registry.DATASETS),
    "base models": ("`--base`", registry.BASE_MODELS),
    "ratings": ("`--dataset`", registry.RATINGS),
}
"""Name of a table to the head of its first column and to what it lists, but of metrics."""


def chapters() -> list[Path]:
    """The files of the manual."""
    return sorted(MANUAL.glob("*.md"))


def renewed(text: str) -> str:
    """A chapter whose tables are as the registry has them now."""
    return BLOCK.sub(lambda block: f"{block[1]}{_table(block[2])}\n{block[3]}", text)


def _table(name: str) -> str:
    if name == "methods":
        return _methods()
    if name.startswith("metrics of "):
        return _metrics(name.removeprefix("metrics of "))
    head, entries = ENTRIES[name]
    rows = [(f"`{key}`", entry.summary, entry.source) for key, entry in entries.items()]
    return _markdown((head, "what it is", "source"), rows)


def _methods() -> str:
    rows = [_method(name, entry) for name, entry in registry.ATTRIBUTION.items()]
    return _markdown(("`--method`", "`--baseline`", "`--score`", "what it is", "source"), rows)


def _method(name: str, entry: Entry) -> tuple[str, ...]:
    method: Any = registry.load("method", name)
    baseline = f"`{method.default_baseline}`" if method.needs_baseline else "no"
    return f"`{name}`", baseline, method.default_output, entry.summary, entry.source


def _metrics(kind: str) -> str:
    """Of one kind of artifacts, of which ``evaluate`` measures some without being asked."""
    rows = [
        (f"`{name}`", _unasked(metric), metric.summary, metric.source)
        for name, metric in registry.METRICS_OF[kind].items()
    ]
    return _markdown(("`--metric`", "unasked", "what it is", "source"), rows)


def _unasked(metric: Metric) -> str:
    if not metric.unasked:
        return "no"
    return "of several runs" if metric.compares else "yes"


def _markdown(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit status."""
    if arguments not in (["--write"], ["--check"]):
        sys.stderr.write("error: --write or --check is wanted\n")
        return 2
    wanted = {path: renewed(path.read_text()) for path in chapters()}
    wanted[catalogue.KEPT] = catalogue.kept_text()
    stale = {path: text for path, text in wanted.items() if _held(path) != text}
    for path, text in stale.items():
        sys.stdout.write(f"{path}\n")
        if arguments == ["--write"]:
            path.write_text(text, "utf-8")
    return 1 if stale and arguments == ["--check"] else 0


def _held(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
