"""The joint screening network: one encoder, a mask decoder and a classification head."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU. Dense 3x3: the fastest shape on a CPU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside an identity (He et al., 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        )
        # Starting as the identity lets a deep network from scratch take off sooner.
        nn.init.zeros_(self.second[1].weight)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            pool = nn.AvgPool2d(stride, stride) if stride != 1 else nn.Identity()
            self.shortcut = nn.Sequential(
                pool, nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.first(x)) + self.shortcut(x))


class MergeStep(nn.Module):
    """One step up of the decoder: double the coarse map, add the finer one, smooth."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(coarse, fine, 1, bias=False)
        self.lateral = nn.Conv2d(fine, fine, 1)
        self.smooth = nn.Sequential(convolution(fine, fine), convolution(fine, fine))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        raised = F.interpolate(self.reduce(coarse), scale_factor=2.0, mode="nearest")
        return self.smooth(raised + self.lateral(fine))


class ScreeningNetwork(nn.Module):
    """Image in; class logits, class-activation map and mask logits out, from one forward.

    Shape: image [N, 1, H, W] with H, W divisible by 32 -> logits [N, 1],
    class_activation_map [N, 1, H/16, W/16], mask_logits [N, 1, H/4, W/4].
    """

    def __init__(self, width: int = 32, depths: tuple[int, ...] = (1, 2, 3, 2)) -> None:
        super().__init__()
        w = width
        widths = (w, 2 * w, 4 * w, 8 * w)
        # Full-resolution levels cost most: leave them after two strided convolutions.
        self.stem = nn.Sequential(convolution(1, w // 2, 3, 2), convolution(w // 2, w, 3, 2))
        stages = []
        inputs = w
        for level, (outputs, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = []
            for block in range(depth):
                stride = 2 if level > 0 and block == 0 else 1
                blocks.append(ResidualBlock(inputs, outputs, stride))
                inputs = outputs
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        # Air gathers at the apex: where something lies matters. One learned offset per place.
        self.position = nn.Parameter(torch.zeros(1, widths[3], 8, 8))
        self.merges = nn.ModuleList(
            MergeStep(widths[level + 1], widths[level]) for level in (2, 1, 0)
        )
        self.mask_heads = nn.ModuleList(nn.Conv2d(widths[level], 1, 1) for level in (2, 1, 0))
        self.activation_head = nn.Conv2d(widths[2], 1, 1)
        self.class_head = nn.Linear(4, 1)
        for head in (*self.mask_heads, self.activation_head):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.constant_(head.bias, -2.0)
        with torch.no_grad():
            self.class_head.weight.fill_(0.5)
            self.class_head.bias.fill_(1.0)

    def forward_all(self, image: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """As `forward`, with the mask logits of every decoder level (coarse to fine)."""
        x = self.stem(image)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        x = x + F.interpolate(
            self.position, size=x.shape[-2:], mode="bilinear", align_corners=False
        )
        mask_logits = []
        activation = None
        for merge, head, fine in zip(self.merges, self.mask_heads, levels[2::-1], strict=True):
            x = merge(x, fine)
            if activation is None:
                activation = self.activation_head(x)
            mask_logits.append(head(x))
        summary = torch.stack(
            (
                activation.float().mean((1, 2, 3)),
                soft_maximum(activation.float(), 0.05),
                soft_maximum(mask_logits[0].float(), 0.02),
                soft_maximum(mask_logits[2].float(), 0.01),
            ),
            dim=1,
        )
        return self.class_head(summary), activation, mask_logits

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, activation, mask_logits = self.forward_all(image)
        return logits, activation, mask_logits[-1]


def soft_maximum(logits: Tensor, fraction: float) -> Tensor:
    """Mean of the largest `fraction` of a map: a maximum that one pixel cannot set.

    Shape: [N, 1, H, W] -> [N].
    """
    flat = logits.flatten(1)
    count = max(1, int(flat.shape[1] * fraction))
    return flat.topk(count, dim=1).values.mean(1)
