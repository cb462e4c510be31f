# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m tests.bench``: measures and prints one table. It never fails for a figure: machines differ."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from tests.bench import calls, control, hosts, scale, site, unchanged
from tests.bench.table import Row, table

Case = Callable[[bool], Iterator[Row]]

#: The cases by name, the ones that a busy machine disturbs most first.
CASES: dict[str, Case] = {
    "unchanged": unchanged.measure,
    "calls": calls.measure,
    "scale": scale.measure,
    "control": control.measure,
    "hosts": hosts.measure,
    "site": site.measure,
}


def main() -> None:
    """Run the cases that were asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter times, three repeats: under two minutes")
    parser.add_argument("cases", nargs="*", metavar="case", help=f"{', '.join(CASES)}; without any: all")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    rows: list[Row] = []
    for name in options.cases or CASES:
        began = time.monotonic()
        rows += CASES[name](options.quick)
        print(f"{name}: measured in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
