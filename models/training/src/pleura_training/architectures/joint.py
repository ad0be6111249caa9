"""The network that ships: class and mask in one pass, over any encoder of timm."""

from __future__ import annotations

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture

PYRAMID = 64
"""Channels of the mask decoder down to stride 8."""
FINE = 32
"""Its channels at stride 4, where a pixel costs four times as much."""
STRIDES = (4, 8, 16, 32)


class JointNetwork(Architecture):
    """Image in; class logits, class-activation map and mask logits out, from one forward.

    Shape: image [N, 1, H, W] with H, W divisible by 32 -> logits [N, 1],
    class_activation_map [N, 1, H/16, W/16], mask_logits [N, 1, H/4, W/4].
    """

    name = "joint"
    task = "joint"
    channels = 1
    side = 512
    mean = (0.5,)
    std = (0.5,)
    multiple = 32
    activation_stride = 16
    mask_stride = 4

    def __init__(self, encoder: str) -> None:
        super().__init__()
        # Never `pretrained=True`: it would fetch.
        given = {"features_only": True, "pretrained": False, "in_chans": 1}
        levels = timm.create_model(encoder, **given).feature_info.reduction()
        if not set(STRIDES) <= set(levels):
            raise ValueError(f"{encoder} reduces to {levels}; the decoder wants {STRIDES}")
        chosen = [levels.index(reduction) for reduction in STRIDES]
        self.encoder = timm.create_model(encoder, **given, out_indices=chosen)
        self.encoder_name = encoder
        fine, *channels = self.encoder.feature_info.channels()
        self.lateral = nn.ModuleList(nn.Conv2d(count, PYRAMID, 1) for count in channels)
        self.smooth = smoothing(PYRAMID)
        self.fine_lateral = nn.Conv2d(fine, FINE, 1)
        self.narrow = nn.Conv2d(PYRAMID, FINE, 1)
        self.fine_smooth = smoothing(FINE)
        self.mask_head = nn.Conv2d(FINE, 1, 1)
        self.activation_head = nn.Conv2d(PYRAMID, 1, 1)
        for head in (self.mask_head, self.activation_head):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.constant_(head.bias, -2.0)
        # The mean sees what lies all over, the maximum a sliver that the mean would drown; what
        # the decoder sees at stride 8 is asked too, so that class and mask seldom disagree.
        self.class_head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * (channels[-1] + PYRAMID), 1))

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        encoder = {id(weights) for weights in self.encoder.parameters()}
        heads = [weights for weights in self.parameters() if id(weights) not in encoder]
        return list(self.encoder.parameters()), heads

    def title(self) -> str:
        parameters = sum(weights.numel() for weights in self.parameters()) / 1e6
        return (
            f"{self.encoder_name} with a mask decoder to stride 4, joint classification head, "
            f"{parameters:.1f} M parameters"
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.answer(*self.encoder(image))

    def answer(
        self, quarter: Tensor, eighth: Tensor, sixteenth: Tensor, last: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the heads make of the encoder's levels, at strides 4 to 32."""
        logits, activation, decoded = self.coarse(eighth, sixteenth, last)
        return logits, activation, self.fine(quarter, decoded)

    def coarse(
        self, eighth: Tensor, sixteenth: Tensor, last: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Class logits, class-activation map, and the decoder at stride 8."""
        middle, x = self.decode(eighth, sixteenth, last)
        pooled = [each for level in (last, x) for each in (level.mean((2, 3)), level.amax((2, 3)))]
        return self.class_head(torch.cat(pooled, 1)), self.activation_head(middle), x

    def decode(self, eighth: Tensor, sixteenth: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """The decoder at strides 16 and 8."""
        middle = doubled(self.lateral[2](last)) + self.lateral[1](sixteenth)
        return middle, self.smooth(doubled(middle) + self.lateral[0](eighth))

    def outline(self, quarter: Tensor, eighth: Tensor, sixteenth: Tensor, last: Tensor) -> Tensor:
        """Mask logits alone."""
        return self.fine(quarter, self.decode(eighth, sixteenth, last)[1])

    def fine(self, quarter: Tensor, eighth: Tensor) -> Tensor:
        """Mask logits at stride 4."""
        return self.mask_head(
            self.fine_smooth(doubled(self.narrow(eighth)) + self.fine_lateral(quarter))
        )

    def fine_modules(self) -> tuple[nn.Module, ...]:
        """Those of `fine`."""
        return self.fine_lateral, self.narrow, self.fine_smooth, self.mask_head


def smoothing(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )


def doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def load_ordered_weights(network: JointNetwork, where: str, weights: dict[str, Tensor]) -> None:
    """Weights of the same architecture under other names: matched in order, every shape checked.

    They may be of a classifier of photographs; its stem, made for three colours, is summed to
    one, which is what it says of a grey image.
    @throws ValueError when a tensor does not fit
    """
    encoder, held = network.encoder_name, list(weights.values())
    full = timm.create_model(encoder, pretrained=False).state_dict()
    if len(held) != len(full):
        raise ValueError(f"{where} holds {len(held)} tensors, {encoder} has {len(full)}")
    for given, (name, wanted) in zip(held, full.items(), strict=True):
        if given.shape != wanted.shape:
            raise ValueError(
                f"{where} does not fit {encoder}: {name} is {tuple(wanted.shape)} there, "
                f"{tuple(given.shape)} here"
            )
    state = dict(zip(full, held, strict=True))
    kept = network.encoder.state_dict()
    stem = next(name for name, weights in kept.items() if weights.ndim == 4)
    state[stem] = state[stem].sum(1, keepdim=True)
    network.encoder.load_state_dict({name: state[name] for name in kept})
