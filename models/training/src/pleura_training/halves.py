"""Chests joined from the halves of two patients: new pictures whose masks are still true.

A pneumothorax lies in one hemithorax. With the other hemithorax from somebody else, a network can
no longer know its few positives by the rest of the picture: it must look at the air.
"""

from __future__ import annotations

import cv2
import numpy as np

WANDER = 0.04
"""The seam lies within this share of the width beside the middle."""
RAMP = 0.06
"""Width of the seam over which one image fades into the other."""


def heavier_half(mask: np.ndarray) -> int:
    """0 where most of the mask lies in the left half of the picture, 1 in the right."""
    middle = mask.shape[1] // 2
    return int(mask[:, middle:].sum(dtype=np.int64) > mask[:, :middle].sum(dtype=np.int64))


def has_empty_half(mask: np.ndarray) -> bool:
    """True when the lighter half, up to wherever a seam may fade, holds no mask at all."""
    reach = round(mask.shape[1] * (0.5 + WANDER + RAMP / 2))
    lighter = mask[:, :reach] if heavier_half(mask) == 1 else mask[:, -reach:]
    return not lighter.any()


def join_halves(
    left: tuple[np.ndarray, np.ndarray],
    right: tuple[np.ndarray, np.ndarray],
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Left half of one (image, mask), right half of another; the masks meet at the seam's middle.

    Shape: all [H, W], uint8.
    """
    side = left[0].shape[1]
    seam = side * (0.5 + generator.uniform(-WANDER, WANDER))
    weight = np.clip((seam - np.arange(side)) / (side * RAMP) + 0.5, 0, 1).astype(np.float32)
    image = cv2.addWeighted(left[0] * weight, 1.0, right[0] * (1 - weight), 1.0, 0.5)
    mask = np.where(weight >= 0.5, left[1], right[1])
    return image.astype(np.uint8), mask


class HalfMixer:
    """Draws partners for the pages of a training set.

    A positive keeps the half with its mask and gets the other from a negative. A negative gets
    the other half from a negative, or the healthy half of a positive: so that what surrounds a
    pneumothorax is seen without one as well.
    """

    def __init__(self, images: np.ndarray, masks: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.masks, self.labels = images, masks, labels
        self.negatives = np.flatnonzero(labels == 0)
        healthy = [place for place in np.flatnonzero(labels == 1) if has_empty_half(masks[place])]
        self.half_healthy = np.array(healthy, np.int64)

    def mix(self, place: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The page with another's half; its label stays. Shape: both [H, W], uint8."""
        page = self.images[place], self.masks[place]
        if self.labels[place] == 1:
            kept = heavier_half(page[1])
            partner = self._page(generator.choice(self.negatives))
        elif len(self.half_healthy) and generator.random() < 0.5:
            partner = self._page(generator.choice(self.half_healthy))
            kept = heavier_half(partner[1])
        else:
            kept = int(generator.integers(2))
            partner = self._page(generator.choice(self.negatives))
        left, right = (page, partner) if kept == 0 else (partner, page)
        return join_halves(left, right, generator)

    def _page(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        return self.images[place], self.masks[place]
