"""A data set as a few files small enough to be carried to a machine that reaches nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from .dataset import Collected, Row, load_collected, page_at
from .progress import progress

INDEX = "index.json"
MOST_PARTS = 6
PART_BYTES = 28 * 1024 * 1024
QUALITIES = (95, 92, 90, 87, 84, 80, 75, 70, 60)
"""Of JPEG, the best first."""
SAMPLE = 64
MEMBER_BYTES = 1024
"""What tar adds to a member at most: its header, and the rest of its last block."""


def encoded(extension: str, picture: np.ndarray, *settings: int) -> bytes:
    done, content = cv2.imencode(extension, picture, settings)
    if not done:
        raise RuntimeError(f"OpenCV cannot write {extension}")
    return content.tobytes()


def members_of(
    collected: Collected, place: int, side: int, quality: int
) -> list[tuple[str, bytes]]:
    """The picture as JPEG, and the mask as PNG of one bit a pixel where there is one."""
    image, mask = page_at(collected, place, side)
    members = [(".jpg", encoded(".jpg", image, cv2.IMWRITE_JPEG_QUALITY, quality))]
    if collected.rows[place].has_mask:
        outline = mask * np.uint8(255)
        members.append((".png", encoded(".png", outline, cv2.IMWRITE_PNG_BILEVEL, 1)))
    return members


def best_quality(collected: Collected, places: np.ndarray, side: int, allowed: float) -> int:
    """The best JPEG quality at which the places take at most `allowed` bytes, by a sample.

    Raises ValueError when none does.
    """
    sample = places[np.linspace(0, len(places) - 1, min(SAMPLE, len(places))).astype(int)]
    for quality in QUALITIES:
        members = [m for place in sample for m in members_of(collected, place, side, quality)]
        found = sum(len(content) + MEMBER_BYTES for _, content in members)
        if found / len(sample) * len(places) <= allowed:
            return quality
    raise ValueError(f"{len(places)} radiographs at {side} do not fit {allowed / 2**20:.1f} MiB")


def write_parts(
    data: Path, target: Path, side: int, most: int = MOST_PARTS, part_bytes: int = PART_BYTES
) -> list[Path]:
    """Train and validation radiographs as part-1.tar, ..., of at most `part_bytes` each.

    Raises ValueError when they do not fit `most` parts at any quality.
    """
    collected = load_collected(data)
    places = np.concatenate([collected.places(split) for split in ("train", "validation")])
    # A sample may be lighter than the rest, and no part is filled to the brim.
    quality = best_quality(collected, places, side, 0.94 * most * part_bytes)
    table = {"side": side, "digest": collected.digest}
    table["rows"] = [asdict(collected.rows[place]) for place in places]
    target.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    room = 0
    for n, place in enumerate(progress(places, "pack")):
        members = members_of(collected, place, side, quality)
        members = [(f"{n}{extension}", content) for extension, content in members]
        if n == 0:
            members.append((INDEX, json.dumps(table).encode()))
        needed = sum(len(content) + MEMBER_BYTES for _, content in members)
        if needed > room:
            paths.append(target / f"part-{len(paths) + 1}.tar")
            paths[-1].unlink(missing_ok=True)
            room = part_bytes - tarfile.RECORDSIZE
        room -= needed
        with tarfile.open(paths[-1], "a") as archive:
            for name, content in members:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    if len(paths) > most:
        raise ValueError(f"{len(paths)} parts at quality {quality}, and {most} are allowed")
    return paths


def unpack_parts(parts: list[Path], store: Path) -> bool:
    """Takes parts in; true when they are all there and `store` is a data set to train on.

    Parts may come in several calls, in any order, and twice.
    """
    if (store / INDEX).exists():
        return True
    raw = store / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for part in parts:
        with tarfile.open(part) as archive:
            archive.extractall(raw, filter="data")
    if not (raw / INDEX).exists():
        return False
    table = json.loads((raw / INDEX).read_text())
    rows = [Row(**row) for row in table["rows"]]
    wanted = [raw / f"{n}.jpg" for n in range(len(rows))]
    wanted += [raw / f"{n}.png" for n, row in enumerate(rows) if row.has_mask]
    if not all(path.exists() for path in wanted):
        return False
    shape = (len(rows), table["side"], table["side"])
    images = np.lib.format.open_memmap(store / "images.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(store / "masks.npy", "w+", np.uint8, shape)
    with ThreadPoolExecutor() as threads:
        paths = [str(raw / f"{n}.jpg") for n in range(len(rows))]
        for n, image in enumerate(threads.map(read_grey, paths)):
            images[n] = image
    for n, row in enumerate(rows):
        if row.has_mask:
            masks[n] = read_grey(str(raw / f"{n}.png")) >= 128
    images.flush()
    masks.flush()
    os.replace(raw / INDEX, store / INDEX)
    shutil.rmtree(raw)
    return True


def read_grey(path: str) -> np.ndarray:
    return cv2.imread(path, cv2.IMREAD_GRAYSCALE)
