"""The radiographs of a data set as rows of a table and pages of one memory-mapped array."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from .progress import progress
from .resize import resize_stretch
from .run_length import merge_run_lengths

MASK_SIDE = 1024
"""SIIM run lengths are written in a 1024 x 1024 grid, whatever the side of the image."""


@dataclass(frozen=True)
class Radiograph:
    """One row of index.csv. `patient` is empty where unknown."""

    id: str
    file: str
    label: int
    label_source: str
    patient: str
    split: str
    view: str
    sex: str
    age: str


@dataclass(frozen=True)
class RadiographSet:
    """Shape: images and masks [N, side, side], uint8; a mask page holds coverage in 0..255."""

    radiographs: list[Radiograph]
    images: np.ndarray
    masks: np.ndarray
    digest: str

    def positions(self, ids: list[str]) -> np.ndarray:
        places = {radiograph.id: place for place, radiograph in enumerate(self.radiographs)}
        return np.array([places[identifier] for identifier in ids], np.int64)


def read_index(source: Path) -> list[Radiograph]:
    fields = Radiograph.__dataclass_fields__
    with open(source / "index.csv", newline="") as file:
        return [
            Radiograph(**{key: int(row[key]) if key == "label" else row[key] for key in fields})
            for row in csv.DictReader(file)
        ]


def read_run_lengths(source: Path) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    with open(source / "train-rle.csv", newline="") as file:
        for row in csv.DictReader(file):
            codes.setdefault(row["ImageId"], []).append(row["EncodedPixels"])
    return codes


def read_prepared_image(path: Path) -> np.ndarray:
    """8-bit grey pixels of a prepared image. Shape: [H, W], uint8."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"cannot decode {path.name} as a picture")
    return image


def read_mask(codes: list[str]) -> np.ndarray:
    """Shape: [1024, 1024], uint8, 0 or 1."""
    return merge_run_lengths(codes, MASK_SIDE, MASK_SIDE)


def build_radiograph_set(source: Path, target: Path, side: int) -> RadiographSet:
    """Resize every image and mask once, into memory-mapped arrays that training pages in."""
    radiographs = read_index(source)
    codes = read_run_lengths(source)
    target.mkdir(parents=True, exist_ok=True)
    shape = (len(radiographs), side, side)
    images = np.lib.format.open_memmap(target / "images.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(target / "masks.npy", "w+", np.uint8, shape)
    digest = hashlib.sha256()
    for place, radiograph in enumerate(progress(radiographs, "index")):
        path = source / radiograph.file
        digest.update(radiograph.id.encode())
        digest.update(path.read_bytes())
        digest.update("|".join(codes.get(radiograph.id, [])).encode())
        images[place] = np.rint(resize_stretch(read_prepared_image(path), side, side))
        mask = read_mask(codes.get(radiograph.id, []))
        if bool(mask.any()) != bool(radiograph.label):
            raise ValueError(f"label and mask of {radiograph.id} disagree")
        masks[place] = np.rint(resize_stretch(mask * np.float32(255), side, side))
    images.flush()
    masks.flush()
    table = {"digest": digest.hexdigest(), "side": side}
    table["radiographs"] = [asdict(radiograph) for radiograph in radiographs]
    (target / "index.json").write_text(json.dumps(table, indent=1))
    return load_radiograph_set(target)


def load_radiograph_set(folder: Path) -> RadiographSet:
    table = json.loads((folder / "index.json").read_text())
    return RadiographSet(
        [Radiograph(**row) for row in table["radiographs"]],
        np.load(folder / "images.npy", mmap_mode="r"),
        np.load(folder / "masks.npy", mmap_mode="r"),
        table["digest"],
    )
