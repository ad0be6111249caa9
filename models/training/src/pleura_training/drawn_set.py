"""Drawn chests with masks to train on: they show that a network learns, not how good it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from .phantom import draw_phantom_and_mask


@dataclass(frozen=True)
class DrawnSet:
    """Shape: pictures [N, H, W] and masks [N, H, W], uint8, masks 0 or 1; labels [N]."""

    pictures: np.ndarray
    masks: np.ndarray
    labels: np.ndarray

    def images(self, mean: list[float], std: list[float]) -> Tensor:
        """What a network sees. Shape: [N, channels, H, W], float32."""
        grey = torch.from_numpy(self.pictures).float()[:, None] / 255
        shift, spread = (torch.tensor(each).view(1, -1, 1, 1) for each in (mean, std))
        return (grey - shift) / spread

    def truth(self) -> Tensor:
        """Shape: [N, 1, H, W], float32."""
        return torch.from_numpy(self.masks).float()[:, None]


def draw_set(count: int, side: int, seed: int) -> DrawnSet:
    """Every second chest holds air. Each is turned, shifted and sized a little at random."""
    generator = np.random.default_rng(seed)
    pictures, masks = [], []
    for number in range(count):
        picture, mask = draw_phantom_and_mask(side, side, seed * 100_003 + number, number % 2 == 1)
        centre = (side / 2, side / 2)
        way = cv2.getRotationMatrix2D(
            centre, generator.uniform(-12, 12), generator.uniform(0.85, 1.15)
        )
        way[:, 2] += generator.uniform(-0.08, 0.08, 2) * side
        same = {"dsize": (side, side), "borderMode": cv2.BORDER_REPLICATE}
        pictures.append(cv2.warpAffine(picture, way, flags=cv2.INTER_LINEAR, **same))
        masks.append(cv2.warpAffine(mask, way, flags=cv2.INTER_NEAREST, **same))
    labels = np.arange(count) % 2
    return DrawnSet(np.stack(pictures), np.stack(masks), labels)
