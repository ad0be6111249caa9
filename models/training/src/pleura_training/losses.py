"""Losses of masks: overlap and cross-entropy."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def soft_dice_loss(mask_logits: Tensor, target: Tensor, present: Tensor) -> Tensor:
    """1 - Dice per image, averaged over the images that hold a mask.

    Shape: [N, 1, H, W] twice; present [N]. Empty images are left to the cross-entropy:
    their Dice has no gradient worth following.
    """
    probability = mask_logits.sigmoid().flatten(1)
    truth = target.flatten(1)
    overlap = (probability * truth).sum(1)
    dice = (2 * overlap + 1) / (probability.sum(1) + truth.sum(1) + 1)
    return ((1 - dice) * present).sum() / present.sum().clamp(min=1)


def mask_loss(mask_logits: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy plus Dice at the resolution of the logits. Mask coverage is averaged down."""
    target = F.adaptive_avg_pool2d(mask, mask_logits.shape[-2:])
    cross_entropy = F.binary_cross_entropy_with_logits(mask_logits, target)
    # Air is some 2 % of the pixels: without the factor the cross-entropy whispers.
    return 4 * cross_entropy + soft_dice_loss(mask_logits, target, labels[:, 0])
