"""Chests joined from the halves of two patients: new pictures whose masks are still true.

A pneumothorax lies in one hemithorax. With the other hemithorax from somebody else, a network can
no longer know its few positives by the rest of the picture: it must look at the air.
"""

from __future__ import annotations

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


class Partners:
    """Who lends the other half to each page of a training set.

    A positive keeps the half with its mask and gets the other from a negative. A negative gets
    the other half from a negative, or the healthy half of a positive: so that what surrounds a
    pneumothorax is seen without one as well. Shape: masks [N, H, W]; labels and outlined [N], the
    latter false for a positive nobody outlined, which keeps both of its halves.
    """

    def __init__(self, masks: np.ndarray, labels: np.ndarray, outlined: np.ndarray) -> None:
        self.labels, self.outlined = labels, outlined
        self.heavier = np.array([heavier_half(mask) for mask in masks])
        self.negatives = np.flatnonzero(labels == 0)
        held = np.flatnonzero((labels == 1) & outlined)
        healthy = [place for place in held if has_empty_half(masks[place])]
        self.half_healthy = np.array(healthy, np.int64)

    def draw(
        self, chosen: np.ndarray, share: float, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whose left and whose right half each page shows; a share of them is joined."""
        kept, partners = generator.integers(0, 2, len(chosen)), chosen.copy()
        for n, place in enumerate(chosen):
            if generator.random() >= share:
                continue
            if self.labels[place] == 1:
                kept[n] = self.heavier[place]
                # Its air is somewhere, and nobody said in which half.
                partners[n] = generator.choice(self.negatives) if self.outlined[place] else place
            elif len(self.half_healthy) and generator.random() < 0.5:
                partners[n] = generator.choice(self.half_healthy)
                kept[n] = self.heavier[partners[n]]
            else:
                partners[n] = generator.choice(self.negatives)
        return np.where(kept == 0, chosen, partners), np.where(kept == 0, partners, chosen)
