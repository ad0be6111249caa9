"""What a pair of bundles says about radiographs, one row per image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle_session import ClassifierSession, SegmenterSession
from .metrics import dice
from .progress import progress
from .radiographs import Radiograph, read_mask, read_prepared_image
from .resize import resize_stretch


@dataclass(frozen=True)
class Finding:
    radiograph: Radiograph
    probability: float
    dice: float
    mask_share: float
    true_share: float


def read_truth(codes: list[str], rows: int, columns: int) -> np.ndarray:
    """The mask in the geometry of the image: majority of coverage where the image is smaller."""
    return (resize_stretch(read_mask(codes), rows, columns) >= 0.5).astype(np.uint8)


def find(
    radiographs: list[Radiograph],
    codes: dict[str, list[str]],
    source: Path,
    classifier: ClassifierSession,
    segmenter: SegmenterSession,
) -> list[Finding]:
    """Segments every image, the classifier's negatives too: the cascade is judged afterwards."""
    findings = []
    for radiograph in progress(radiographs, "find"):
        image = read_prepared_image(source / radiograph.file)
        truth = read_truth(codes.get(radiograph.id, []), *image.shape)
        mask = segmenter.mask(image)
        findings.append(
            Finding(
                radiograph,
                classifier.probability(image),
                dice(mask, truth),
                float(mask.mean()),
                float(truth.mean()),
            )
        )
    return findings
