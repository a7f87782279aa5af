#!/usr/bin/env python3
"""Checks the rules of the house: tests/tidy/tidy.py [--build build/debug]. With --tighten, lets the ratchet follow what has shrunk."""

import argparse
import json
import sys
from pathlib import Path

from house import House
from rules import RATCHET, RULES, measured


def tighten(house):
    """Lowers what the ratchet allows to what is needed; it never adds or raises."""
    path = house.root / RATCHET
    ratchet, now = json.loads(path.read_text()), measured(house)
    kept = {kind: {key: min(size, now[kind][key]) for key, size in sorted(entries.items()) if key in now[kind]}
            for kind, entries in ratchet.items()}
    path.write_text(json.dumps(kept, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", help="a build folder: for the rules on archives and targets")
    parser.add_argument("--tighten", action="store_true")
    options = parser.parse_args()
    house = House(options.root, options.build)
    if options.tighten:
        tighten(house)
    wrong = 0
    for rule in RULES:
        for message in rule(house):
            print(f"{message} [{rule.__name__}]")
            wrong += 1
    print(f"{wrong} against the rules" if wrong else f"{len(RULES)} rules hold over {len(house.files)} files")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
