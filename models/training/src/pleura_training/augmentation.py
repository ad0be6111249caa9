"""Light random changes that leave the label true: flip, small affine, tone, grain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class AugmentationRanges:
    rotation_degrees: float = 12.0
    scale: float = 0.12
    shift: float = 0.06
    gamma: float = 0.35
    contrast: float = 0.25
    brightness: float = 0.12
    noise: float = 0.03
    blur_share: float = 0.15


def augment(
    image: np.ndarray, mask: np.ndarray, ranges: AugmentationRanges, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One random variant. Geometry moves image and mask alike, tone the image only.

    Shape: both [H, W], uint8 -> both [H, W], float32, 0..1.
    """
    side = image.shape[0]
    flip = -1.0 if generator.random() < 0.5 else 1.0
    angle = np.deg2rad(generator.uniform(-ranges.rotation_degrees, ranges.rotation_degrees))
    zoom = np.exp(generator.uniform(-ranges.scale, ranges.scale, 2))
    shift = generator.uniform(-ranges.shift, ranges.shift, 2) * side
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.diag([zoom[0] * flip, zoom[1]])
    centre = np.full(2, (side - 1) / 2)
    matrix = np.column_stack((linear, centre + shift - linear @ centre))
    size = (side, side)
    image = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR)
    if generator.random() < ranges.blur_share:
        image = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.4, 1.2))
    tones = np.arange(256, dtype=np.float32) / 255
    tones = tones ** np.float32(np.exp(generator.uniform(-ranges.gamma, ranges.gamma)))
    contrast = np.exp(generator.uniform(-ranges.contrast, ranges.contrast))
    brightness = generator.uniform(-ranges.brightness, ranges.brightness)
    tones = np.clip((tones - 0.5) * contrast + 0.5 + brightness, 0, 1).astype(np.float32)
    picture = tones[image]
    grain = np.float32(generator.uniform(0, ranges.noise))
    picture += grain * generator.standard_normal(picture.shape, dtype=np.float32)
    return picture, mask.astype(np.float32) / 255
