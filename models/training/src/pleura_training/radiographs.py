"""The radiographs of a folder: rows of its table, pictures, masks as run lengths."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

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
