"""What a network says about prepared images, whatever its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .architectures import Architecture
from .progress import progress
from .resize import resize_stretch


@dataclass(frozen=True)
class Predictions:
    """Shape: logits [N], mask_logits [N, h, w], both float32; None where it has no say."""

    logits: np.ndarray | None
    mask_logits: np.ndarray | None


def as_input(images: Tensor, network: Architecture) -> Tensor:
    """Normalised as the bundle will say; grey is repeated for a network of three channels.

    Shape: [N, 1 or channels, H, W], 0..1 -> [N, channels, H, W].
    """
    mean, std = (
        torch.tensor(each, dtype=images.dtype, device=images.device).view(1, -1, 1, 1)
        for each in (network.mean, network.std)
    )
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def predict(
    network: Architecture, images: Sequence[np.ndarray], side: int, batch: int = 16
) -> Predictions:
    """Forward of every image, resized by the serving contract. `images`: [H, W] uint8 each."""
    network.eval()
    device = next(network.parameters()).device
    logits, masks = [], []
    for start in progress(range(0, len(images), batch), "predict"):
        planes = [resize_stretch(image, side, side) for image in images[start : start + batch]]
        grey = torch.from_numpy(np.stack(planes)[:, None] / np.float32(255)).to(device)
        answer = network(as_input(grey, network))
        if network.classifies:
            logits.append(answer[0][:, 0].float().cpu().numpy())
        if network.segments:
            masks.append(answer[-1][:, 0].float().cpu().numpy())
    return Predictions(
        np.concatenate(logits) if logits else None, np.concatenate(masks) if masks else None
    )
