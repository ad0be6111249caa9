"""The nested U-Net with deep supervision, prunable at any level."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture, scaled
from .blocks import PlainBlock
from .nested_decoder import NestedDecoder

FILTERS = (32, 64, 128, 256, 512)
LEVELS = len(FILTERS) - 1


class UnetPlusPlus(Architecture):
    """Zhou et al., 2018. `level` 1..4 keeps the network up to that depth.

    The answer holds the mask of every kept level, the deepest last: each is trained.
    """

    name = "unetplusplus"
    task = "segmentation"
    channels = 1
    side = 512

    def __init__(self, width: float = 1.0, level: int = LEVELS) -> None:
        super().__init__()
        if level not in range(1, LEVELS + 1):
            raise ValueError(f"unetplusplus has the levels 1 to {LEVELS}, not {level}")
        self.mean, self.std = [0.5], [0.25]
        self.width, self.level, self.multiple = width, level, 2**level
        filters = [scaled(channels, width) for channels in FILTERS[: level + 1]]
        self.encoder = nn.ModuleList(
            PlainBlock(inputs, outputs)
            for inputs, outputs in zip([self.channels, *filters[:-1]], filters, strict=True)
        )
        self.decoder = NestedDecoder(filters, filters, PlainBlock)
        self.heads = nn.ModuleList(nn.Conv2d(filters[0], 1, 1) for _ in range(level))

    def forward(self, image: Tensor) -> list[Tensor]:
        features = [self.encoder[0](image)]
        for block in self.encoder[1:]:
            features.append(block(F.max_pool2d(features[-1], 2)))
        nodes = self.decoder(features)
        return [head(node) for head, node in zip(self.heads, nodes, strict=True)]

    def pruned(self, level: int) -> UnetPlusPlus:
        """The same weights up to a level; its last mask is this network's mask of that level."""
        if level > self.level:
            raise ValueError(f"level {level} was already pruned away, {self.level} are left")
        smaller = UnetPlusPlus(self.width, level)
        state = self.state_dict()
        smaller.load_state_dict({name: state[name] for name in smaller.state_dict()})
        return smaller.train(self.training)
