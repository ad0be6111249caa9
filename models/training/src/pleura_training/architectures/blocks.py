"""Blocks that more than one network is made of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def upsample(features: Tensor, factor: int = 2) -> Tensor:
    return F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)


def convolution(inputs: int, outputs: int, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    """Convolution that keeps the size, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(
            inputs,
            outputs,
            kernel,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            bias=False,
        ),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class PlainBlock(nn.Sequential):
    """Two 3x3 convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(convolution(inputs, outputs), convolution(outputs, outputs))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 shortcut; He et al., 2016."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, features: Tensor) -> Tensor:
        return F.relu(self.second(self.first(features)) + self.shortcut(features))


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole picture says of them; Hu et al., 2018."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = nn.Conv2d(channels, hidden, 1, bias=False)
        self.excite = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        pooled = features.mean((2, 3), keepdim=True)
        return features * self.excite(F.relu(self.squeeze(pooled))).sigmoid()


class SqueezeExciteBlock(nn.Sequential):
    """Two 3x3 convolutions, then squeeze-excite."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(PlainBlock(inputs, outputs), SqueezeExcite(outputs))


class Aspp(nn.Module):
    """Atrous spatial pyramid pooling; Chen et al., 2017. Rates of the Double U-Net."""

    rates = (6, 12, 18)

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.whole = convolution(inputs, outputs, kernel=1)
        self.near = convolution(inputs, outputs, kernel=1)
        self.far = nn.ModuleList(convolution(inputs, outputs, dilation=rate) for rate in self.rates)
        self.join = convolution((2 + len(self.rates)) * outputs, outputs, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        near = self.near(features)
        whole = self.whole(features.mean((2, 3), keepdim=True)).expand_as(near)
        return self.join(torch.cat([whole, near, *(branch(features) for branch in self.far)], 1))
