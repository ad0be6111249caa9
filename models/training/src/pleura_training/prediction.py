"""Predictions of a network for many prepared images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .progress import progress
from .resize import resize_stretch


@dataclass(frozen=True)
class Predictions:
    """Shape: logits [N], mask_logits [N, h, w], both float32."""

    logits: np.ndarray
    mask_logits: np.ndarray


@torch.inference_mode()
def predict(
    network: torch.nn.Module,
    images: list[np.ndarray] | np.ndarray,
    side: int,
    mean: float,
    std: float,
    batch: int = 16,
) -> Predictions:
    """Forward of every image, resized by the serving contract. `images`: [H, W] uint8 each."""
    network.eval()
    device = next(network.parameters()).device
    logits, masks = [], []
    for start in progress(range(0, len(images), batch), "predict"):
        planes = [
            (resize_stretch(image, side, side) / np.float32(255) - np.float32(mean))
            / np.float32(std)
            for image in images[start : start + batch]
        ]
        inputs = torch.from_numpy(np.stack(planes)[:, None]).to(device)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        class_logits, _, mask_logits = network(inputs)
        logits.append(class_logits[:, 0].float().cpu().numpy())
        masks.append(mask_logits[:, 0].float().cpu().numpy())
    return Predictions(np.concatenate(logits), np.concatenate(masks))
