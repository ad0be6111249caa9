"""Command: read a data folder once into memory-mapped arrays."""

from __future__ import annotations

import argparse
from pathlib import Path

from .radiographs import build_radiograph_set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the arrays")
    parser.add_argument("--side", type=int, default=512)
    arguments = parser.parse_args()
    radiographs = build_radiograph_set(arguments.source, arguments.out, arguments.side)
    print(f"{len(radiographs.radiographs)} radiographs, digest {radiographs.digest[:16]}")


if __name__ == "__main__":
    main()
