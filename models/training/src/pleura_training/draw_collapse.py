"""Command: a data set with collapsed lungs drawn on its negatives, to train on.

Radiographs of the training side whose lungs can be told lend them: one lung wholly collapsed, the
other picture of the same patient with a broad or an apical gap. Their label_source is
`drawn-collapse`; all other rows stay as they are, and no other side gets any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .collapse import KINDS, draw_collapse
from .dataset import Collected, Row, load_collected
from .lung_fields import lung_fields
from .progress import progress

SOURCE = "drawn-collapse"


def drawn_pages(
    collected: Collected, split: str, most: int | None, seed: int
) -> list[tuple[Row, str, np.ndarray, np.ndarray]]:
    """Of each negative of a side whose lungs are told: a wholly collapsed lung, and a partly
    collapsed one. (row, kind, image, mask); the same seed draws the same."""
    pages: list[tuple[Row, str, np.ndarray, np.ndarray]] = []
    places = [place for place in collected.places(split) if collected.rows[place].label == 0]
    order = np.random.default_rng(seed).permutation(places)
    for place in progress(order, f"lungs of {split}"):
        if most is not None and len(pages) >= most:
            break
        row, image = collected.rows[place], np.asarray(collected.images[place])
        lungs = lung_fields(image)
        if lungs is None:
            continue
        generator = np.random.default_rng((seed, int(place)))
        for kind in ("whole", str(generator.choice(KINDS[1:]))):
            half = int(generator.integers(2))
            drawn, mask = draw_collapse(image, lungs[half], half == 0, kind, generator)
            if not mask.any():
                continue
            name = f"{row.id}+{kind}"
            pages.append((Row(name, row.patient, 1, True, split, SOURCE), kind, drawn, mask))
    return pages


def draw(data: Path, out: Path, most: int | None = None, seed: int = 1) -> int:
    """Writes the data set with its drawn pages; returns how many there are.

    index.json is written last: a drawing that was cut short is repeated.
    Raises ValueError when no lung is told, or the data set holds drawn ones already.
    """
    collected = load_collected(data)
    if any(row.label_source == SOURCE for row in collected.rows):
        raise ValueError(f"{data} holds drawn pages already: give the data set as collected")
    pages = drawn_pages(collected, "train", most, seed)
    if not pages:
        raise ValueError(f"no training negative of {data} shows two lungs that can be told")
    out.mkdir(parents=True, exist_ok=True)
    known, side = len(collected.rows), collected.side
    shape = (known + len(pages), side, side)
    digest = hashlib.sha256(f"{collected.digest} {seed}".encode())
    arrays = {
        name: np.lib.format.open_memmap(out / f"{name}.npy", "w+", np.uint8, shape)
        for name in ("images", "masks")
    }
    for place in progress(range(known), "copy"):
        arrays["images"][place] = collected.images[place]
        arrays["masks"][place] = collected.masks[place]
    for place, (_, _, image, mask) in enumerate(pages, known):
        arrays["images"][place], arrays["masks"][place] = image, mask
        digest.update(image.tobytes() + mask.tobytes())
    for array in arrays.values():
        array.flush()
    rows = [*collected.rows, *(page[0] for page in pages)]
    table = {"side": side, "digest": digest.hexdigest(), "rows": [asdict(row) for row in rows]}
    (out / "index.partial").write_text(json.dumps(table, indent=1))
    os.replace(out / "index.partial", out / "index.json")
    return len(pages)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--out", type=Path, required=True, help="folder of the larger data set")
    parser.add_argument("--most", type=int, help="drawn pages at most")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(words)
    try:
        count = draw(arguments.data, arguments.out, arguments.most, arguments.seed)
    except (ValueError, FileNotFoundError) as error:
        parser.exit(1, f"{error}\n")
    print(f"{count} drawn pages in {arguments.out}")


if __name__ == "__main__":
    main()
