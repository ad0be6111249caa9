"""Random changes of radiographs and their masks that a configuration's [augmentation] names.

Each change has a probability of its own, 0 when it is not named:

    flip = { probability = 0.5 }
    elastic = { probability = 0.3, shift = 0.03 }  # what is not given keeps its value in CHANGES

A batch at a time, on the device that holds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Augmentation = Callable[[Tensor, Tensor, np.random.Generator], tuple[Tensor, Tensor]]
"""(images [N, 1, S, S], masks [N, 1, S, S], generator) -> (images [N, channels, S, S], masks), all
float32, 0..1."""

CHANGES: dict[str, dict[str, float]] = {
    # left to right
    "flip": {},
    # tones in 0..1: to the power exp(±most), times exp(±most) around 0.5, plus ±most
    "gamma": {"most": 0.35},
    "contrast": {"most": 0.25},
    "brightness": {"most": 0.12},
    # noise of a standard deviation of 0..most
    "grain": {"most": 0.03},
    # a tint of 0..most of each tone; ±degrees round the colour circle, from red
    "saturation": {"most": 0.1},
    "hue": {"degrees": 180},
    # ±degrees; exp(±scale) along each axis; ±shift of the side
    "affine": {"degrees": 12, "scale": 0.12, "shift": 0.06},
    # ±shift of the side at each of cells x cells points, smooth between them
    "elastic": {"shift": 0.02, "cells": 6},
    # cells x cells tiles, each row and column wider or narrower by ±most
    "grid": {"most": 0.3, "cells": 5},
    # barrel or pincushion: the corners come from ±most farther out
    "optical": {"most": 0.2},
}
COLOURS = ("saturation", "hue")
FOLDS = 0.25
"""Most of shift * cells of the elastic change: beyond it neighbours may pass each other."""

LIMITS = {
    ("any", "probability"): 1,
    ("any", "most"): 1,
    ("any", "degrees"): 180,
    ("any", "scale"): 1,
    ("any", "shift"): 0.5,
    ("any", "cells"): 64,
    ("grid", "most"): 0.9,  # at 1 a row may vanish
    ("optical", "most"): 0.3,  # from 1/3 on the corners turn back inwards
}


class Draws:
    """Random numbers for a batch: each change's are 0 for the images that it leaves alone."""

    def __init__(self, ranges: dict, count: int, device: torch.device, generator) -> None:
        self.count, self.device, self.generator = count, device, generator
        self.happens = {
            change: generator.random(count) < ranges[change]["probability"] for change in CHANGES
        }

    def happening(self, change: str) -> bool:
        return bool(self.happens[change].any())

    def within(self, change: str, reach: float, *shape: int, low: float | None = None) -> Tensor:
        """Shape: [N, *shape], -reach..reach, or low..reach."""
        low = -reach if low is None else low
        numbers = self.generator.uniform(low, reach, (self.count, *shape))
        numbers[~self.happens[change]] = 0
        return torch.from_numpy(numbers.astype(np.float32)).to(self.device)


