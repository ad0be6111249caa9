"""A nested U-Net over EfficientNet-B4."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

from .architecture import IMAGENET_MEAN, IMAGENET_STD, Architecture, scaled
from .blocks import PlainBlock, ResidualBlock, upsample
from .nested_decoder import NestedDecoder

# Expansion, kernel, stride, inputs, outputs, layers of EfficientNet-B0; Tan & Le, 2019.
STAGES = (
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
B4_WIDTH, B4_DEPTH = 1.4, 1.8
TAPPED = (1, 2, 3, 5, 7)
"""Stages after which the picture is 1/2, 1/4, 1/8, 1/16 and 1/32 of its size."""
NODES = (32, 64, 128, 256)
LAST = 16


class UnetPlusPlusEfficientNet(Architecture):
    """EfficientNet-B4 encoder, dense skip paths, residual decoder blocks.

    The encoder is torchvision's; its finest features are at half size, so one enlargement and a
    plain block stand before the head.
    """

    name = "unetplusplus-efficientnet-b4"
    task = "segmentation"
    channels = 3
    side = 512
    multiple = 32

    def __init__(self, width: float = 1.0, depth: float = 1.0) -> None:
        super().__init__()
        self.mean, self.std = list(IMAGENET_MEAN), list(IMAGENET_STD)
        settings = [MBConvConfig(*stage, B4_WIDTH * width, B4_DEPTH * depth) for stage in STAGES]
        stages = EfficientNet(settings, dropout=0.4).features
        self.encoder = nn.ModuleList(stages[: TAPPED[-1] + 1])
        tapped = [settings[stage - 1].out_channels for stage in TAPPED]
        nodes = [scaled(channels, width) for channels in NODES]
        self.decoder = NestedDecoder(tapped, nodes, ResidualBlock)
        self.last = PlainBlock(nodes[0], scaled(LAST, width))
        self.head = nn.Conv2d(scaled(LAST, width), 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        features, current = [], image
        for number, stage in enumerate(self.encoder):
            current = stage(current)
            if number in TAPPED:
                features.append(current)
        return [self.head(self.last(upsample(self.decoder(features)[-1])))]
