"""Radiographs that `pleura prepare-dataset` has prepared, as memory-mapped arrays to train on."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .progress import progress
from .radiographs import read_prepared_image
from .resize import resize_stretch

PREPARED_SIDE = 1024
"""Long side of the product's prepared image: what every bundle's input is reduced from."""


@dataclass(frozen=True)
class Row:
    """`split` is train, validation or test; `has_mask` false for a positive nobody outlined.

    `label_source`: who wrote the label, as the table of labels says; empty where it does not.
    """

    id: str
    patient: str
    label: int
    has_mask: bool
    split: str
    label_source: str = ""


@dataclass(frozen=True)
class Collected:
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


def read_prepared(prepared: Path, labels: Path | None = None) -> list[dict[str, str]]:
    """Radiographs with a label in a folder written by `pleura prepare-dataset --sizes 1024`.

    `labels`: the table whose `label_source` says who wrote each label.
    Raises ValueError when there is none.
    """
    sources: dict[str, str] = {}
    if labels is not None:
        with open(labels, newline="") as file:
            sources = {row["id"]: row.get("label_source") or "" for row in csv.DictReader(file)}
    with open(prepared / "index.csv", newline="") as file:
        entries = [
            entry | {"folder": str(prepared), "label_source": sources.get(entry["id"], "")}
            for entry in csv.DictReader(file)
            if entry["label"] in ("0", "1")
        ]
    if not entries:
        raise ValueError(
            f"{prepared / 'index.csv'} holds no radiograph with a label. "
            "Give --rle or --labels for the images that are there."
        )
    return entries


def in_sides(entries: list[dict[str, str]], sides: dict[str, list[str]]) -> list[dict[str, str]]:
    """Only the radiographs that a split file names, each on its side.

    Raises ValueError when one is on two sides, or came twice, or a side stays empty.
    """
    side_of = {identifier: side for side, ids in sides.items() for identifier in ids}
    if len(side_of) < sum(map(len, sides.values())):
        raise ValueError("the split names a radiograph twice")
    chosen = [
        entry | {"split": side_of[entry["id"]]} for entry in entries if entry["id"] in side_of
    ]
    if len({entry["id"] for entry in chosen}) < len(chosen):
        raise ValueError("two sources hold a radiograph of the same id")
    empty = sorted({*sides} - {entry["split"] for entry in chosen})
    if empty:
        raise ValueError(f"no radiograph of the split's side {empty[0]!r} is among the sources")
    return chosen


def pack_prepared(entries: list[dict[str, str]], target: Path, side: int) -> Collected:
    """Arrays of prepared radiographs, as `read_prepared` and `in_sides` give them.

    index.json is written last: a packing that was cut short is repeated.
    """
    target.mkdir(parents=True, exist_ok=True)
    shape = (len(entries), side, side)
    images = np.lib.format.open_memmap(target / "images.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(target / "masks.npy", "w+", np.uint8, shape)
    digest, rows = hashlib.sha256(), []
    for place, entry in enumerate(progress(entries, "pack")):
        prepared = Path(entry["folder"])
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
            Row(
                entry["id"],
                entry["patient"],
                int(entry["label"]),
                has_mask,
                entry["split"],
                entry["label_source"],
            )
        )
    images.flush()
    masks.flush()
    table = {"side": side, "digest": digest.hexdigest(), "rows": [asdict(row) for row in rows]}
    (target / "index.partial").write_text(json.dumps(table, indent=1))
    os.replace(target / "index.partial", target / "index.json")
    return load_collected(target)


def load_collected(folder: Path) -> Collected:
    """Raises FileNotFoundError when `collect` has not ended there."""
    index = folder / "index.json"
    if not index.exists():
        raise FileNotFoundError(
            f"{index} is not there. Make it: python -m pleura_training.collect --out {folder}"
        )
    table = json.loads(index.read_text())
    return Collected(
        [Row(**row) for row in table["rows"]],
        np.load(folder / "images.npy", mmap_mode="r"),
        np.load(folder / "masks.npy", mmap_mode="r"),
        table["side"],
        table["digest"],
    )


def page_at(collected: Collected, place: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and 0/1 mask of one radiograph. Shape: [side, side] each, uint8."""
    image, mask = collected.images[place], collected.masks[place]
    if collected.side == side:
        return np.asarray(image), np.asarray(mask)
    image = np.rint(resize_stretch(image, side, side)).astype(np.uint8)
    return image, (resize_stretch(mask, side, side) >= 0.5).astype(np.uint8)