def build_augmentation(section: dict, colour: bool) -> Augmentation:
    """Geometry moves image and mask by one and the same map, both bilinearly. What comes in from
    outside the frame is 0.

    With `colour` the images leave with three channels. A grey picture has no colour to turn or to
    deepen: the usual jitter leaves it as it is. So saturation gives it a tint instead, three gains
    around 1 with mean 1, and hue turns the tint; hue without saturation changes nothing.

    @throws ValueError when a change or one of its ranges is unknown, or a number out of its range
    """
    ranges = _parse(section, colour)

    def augmentation(
        images: Tensor, masks: Tensor, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        draws = Draws(ranges, len(images), images.device, generator)
        if any(draws.happening(change) for change in WARPS):
            way = _draw_map(images.shape[2], ranges, draws)
            images, masks = (
                F.grid_sample(each, way, mode="bilinear", padding_mode="zeros", align_corners=False)
                for each in (images, masks)
            )
        images = _retoned(images, ranges, draws)
        if colour:
            images = (images * _draw_tint(ranges, draws)).clamp(0, 1)
        return images, masks

    return augmentation


def _parse(section: dict, colour: bool) -> dict[str, dict[str, float]]:
    unknown = sorted(set(section) - set(CHANGES))
    if unknown:
        raise ValueError(
            f"[augmentation] has {', '.join(unknown)}; it may have {', '.join(CHANGES)}"
        )
    ranges = {}
    for change, defaults in CHANGES.items():
        given = section.get(change, {"probability": 0.0})
        if not isinstance(given, dict) or "probability" not in given:
            raise ValueError(f"{change} is {given!r}; it must be {{ probability = ... }}")
        unknown = sorted(set(given) - {"probability", *defaults})
        if unknown:
            allowed = ", ".join(("probability", *defaults))
            raise ValueError(f"{change} has {', '.join(unknown)}; it may have {allowed}")
        for key, number in given.items():
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise ValueError(f"{key} of {change} is {number!r}; it must be a number")
            most = LIMITS.get((change, key), LIMITS["any", key])
            if not 0 <= number <= most:
                raise ValueError(f"{key} of {change} is {number}; it must be in 0..{most}")
        ranges[change] = {**defaults, **given}
        if change in COLOURS and ranges[change]["probability"] and not colour:
            raise ValueError(f"{change} needs a network of three channels; this one has one")
    for change in ("elastic", "grid"):
        cells = ranges[change]["cells"]
        if cells != int(cells) or cells < 2:
            raise ValueError(f"cells of {change} is {cells}; it must be a whole number from 2 on")
        ranges[change]["cells"] = int(cells)
    elastic = ranges["elastic"]
    if elastic["shift"] * elastic["cells"] > FOLDS:
        raise ValueError(
            f"elastic has shift * cells {elastic['shift'] * elastic['cells']:.3g}; "
            f"above {FOLDS} the picture folds over itself"
        )
    return ranges


def _retoned(images: Tensor, ranges: dict, draws: Draws) -> Tensor:
    if draws.happening("gamma"):
        images = images.clamp(0, 1) ** draws.within("gamma", ranges["gamma"]["most"], 1, 1, 1).exp()
    if draws.happening("contrast"):
        gain = draws.within("contrast", ranges["contrast"]["most"], 1, 1, 1).exp()
        images = (images - 0.5) * gain + 0.5
    if draws.happening("brightness"):
        images = images + draws.within("brightness", ranges["brightness"]["most"], 1, 1, 1)
    if draws.happening("grain"):
        spread = draws.within("grain", ranges["grain"]["most"], 1, 1, 1, low=0)
        seed = int(draws.generator.integers(2**62))
        generator = torch.Generator(images.device).manual_seed(seed)
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        images = images + spread * noise
    return images.clamp(0, 1)


def _draw_tint(ranges: dict, draws: Draws) -> Tensor:
    """The gains of red, green and blue; their mean is 1. Shape: [N, 3, 1, 1]."""
    depth = draws.within("saturation", ranges["saturation"]["most"], 1, 1, 1, low=0)
    turned = draws.within("hue", math.radians(ranges["hue"]["degrees"]), 1, 1, 1)
    thirds = torch.tensor([0.0, 120.0, 240.0], device=depth.device).deg2rad().view(1, 3, 1, 1)
    return 1 + depth * (turned - thirds).cos()


def _draw_map(side: int, ranges: dict, draws: Draws) -> Tensor:
    """Where each pixel comes from, -1 and 1 at the edges of the frame. Shape: [N, S, S, 2]."""
    along = (2 * torch.arange(side, device=draws.device) + 1) / side - 1
    x = along.view(1, 1, side).expand(draws.count, 1, side)
    y = along.view(1, side, 1).expand(draws.count, side, 1)
    for change, warp in WARPS.items():
        if draws.happening(change):
            x, y = warp(x, y, ranges[change], draws)
    return torch.stack([each.expand(draws.count, side, side) for each in (x, y)], -1)


def _grid(x: Tensor, y: Tensor, ranges: dict, draws: Draws) -> tuple[Tensor, Tensor]:
    def stretch(axis: Tensor) -> Tensor:
        steps = 1 + draws.within("grid", ranges["most"], ranges["cells"])
        knots = F.pad(steps.cumsum(1), (1, 0)) / steps.sum(1, keepdim=True)
        end = axis.max()
        at = F.interpolate(
            ((2 * knots - 1) * end)[:, None],
            axis.shape[1:].numel(),
            mode="linear",
            align_corners=True,
        )
        return at.view(draws.count, *axis.shape[1:])

    return stretch(x), stretch(y)


def _elastic(x: Tensor, y: Tensor, ranges: dict, draws: Draws) -> tuple[Tensor, Tensor]:
    cells, side = ranges["cells"], x.shape[2]
    points = draws.within("elastic", 2 * ranges["shift"], 2, cells, cells)
    field = F.interpolate(points, (side, side), mode="bicubic", align_corners=False)
    return x + field[:, 0], y + field[:, 1]


def _optical(x: Tensor, y: Tensor, ranges: dict, draws: Draws) -> tuple[Tensor, Tensor]:
    bend = 1 + draws.within("optical", ranges["most"], 1, 1) * (x * x + y * y) / 2
    return x * bend, y * bend


def _affine(x: Tensor, y: Tensor, ranges: dict, draws: Draws) -> tuple[Tensor, Tensor]:
    angle = draws.within("affine", math.radians(ranges["degrees"]), 1, 1)
    wide, high = draws.within("affine", ranges["scale"], 2, 1, 1).exp().unbind(1)
    right, low = draws.within("affine", 2 * ranges["shift"], 2, 1, 1).unbind(1)
    turned_x = angle.cos() * x - angle.sin() * y
    turned_y = angle.sin() * x + angle.cos() * y
    return turned_x * wide + right, turned_y * high + low


def _flip(x: Tensor, y: Tensor, ranges: dict, draws: Draws) -> tuple[Tensor, Tensor]:
    turned = torch.from_numpy(draws.happens["flip"]).to(x.device)[:, None, None]
    return torch.where(turned, -x, x), y


# The grid first: its tiles are aligned with the frame. Both axes are still [N, 1, S] and [N, S, 1].
WARPS = {
    "grid": _grid,
    "elastic": _elastic,
    "optical": _optical,
    "affine": _affine,
    "flip": _flip,
}
