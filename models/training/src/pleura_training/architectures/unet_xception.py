"""A U-Net over Xception."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture, scaled
from .blocks import PlainBlock, convolution, upsample
from .unet import UnetDecoder

MIDDLE_BLOCKS = 8
DECODER = (256, 128, 64, 32)
LAST = 16


class SeparableConvolution(nn.Sequential):
    """ReLU where asked for, depthwise 3x3, pointwise, batch norm."""

    def __init__(self, inputs: int, outputs: int, activate: bool = True) -> None:
        super().__init__(
            nn.ReLU() if activate else nn.Identity(),
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )


class HalvingBlock(nn.Module):
    """Two separable convolutions and a pooling beside a strided 1x1 shortcut."""

    def __init__(self, inputs: int, hidden: int, outputs: int, activate: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(
            SeparableConvolution(inputs, hidden, activate),
            SeparableConvolution(hidden, outputs),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.body(features) + self.shortcut(features)


class MiddleBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(SeparableConvolution(channels, channels) for _ in range(3)))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class Xception(nn.Module):
    """Chollet, 2017, without its classifier; every convolution padded, so that sizes halve exactly.

    The answer holds the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size.
    """

    def __init__(self, inputs: int, width: float) -> None:
        super().__init__()
        c32, c64, c128, c256, c728, c1024, c1536, c2048 = (
            scaled(channels, width) for channels in (32, 64, 128, 256, 728, 1024, 1536, 2048)
        )
        self.channels = [c64, c128, c256, c728, c2048]
        self.stem = nn.Sequential(
            nn.Conv2d(inputs, c32, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(c32),
            nn.ReLU(),
            convolution(c32, c64),
        )
        self.quarter = HalvingBlock(c64, c128, c128, activate=False)
        self.eighth = HalvingBlock(c128, c256, c256)
        self.sixteenth = nn.Sequential(
            HalvingBlock(c256, c728, c728), *(MiddleBlock(c728) for _ in range(MIDDLE_BLOCKS))
        )
        self.deepest = nn.Sequential(
            HalvingBlock(c728, c728, c1024),
            SeparableConvolution(c1024, c1536, activate=False),
            SeparableConvolution(c1536, c2048),
            nn.ReLU(),
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        half = self.stem(image)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        # Residual sums are left open for the next block, but a skip ends here.
        skips = [half, *(F.relu(each) for each in (quarter, eighth, sixteenth))]
        return [*skips, self.deepest(sixteenth)]


class UnetXception(Architecture):
    name = "unet-xception"
    task = "segmentation"
    channels = 3
    side = 256
    multiple = 32

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.mean, self.std = [0.5] * 3, [0.5] * 3
        self.encoder = Xception(self.channels, width)
        decoder = [scaled(channels, width) for channels in DECODER]
        self.decoder = UnetDecoder(self.encoder.channels, decoder)
        self.last = PlainBlock(decoder[-1], scaled(LAST, width))
        self.head = nn.Conv2d(scaled(LAST, width), 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        return [self.head(self.last(upsample(self.decoder(self.encoder(image)))))]
