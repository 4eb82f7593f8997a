"""``python -m tests.benchmarks [--json] [NAME ...]``: exit 1 when a target is missed.

`completeness` and `recommend-tables` are reports and have no targets; they run only when they are
named.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from tests.benchmarks.measure import HEADER

NAMES = {
    "startup": "tests.benchmarks.startup",
    "attribution": "tests.benchmarks.attribution",
    "memory": "tests.benchmarks.memory",
    "recommend": "tests.benchmarks.recommend",
    "attacks": "tests.benchmarks.attacks",
    "losses": "tests.benchmarks.losses",
    "baseline-gan": "tests.benchmarks.baseline_gan",
    "guided-step": "tests.benchmarks.guided_step",
    "fid": "tests.benchmarks.fid",
}
REPORTS = {
    "completeness": "tests.benchmarks.completeness",
    "recommend-tables": "tests.benchmarks.recommend_tables",
}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; print tables or JSON lines."""
    as_json = "--json" in arguments
    wanted = [name for name in arguments if name != "--json"] or list(NAMES)
    known = NAMES | REPORTS
    if unknown := [name for name in wanted if name not in known]:
        print(
            f"error: unknown benchmark '{unknown[0]}'; one of: {', '.join(known)}", file=sys.stderr
        )
        return 2
    holds = True
    for name in wanted:
        module = import_module(known[name])
        if name in REPORTS:
            module.report(as_json)
            continue
        if not as_json:
            print(HEADER)
        for row in module.run():
            holds &= row.holds
            print(json.dumps(row.as_dict()) if as_json else row.as_line(), flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
