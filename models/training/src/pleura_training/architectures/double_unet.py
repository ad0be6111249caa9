"""Two U-Nets in a row, the second looking where the first one points."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import IMAGENET_MEAN, IMAGENET_STD, Architecture, scaled
from .blocks import Aspp, SqueezeExciteBlock, convolution, upsample

VGG19 = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and 3x3 convolutions of the five stages; Simonyan & Zisserman, 2015."""
SECOND_ENCODER = (32, 64, 128, 256)
DECODER = (256, 128, 64, 32)
ASPP = 64


class SkipDecoder(nn.Module):
    """Enlarges, joins the skips of one or two encoders, convolves with squeeze-excite.

    `skips` run from fine to coarse, one list per encoder.
    """

    def __init__(self, inputs: int, skips: list[list[int]], outputs: list[int]) -> None:
        super().__init__()
        joined = [sum(level) for level in zip(*skips, strict=True)][::-1]
        self.blocks = nn.ModuleList(
            SqueezeExciteBlock(below + skip, output)
            for below, skip, output in zip([inputs, *outputs[:-1]], joined, outputs, strict=True)
        )

    def forward(self, current: Tensor, skips: list[list[Tensor]]) -> Tensor:
        levels = reversed(list(zip(*skips, strict=True)))
        for block, level in zip(self.blocks, levels, strict=True):
            current = block(torch.cat([upsample(current), *level], 1))
        return current


class DoubleUnet(Architecture):
    """Jha et al., 2020. `blocks`: how many times each network halves the picture.

    4 is the paper's; 2, the study's, ends VGG19 after its third stage and keeps the finest blocks.
    VGG19 is the variant with batch norm, as it starts from random weights.
    The second network sees the picture in 0..1 times the first mask, so that outside is black.
    """

    name = "double-unet"
    task = "segmentation"
    channels = 3
    side = 256

    def __init__(self, width: float = 1.0, blocks: int = 4) -> None:
        super().__init__()
        if blocks not in (2, 4):
            raise ValueError(f"double-unet has 2 or 4 blocks, not {blocks}")
        self.mean, self.std = list(IMAGENET_MEAN), list(IMAGENET_STD)
        self.multiple = 2**blocks
        self.register_buffer("shift", torch.tensor(self.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(self.std).view(1, 3, 1, 1), persistent=False)

        vgg = [(scaled(channels, width), count) for channels, count in VGG19[: blocks + 1]]
        first = [channels for channels, _ in vgg]
        second = [scaled(channels, width) for channels in SECOND_ENCODER[:blocks]]
        decoder = [scaled(channels, width) for channels in DECODER[4 - blocks :]]
        aspp = scaled(ASPP, width)
        self.first_encoder = nn.ModuleList(
            nn.Sequential(
                convolution(inputs, channels),
                *(convolution(channels, channels) for _ in range(count - 1)),
            )
            for inputs, (channels, count) in zip([3, *first[:-1]], vgg, strict=True)
        )
        self.first_aspp = Aspp(first[-1], aspp)
        self.first_decoder = SkipDecoder(aspp, [first[:-1]], decoder)
        self.first_head = nn.Conv2d(decoder[-1], 1, 1)
        self.second_encoder = nn.ModuleList(
            SqueezeExciteBlock(inputs, outputs)
            for inputs, outputs in zip([3, *second[:-1]], second, strict=True)
        )
        self.second_aspp = Aspp(second[-1], aspp)
        self.second_decoder = SkipDecoder(aspp, [first[:-1], second], decoder)
        self.second_head = nn.Conv2d(decoder[-1], 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        first = [self.first_encoder[0](image)]
        for stage in self.first_encoder[1:]:
            first.append(stage(F.max_pool2d(first[-1], 2)))
        *first_skips, deepest = first
        decoded = self.first_decoder(self.first_aspp(deepest), [first_skips])
        first_mask = self.first_head(decoded)

        current = (image * self.spread + self.shift) * first_mask.sigmoid()
        second_skips = []
        for block in self.second_encoder:
            second_skips.append(block(current))
            current = F.max_pool2d(second_skips[-1], 2)
        decoded = self.second_decoder(self.second_aspp(current), [first_skips, second_skips])
        return [first_mask, self.second_head(decoded)]
