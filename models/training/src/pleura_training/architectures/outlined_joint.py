"""The joint network with a mask decoder of its own, whose large regions the class listens to."""

from __future__ import annotations

import torch
from torch import Tensor

from .architecture import Architecture
from .joint import JointNetwork

STEEPNESS = 4.0
"""Class logits to an e-fold of the region's area."""


class OutlinedJoint(Architecture):
    """Answers as a joint network does. One encoder; class and activation map from one decoder, the
    masks from another one, that knows large collapses. A region of `area` (a share of the picture,
    each pixel counted by its probability) lifts the class to `level` (a logit) where it is lower, a
    larger one higher, a smaller one less; no region ever lowers it.

    Shape: as of JointNetwork.
    """

    name = "joint-outlined"
    task = "joint"
    channels = JointNetwork.channels
    side = JointNetwork.side
    mean = JointNetwork.mean
    std = JointNetwork.std
    multiple = JointNetwork.multiple
    activation_stride = JointNetwork.activation_stride
    mask_stride = JointNetwork.mask_stride

    def __init__(self, encoder: str, area: float, level: float) -> None:
        super().__init__()
        self.judge = JointNetwork(encoder)
        self.outliner = JointNetwork(encoder)
        for unused in ("encoder", "class_head", "activation_head"):
            delattr(self.outliner, unused)
        self.area, self.level = area, level

    def title(self) -> str:
        parameters = sum(weights.numel() for weights in self.parameters()) / 1e6
        return (
            f"{self.judge.encoder_name} with a joint classification head and a mask decoder to "
            f"stride 4 whose large regions the class listens to, {parameters:.1f} M parameters"
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, activation, mask, area = self.parts(image)
        return self.heard(logits, area), activation, mask

    def heard(self, logits: Tensor, area: Tensor) -> Tensor:
        lifted = self.level + STEEPNESS * torch.log(area.clamp_min(1e-6) / self.area)
        return torch.maximum(logits, lifted)

    def parts(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Class logits before any region is heard, activation map, mask logits, area [N, 1]."""
        levels = self.judge.encoder(image)
        logits, activation, _ = self.judge.coarse(*levels[1:])
        mask = self.outliner.outline(*levels)
        return logits, activation, mask, mask.sigmoid().mean((2, 3))
