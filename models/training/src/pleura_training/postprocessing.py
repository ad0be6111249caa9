"""From mask logits on the output grid to a mask in the geometry of the source."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .resize import resize_stretch

HOLE_MARGIN = 1e-4
"""A filled hole lies this far above the threshold, or resizing could round it back below."""


@dataclass(frozen=True)
class Postprocessing:
    """The triplet of the SIIM-ACR winners, and how large a hole may be to be filled.

    Unit: areas in pixels of the output grid.
    """

    mask_threshold: float
    top_threshold: float
    minimum_area_pixels: int
    maximum_hole_area_pixels: int


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-np.asarray(logits, np.float64)))).astype(np.float32)


def clean_probability_map(probability_map: np.ndarray, rule: Postprocessing) -> np.ndarray:
    """Drop unconvincing components, fill small holes. Shape: [h, w] -> [h, w], float32."""
    cleaned = np.array(probability_map, np.float32)
    threshold = np.float32(rule.mask_threshold)
    mask = (cleaned >= threshold).astype(np.uint8)
    count, components = cv2.connectedComponents(mask, connectivity=8)
    certain = cleaned >= np.float32(rule.top_threshold)
    for component in range(1, count):
        pixels = components == component
        if np.count_nonzero(certain & pixels) < rule.minimum_area_pixels:
            cleaned[pixels] = 0
            mask[pixels] = 0
    count, regions, statistics, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    outside = {*regions[0], *regions[-1], *regions[:, 0], *regions[:, -1]}
    for region in range(1, count):
        # Label 0 is the mask itself here; a region on the border is not enclosed.
        area = statistics[region, cv2.CC_STAT_AREA]
        if region not in outside and area <= rule.maximum_hole_area_pixels:
            pixels = regions == region
            cleaned[pixels] = min(1.0, rule.mask_threshold + HOLE_MARGIN)
    return cleaned


def build_mask(
    mask_logits: np.ndarray, rule: Postprocessing, rows: int, columns: int
) -> np.ndarray:
    """Shape: [h, w] logits -> [rows, columns], uint8, 0 or 1."""
    cleaned = clean_probability_map(sigmoid(mask_logits), rule)
    threshold = np.float32(rule.mask_threshold)
    if not (cleaned >= threshold).any():
        return np.zeros((rows, columns), np.uint8)
    return (resize_stretch(cleaned, rows, columns) >= threshold).astype(np.uint8)
