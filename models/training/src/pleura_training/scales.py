"""Several networks look at one image, each at the side that it was trained at."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


def area_matrix(inputs: int, outputs: int) -> np.ndarray:
    """Weights of an area reduction along one axis. Shape: [outputs, inputs]; each row sums to 1."""
    if outputs > inputs:
        raise ValueError(f"{inputs} pixels cannot be reduced to {outputs}")
    edges = np.arange(outputs + 1) * (inputs / outputs)
    pixels = np.arange(inputs)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (covered.clip(0) * outputs / inputs).astype(np.float32)


class Retoned(nn.Module):
    """A network that was trained with other mean and std than the image comes with."""

    def __init__(
        self, network: nn.Module, given: tuple[float, float], wanted: tuple[float, float]
    ) -> None:
        super().__init__()
        self.network = network
        self.scale = given[1] / wanted[1]
        self.shift = (given[0] - wanted[0]) / wanted[1]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.network(image * self.scale + self.shift)


class ScaleAveraged(nn.Module):
    """The mean of the members' outputs; the image comes at the largest side, maps leave at it.

    The reduction is the pipeline's own (area), as two matrix products: every runtime has them.
    """

    def __init__(self, members: list[tuple[nn.Module, int]]) -> None:
        super().__init__()
        self.side = max(side for _, side in members)
        self.networks = nn.ModuleList(network for network, _ in members)
        self.sides = [side for _, side in members]
        for side in {*self.sides} - {self.side}:
            matrix = torch.from_numpy(area_matrix(self.side, side))
            self.register_buffer(f"to_{side}", matrix, persistent=False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        answers = [
            network(self.reduced(image, side))
            for network, side in zip(self.networks, self.sides, strict=True)
        ]
        logits, *maps = zip(*answers, strict=True)
        sizes = [(self.side // stride, self.side // stride) for stride in (16, 4)]
        grown = [
            [F.interpolate(part, size=size, mode="bilinear", align_corners=False) for part in parts]
            for parts, size in zip(maps, sizes, strict=True)
        ]
        averages = (torch.stack(list(parts)).mean(0) for parts in (logits, *grown))
        return tuple(averages)

    def reduced(self, image: Tensor, side: int) -> Tensor:
        """Shape: [N, 1, H, H] -> [N, 1, side, side]."""
        if side == self.side:
            return image
        matrix = getattr(self, f"to_{side}")
        return matrix @ image @ matrix.T
