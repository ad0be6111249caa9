"""Drawn chests for golden files: no patient, every pixel from a formula and a seed."""

from __future__ import annotations

import cv2
import numpy as np


def draw_phantom(rows: int, columns: int, seed: int, air: bool) -> np.ndarray:
    """A chest-like picture; with `air`, one lung has pulled away from the apex.

    Shape: [rows, columns], uint8.
    """
    return draw_phantom_and_mask(rows, columns, seed, air)[0]


def draw_phantom_and_mask(
    rows: int, columns: int, seed: int, air: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The picture, and 1 where more than half of a pixel is air outside the lung.

    Shape: both [rows, columns], uint8.
    """
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    y, x = (y + 0.5) / rows, (x + 0.5) / columns
    picture = 0.72 - 0.5 * (((x - 0.5) / 0.56) ** 6 + 0.1 * y)

    def ellipse(cx: float, cy: float, rx: float, ry: float, soft: float) -> np.ndarray:
        radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
        return 1 / (1 + np.exp(np.clip((radius - 1) / soft, -40, 40)))

    texture = cv2.GaussianBlur(generator.standard_normal((rows, columns)), (0, 0), rows / 60)
    texture *= 0.05 / texture.std()
    sides = {-1: ellipse(0.29, 0.47, 0.185, 0.36, 0.04), 1: ellipse(0.71, 0.47, 0.185, 0.36, 0.04)}
    lungs = sides[-1] + sides[1]
    picture = picture - 0.42 * lungs + texture * lungs
    for rib in range(9):
        for side in (-1, 1):
            bend = 0.12 + 0.075 * rib + 0.35 * (np.abs(x - 0.5) - 0.18) ** 2 + 0.1 * np.abs(x - 0.5)
            band = np.exp(-(((y - bend) / 0.011) ** 2)) * ((x - 0.5) * side > 0.06)
            picture = picture + 0.07 * band * ellipse(0.5, 0.48, 0.46, 0.44, 0.05)
    picture = picture + 0.28 * np.exp(-(((x - 0.5) / 0.045) ** 2))
    picture = picture + 0.25 * ellipse(0.56, 0.66, 0.15, 0.17, 0.06)
    picture = picture + 0.35 / (1 + np.exp(-(y - 0.86) / 0.015))
    mask = np.zeros((rows, columns), np.uint8)
    if air:
        side = 1 if generator.random() < 0.5 else -1
        centre = 0.5 + 0.21 * side
        retracted = ellipse(centre - 0.03 * side, 0.56, 0.135, 0.28, 0.02)
        space = np.clip(sides[side] - retracted, 0, 1) * (y < 0.6)
        picture = picture * (1 - 0.75 * space) + 0.04 * space
        mask = (space > 0.5).astype(np.uint8)
        edge = np.exp(-(((retracted - 0.5) / 0.2) ** 2)) * (y < 0.55)
        picture = picture + 0.12 * edge
    picture = picture + 0.008 * generator.standard_normal((rows, columns))
    return np.clip(np.rint(picture * 235 + 8), 0, 255).astype(np.uint8), mask
