"""Where the two lungs of a frontal radiograph lie, when they can be told from grey levels alone."""

from __future__ import annotations

import cv2
import numpy as np

AREA = (0.04, 0.2)
"""Of one lung, as a share of the picture."""
SOLIDITY = 0.8
"""Least share of its convex hull that a lung fills."""


def lung_fields(image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The lung in the left and in the right half of the picture, as 0/1 masks, or None.

    Two dark regions of like size and height, one on each side, that touch no border: about one
    picture in six. Meant for drawing on well seen lungs, not for measuring any.
    Shape: image [S, S], uint8.
    """
    side = image.shape[0]
    smooth = cv2.GaussianBlur(image, (0, 0), side / 128)
    chest = smooth[int(0.15 * side) : int(0.75 * side), int(0.1 * side) : int(0.9 * side)]
    level, _ = cv2.threshold(chest.copy(), 0, 255, cv2.THRESH_OTSU)
    dark = (smooth < level).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc(side // 100))
    count, regions, boxes, centres = cv2.connectedComponentsWithStats(dark)
    found = []
    for region in range(1, count):
        lung = _lung_of((regions == region).astype(np.uint8), boxes[region])
        if lung is not None:
            found.append((lung, centres[region]))
    if len(found) != 2:
        return None
    (left, left_centre), (right, right_centre) = sorted(found, key=lambda each: each[1][0])
    apart = left_centre[0] < side / 2 < right_centre[0]
    level_with = abs(left_centre[1] - right_centre[1]) < 0.12 * side
    areas = sorted((int(left.sum()), int(right.sum())))
    return (left, right) if apart and level_with and areas[1] <= 2 * areas[0] else None


def disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _lung_of(region: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """The region with its outline closed over ribs and vessels, if it may be a lung."""
    side = region.shape[0]
    x, y, width, height, area = (int(each) for each in box)
    if not AREA[0] <= area / side**2 <= AREA[1]:
        return None
    if min(x, y) <= 1 or max(x + width, y + height) >= side - 1:
        return None
    if height < 0.28 * side or not 0.12 * side <= width <= 0.48 * side:
        return None
    closed = cv2.morphologyEx(region, cv2.MORPH_CLOSE, disc(side // 24))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    lung = cv2.drawContours(np.zeros_like(region), [outline], -1, 1, -1)
    return lung if lung.sum() >= SOLIDITY * cv2.contourArea(cv2.convexHull(outline)) else None
