"""Test-time augmentation of one kind: the image and its mirror image, judged together."""

from __future__ import annotations

import torch
from torch import Tensor

from .architectures import Architecture


class Mirrored(Architecture):
    """Answers as the network does, averaged over the image and its mirror image: twice the work.

    Part of the exported graph, so that thresholds and product know nothing of it.
    """

    def __init__(self, network: Architecture) -> None:
        super().__init__()
        self.network = network
        for name in ("name", "task", "channels", "mean", "std", "multiple", "mask_stride"):
            setattr(self, name, getattr(network, name))
        if network.classifies:
            self.activation_stride = network.activation_stride

    def title(self) -> str:
        return f"{self.network.title()}, averaged with the mirror image"

    def forward(self, image: Tensor) -> tuple[Tensor, ...] | list[Tensor]:
        # One pass of a doubled batch, so that the exported file holds the weights once.
        answer = self.network(torch.cat((image, image.flip(3))))
        averaged = []
        for output in answer:
            plain, mirrored = output.reshape(2, -1, *output.shape[1:]).unbind(0)
            averaged.append((plain + (mirrored.flip(3) if output.ndim == 4 else mirrored)) / 2)
        return averaged if self.task == "segmentation" else tuple(averaged)
