"""The dense skip paths of the nested U-Net."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import upsample


class NestedDecoder(nn.Module):
    """Node (row, column) joins all nodes before it in its row with the one below, enlarged.

    Zhou et al., UNet++, 2018. Row 0 is the finest; column 0 is the encoder. A decoder over fewer
    rows holds the same nodes with the same shapes: that is what makes the network prunable.
    """

    def __init__(
        self, encoder_channels: list[int], node_channels: list[int], block: type[nn.Module]
    ) -> None:
        super().__init__()
        self.depth = len(encoder_channels) - 1
        self.nodes = nn.ModuleDict()
        for column in range(1, self.depth + 1):
            for row in range(self.depth + 1 - column):
                below = (encoder_channels if column == 1 else node_channels)[row + 1]
                inputs = encoder_channels[row] + (column - 1) * node_channels[row] + below
                self.nodes[f"{row}-{column}"] = block(inputs, node_channels[row])

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """The nodes of row 0 from column 1 on, the deepest last."""
        rows = [[feature] for feature in features]
        for column in range(1, self.depth + 1):
            for row in range(self.depth + 1 - column):
                below = upsample(rows[row + 1][column - 1])
                rows[row].append(self.nodes[f"{row}-{column}"](torch.cat([*rows[row], below], 1)))
        return rows[0][1:]
