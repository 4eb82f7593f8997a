"""``python -m tests.benchmarks [--json] [NAME ...]``: exit 1 when a target is missed."""

from __future__ import annotations

import json
import sys
from importlib import import_module

NAMES = {"startup": "tests.benchmarks.startup"}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; print a table or JSON lines."""
    as_json = "--json" in arguments
    wanted = [name for name in arguments if name != "--json"] or list(NAMES)
    if unknown := [name for name in wanted if name not in NAMES]:
        print(
            f"error: unknown benchmark '{unknown[0]}'; one of: {', '.join(NAMES)}", file=sys.stderr
        )
        return 2
    holds = True
    if not as_json:
        print(f"{'case':24} {'ours':>9} {'peer':>9}  {'ratio':>6} {'target':>6}  peer")
    for name in wanted:
        for row in import_module(NAMES[name]).run():
            holds &= row.holds
            verdict = "" if row.holds else "  MISSED"
            print(
                json.dumps(row.as_dict())
                if as_json
                else f"{row.case:24} {row.ours:7.3f} {row.unit} {row.peer:7.3f} {row.unit}  "
                f"{row.ratio:6.2f} {row.target:6.2f}  {row.peer_name}{verdict}",
                flush=True,
            )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
