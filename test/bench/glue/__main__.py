"""Glue's durable state against its bare parts: prints medians and ratios taken in one run, and asserts none of them."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from answering import measure_answers
from figures import Figure, table
from saving import measure_saves
from starting import measure_starts
from states import make_state

# (versions of each of the tables): next to nothing, what the project expects to see, four times that
FEW, USUAL, MANY = 1, 50, 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench:glue", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of tables")
    parser.add_argument("--saves", type=int, default=300, help="how many saves of each kind to time")
    parser.add_argument("--requests", type=int, default=300, help="how many requests of each kind to time")
    parser.add_argument("--starts", type=int, default=5, help="how many starts of each kind to time")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="podlake-bench-") as scratch:
        folder = Path(scratch)
        states = {versions: make_state(folder / f"{versions}-versions", versions) for versions in (FEW, USUAL, MANY)}
        parts: dict[str, list[Figure]] = {
            "Saving one UpdateTable, the layer alone": measure_saves(folder, states, options.saves),
            "Answering UpdateTable over HTTP": measure_answers(folder, states, USUAL, options.requests),
            "Starting, from the process's start to Glue's first answer": measure_starts(
                folder, {versions: states[versions] for versions in (USUAL, MANY)}, options.starts
            ),
        }
    if options.json:
        print(json.dumps({name: [figure.plain() for figure in part] for name, part in parts.items()}, indent=2))
        return 0
    for name, part in parts.items():
        print(table(name, part), end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
