"""The resize both sides of the product agree on: area when shrinking, bilinear when growing."""

from __future__ import annotations

import numpy as np


def axis_weights(source: int, target: int) -> np.ndarray:
    """Weights of one axis. Fractional coverage when shrinking; half-pixel centres when growing.

    Shape: [target, source], float32, rows sum to 1.
    """
    weights = np.zeros((target, source), np.float64)
    ratio = source / target
    if target < source:
        for index in range(target):
            start, end = index * ratio, (index + 1) * ratio
            for cell in range(int(start), min(source, int(np.ceil(end - 1e-9)))):
                weights[index, cell] = max(0.0, min(end, cell + 1) - max(start, cell))
        weights /= weights.sum(1, keepdims=True)
    else:
        for index in range(target):
            centre = (index + 0.5) * ratio - 0.5
            lower = int(np.floor(centre))
            fraction = centre - lower
            weights[index, min(max(lower, 0), source - 1)] += 1 - fraction
            weights[index, min(max(lower + 1, 0), source - 1)] += fraction
    return weights.astype(np.float32)


def resize_stretch(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Resize to rows x columns without keeping the aspect; never rounds to 8 bits.

    Shape: [H, W] -> [rows, columns], float32. Equals `cv2.INTER_AREA` when shrinking and
    `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)` when growing.
    """
    plane = np.asarray(image, np.float32)
    if plane.shape[0] != rows:
        plane = axis_weights(plane.shape[0], rows) @ plane
    if plane.shape[1] != columns:
        plane = plane @ axis_weights(plane.shape[1], columns).T
    return np.ascontiguousarray(plane, np.float32)
