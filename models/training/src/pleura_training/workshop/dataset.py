"""Radiographs that `pleura prepare-dataset` has prepared, as memory-mapped arrays to train on."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..progress import progress
from ..radiographs import read_prepared_image
from ..resize import resize_stretch

PREPARED_SIDE = 1024
"""Long side of the product's prepared image: what every bundle's input is reduced from."""


@dataclass(frozen=True)
class Row:
    """`split` is train, validation or test; `has_mask` false for a positive nobody outlined."""

    id: str
    patient: str
    label: int
    has_mask: bool
    split: str


@dataclass(frozen=True)
class WorkshopSet:
    """Shape: images [N, side, side] and masks [N, side, side], uint8, masks 0 or 1."""

    rows: list[Row]
    images: np.ndarray
    masks: np.ndarray
    side: int
    digest: str

    def places(self, split: str) -> np.ndarray:
        return np.array([n for n, row in enumerate(self.rows) if row.split == split], np.int64)

    def labels(self, places: np.ndarray) -> np.ndarray:
        return np.array([self.rows[place].label for place in places])


def pack_prepared(prepared: Path, target: Path, side: int) -> WorkshopSet:
    """Arrays of a folder written by `pleura prepare-dataset --sizes 1024`.

    index.json is written last: a packing that was cut short is repeated.
    Raises ValueError when nothing in the folder can be trained on.
    """
    with open(prepared / "index.csv", newline="") as file:
        entries = [entry for entry in csv.DictReader(file) if entry["label"] in ("0", "1")]
    if not entries:
        raise ValueError(
            f"{prepared / 'index.csv'} holds no radiograph with a label. "
            "Give --rle or --labels for the images that are there."
        )
    target.mkdir(parents=True, exist_ok=True)
    shape = (len(entries), side, side)
    images = np.lib.format.open_memmap(target / "images.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(target / "masks.npy", "w+", np.uint8, shape)
    digest, rows = hashlib.sha256(), []
    for place, entry in enumerate(progress(entries, "pack")):
        picture = prepared / str(PREPARED_SIDE) / "images" / f"{entry['id']}.png"
        outline = prepared / str(PREPARED_SIDE) / "masks" / f"{entry['id']}.png"
        images[place] = np.rint(resize_stretch(read_prepared_image(picture), side, side))
        has_mask = entry["label"] == "1" and outline.exists()
        if has_mask:
            masks[place] = resize_stretch(read_prepared_image(outline), side, side) >= 127.5
        digest.update(f"{entry['id']} {entry['label']} {entry['split']}".encode())
        digest.update(picture.read_bytes())
        digest.update(outline.read_bytes() if has_mask else b"")
        rows.append(
            Row(entry["id"], entry["patient"], int(entry["label"]), has_mask, entry["split"])
        )
    images.flush()
    masks.flush()
    table = {"side": side, "digest": digest.hexdigest(), "rows": [asdict(row) for row in rows]}
    (target / "index.partial").write_text(json.dumps(table, indent=1))
    os.replace(target / "index.partial", target / "index.json")
    return load_workshop_set(target)


def load_workshop_set(folder: Path) -> WorkshopSet:
    """Raises FileNotFoundError when `collect` has not ended there."""
    index = folder / "index.json"
    if not index.exists():
        raise FileNotFoundError(
            f"{index} is not there. Make it: python -m pleura_training.workshop.collect --out "
            f"{folder}"
        )
    table = json.loads(index.read_text())
    return WorkshopSet(
        [Row(**row) for row in table["rows"]],
        np.load(folder / "images.npy", mmap_mode="r"),
        np.load(folder / "masks.npy", mmap_mode="r"),
        table["side"],
        table["digest"],
    )
