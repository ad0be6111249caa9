"""The plain U-Net of the study."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture, scaled
from .blocks import PlainBlock, upsample

ENCODER = (64, 128, 256, 256, 256, 256)
DECODER = (512, 512, 256, 128, 64)


class UnetDecoder(nn.Module):
    """From the coarsest features up, one skip connection per level.

    `features` run from fine to coarse; the answer is as fine as the first of them.
    """

    def __init__(self, encoder_channels: list[int], decoder_channels: list[int]) -> None:
        super().__init__()
        below = [encoder_channels[-1], *decoder_channels]
        skips = encoder_channels[-2::-1]
        self.blocks = nn.ModuleList(
            PlainBlock(below[level] + skip, decoder_channels[level])
            for level, skip in enumerate(skips)
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        *skips, current = features
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            current = block(torch.cat([upsample(current), skip], 1))
        return current


class Unet(Architecture):
    """Ronneberger et al., 2015, with the study's widths: six encoder levels, five decoder levels.

    Padded convolutions and bilinear enlargement, so that the mask has the size of the image.
    """

    name = "unet"
    task = "segmentation"
    channels = 1
    side = 256
    multiple = 32

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.mean, self.std = [0.5], [0.25]
        encoder = [scaled(channels, width) for channels in ENCODER]
        decoder = [scaled(channels, width) for channels in DECODER]
        self.encoder = nn.ModuleList(
            PlainBlock(inputs, outputs)
            for inputs, outputs in zip([self.channels, *encoder[:-1]], encoder, strict=True)
        )
        self.decoder = UnetDecoder(encoder, decoder)
        self.head = nn.Conv2d(decoder[-1], 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        features = [self.encoder[0](image)]
        for block in self.encoder[1:]:
            features.append(block(F.max_pool2d(features[-1], 2)))
        return [self.head(self.decoder(features))]
