"""The fixed split of the silver images; look-alikes stay on one side, gold stays untouched."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from .progress import progress
from .radiographs import Radiograph, read_index, read_prepared_image, read_run_lengths
from .resize import resize_stretch

SIDE = 512
"""At which the pictures are compared."""
SIGNATURE_SIDE = 64
SAME_SIDE_CORRELATION = 0.65
"""Silver images at least this alike share a side. Pairs of different gold patients reach 0.66."""
GOLD_CORRELATION = 0.60
"""Silver images at least this like a gold image are used for nothing."""
SHARES = {"train": 0.78, "validation": 0.10, "holdout": 0.12}


def appearance_signatures(images: Iterable[np.ndarray]) -> np.ndarray:
    """Unit vectors of high-passed thumbnails: their dot product is a correlation.

    Shape: N of [H, W] -> [N, 64 * 64]. The high pass removes what all chests share.
    """
    signatures = []
    for image in images:
        small = cv2.resize(image, (SIGNATURE_SIDE, SIGNATURE_SIDE), interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        small -= cv2.GaussianBlur(small, (0, 0), 3)
        small -= small.mean()
        signatures.append((small / (np.linalg.norm(small) + 1e-6)).reshape(-1))
    return np.stack(signatures)


def group_by_likeness(correlation: np.ndarray, threshold: float) -> np.ndarray:
    """Connected groups of images whose correlation reaches the threshold. Shape: [N]."""
    groups = np.arange(len(correlation))

    def root(place: int) -> int:
        while groups[place] != place:
            groups[place] = groups[groups[place]]
            place = groups[place]
        return place

    for first, second in np.argwhere(np.triu(correlation, 1) >= threshold):
        groups[root(second)] = root(first)
    return np.array([root(place) for place in range(len(groups))])


def build_split(rows: list[Radiograph], signatures: np.ndarray, seed: int) -> dict[str, list[str]]:
    """Ids per side. Strata: label and view; NIH-report images only ever train."""
    gold = np.array([row.split == "gold" for row in rows])
    correlation = signatures @ signatures.T
    quarantined = ~gold & (correlation[:, gold].max(1) >= GOLD_CORRELATION)
    groups = group_by_likeness(
        correlation * ~np.logical_or.outer(gold, gold), SAME_SIDE_CORRELATION
    )
    sides: dict[str, list[str]] = {"train": [], "validation": [], "holdout": []}
    sides["gold-test"] = [row.id for row, is_gold in zip(rows, gold, strict=True) if is_gold]
    sides["quarantine"] = [row.id for row, held in zip(rows, quarantined, strict=True) if held]
    strata: dict[tuple[int, str], list[list[int]]] = {}
    for group in np.unique(groups[~gold & ~quarantined]):
        members = [int(m) for m in np.flatnonzero((groups == group) & ~gold & ~quarantined)]
        if any(rows[member].label_source == "nih-report" for member in members):
            sides["train"] += [rows[member].id for member in members]
            continue
        label = max(rows[member].label for member in members)
        strata.setdefault((label, rows[members[0]].view), []).append(members)
    generator = np.random.default_rng(seed)
    for key in sorted(strata):
        chosen = [strata[key][place] for place in generator.permutation(len(strata[key]))]
        total = sum(len(members) for members in chosen)
        # The two small sides are filled first, so that rounding falls on the large one.
        quota = {side: SHARES[side] * total for side in ("validation", "holdout")}
        for members in chosen:
            side = next((name for name, left in quota.items() if left >= 0.5), "train")
            if side != "train":
                quota[side] -= len(members)
            sides[side] += [rows[member].id for member in members]
    return {side: sorted(ids) for side, ids in sides.items()}


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", type=Path, required=True, help="split file to write (json)")
    arguments = parser.parse_args(words)
    rows, codes = read_index(arguments.source), read_run_lengths(arguments.source)
    digest = hashlib.sha256()

    def pictures() -> Iterable[np.ndarray]:
        for row in progress(rows, "compare"):
            path = arguments.source / row.file
            digest.update(row.id.encode())
            digest.update(path.read_bytes())
            digest.update("|".join(codes.get(row.id, [])).encode())
            image = resize_stretch(read_prepared_image(path), SIDE, SIDE)
            yield np.rint(image).astype(np.uint8)

    sides = build_split(rows, appearance_signatures(pictures()), arguments.seed)
    record = {"seed": arguments.seed, "digest": digest.hexdigest(), "sides": sides}
    arguments.out.write_text(json.dumps(record, indent=1) + "\n")
    labels = {row.id: row.label for row in rows}
    for side, ids in sides.items():
        print(f"{side}: {len(ids)} images, {sum(labels[name] for name in ids)} positive")


if __name__ == "__main__":
    main()
