"""Random changes of a radiograph and its mask that a configuration's [augmentation] names.

Each change has a probability of its own, 0 when it is not named:

    flip = { probability = 0.5 }
    elastic = { probability = 0.3, shift = 0.03 }  # what is not given keeps its value in CHANGES
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Augmentation = Callable[
    [np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]
]
"""(image [H, W], mask [H, W], generator) -> (image, mask), all uint8."""

CHANGES: dict[str, dict[str, float]] = {
    # left to right
    "flip": {},
    # tones in 0..1: to the power exp(±most), times exp(±most) around 0.5, plus ±most
    "gamma": {"most": 0.35},
    "contrast": {"most": 0.25},
    "brightness": {"most": 0.12},
    # a tint of 0..most of each tone; ±degrees round the colour circle, from red
    "saturation": {"most": 0.1},
    "hue": {"degrees": 180},
    # ±degrees; exp(±scale) along each axis; ±shift of the longer side
    "affine": {"degrees": 12, "scale": 0.12, "shift": 0.06},
    # ±shift of the longer side at each of cells x cells points, smooth between them
    "elastic": {"shift": 0.02, "cells": 6},
    # cells x cells tiles, each row and column wider or narrower by ±most
    "grid": {"most": 0.3, "cells": 5},
    # barrel or pincushion: the corners of a square come from ±most farther out
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


def build_augmentation(section: dict, colour: bool) -> Augmentation:
    """Geometry moves image and mask by one and the same map: the image bilinearly, the mask to the
    nearest pixel, so that it gains no values. What comes in from outside the frame is 0.

    With `colour` the image leaves as [H, W, 3]. A grey picture has no colour to turn or to deepen:
    the usual jitter leaves it as it is. So saturation gives it a tint instead, three gains around 1
    with mean 1, and hue turns the tint; hue without saturation changes nothing.

    @throws ValueError when a change or one of its ranges is unknown, or a number out of its range
    """
    ranges = _parse(section, colour)
    probabilities = np.array([ranges[change]["probability"] for change in CHANGES])

    def augmentation(
        image: np.ndarray, mask: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        drawn = generator.random(len(CHANGES)) < probabilities
        chosen = {
            change: ranges[change]
            for change, happens in zip(CHANGES, drawn, strict=True)
            if happens
        }
        if any(change in chosen for change in WARPS):
            across, down = _draw_map(mask.shape, chosen, generator)
            image = cv2.remap(image, across, down, cv2.INTER_LINEAR)
            mask = cv2.remap(mask, across, down, cv2.INTER_NEAREST)
        tones = _draw_tones(chosen, generator)
        if colour:
            tones = tones[:, None] * _draw_tint(chosen, generator)
        table = np.rint(np.clip(tones, 0, 1) * 255).astype(np.uint8)
        return table[image], mask.copy()

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


def _draw_tones(chosen: dict, generator: np.random.Generator) -> np.ndarray:
    """What each of the 256 tones becomes. Shape: [256]; may leave 0..1."""
    tones = np.arange(256) / 255
    if "gamma" in chosen:
        most = chosen["gamma"]["most"]
        tones = tones ** np.exp(generator.uniform(-most, most))
    if "contrast" in chosen:
        most = chosen["contrast"]["most"]
        tones = (tones - 0.5) * np.exp(generator.uniform(-most, most)) + 0.5
    if "brightness" in chosen:
        most = chosen["brightness"]["most"]
        tones = tones + generator.uniform(-most, most)
    return tones


def _draw_tint(chosen: dict, generator: np.random.Generator) -> np.ndarray:
    """The gains of red, green and blue; their mean is 1. Shape: [3]."""
    depth = generator.uniform(0, chosen["saturation"]["most"]) if "saturation" in chosen else 0.0
    degrees = chosen["hue"]["degrees"] if "hue" in chosen else 0.0
    angle = np.deg2rad(generator.uniform(-degrees, degrees) - np.array([0, 120, 240]))
    return 1 + depth * np.cos(angle)


def _draw_map(
    shape: tuple[int, int], chosen: dict, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel comes from, in pixels. Shape: x and y, both [H, W], float32."""
    rows, columns = shape
    half = max(shape) / 2
    # Offsets from the centre, 1 at the end of the longer side.
    x = (np.arange(columns, dtype=np.float32)[None, :] - (columns - 1) / 2) / half
    y = (np.arange(rows, dtype=np.float32)[:, None] - (rows - 1) / 2) / half
    for change, warp in WARPS.items():
        if change in chosen:
            x, y = warp(x, y, chosen[change], generator)
    x, y = x * half + (columns - 1) / 2, y * half + (rows - 1) / 2
    return tuple(np.ascontiguousarray(np.broadcast_to(axis, shape), np.float32) for axis in (x, y))


def _grid(x: np.ndarray, y: np.ndarray, ranges: dict, generator: np.random.Generator):
    def stretch(axis: np.ndarray) -> np.ndarray:
        steps = 1 + generator.uniform(-ranges["most"], ranges["most"], ranges["cells"])
        knots = np.concatenate([[0], steps.cumsum()]) / steps.sum()
        end = axis.max()
        return np.interp(axis, np.linspace(-end, end, len(knots)), (2 * knots - 1) * end)

    return stretch(x), stretch(y)


def _elastic(x: np.ndarray, y: np.ndarray, ranges: dict, generator: np.random.Generator):
    cells, most = ranges["cells"], 2 * ranges["shift"]
    points = generator.uniform(-most, most, (cells, cells, 2)).astype(np.float32)
    field = cv2.resize(points, (x.shape[1], y.shape[0]), interpolation=cv2.INTER_CUBIC)
    return x + field[..., 0], y + field[..., 1]


def _optical(x: np.ndarray, y: np.ndarray, ranges: dict, generator: np.random.Generator):
    bend = 1 + generator.uniform(-ranges["most"], ranges["most"]) * (x * x + y * y) / 2
    return x * bend, y * bend


def _affine(x: np.ndarray, y: np.ndarray, ranges: dict, generator: np.random.Generator):
    angle = np.deg2rad(generator.uniform(-ranges["degrees"], ranges["degrees"]))
    wide, high = np.exp(generator.uniform(-ranges["scale"], ranges["scale"], 2))
    right, low = 2 * generator.uniform(-ranges["shift"], ranges["shift"], 2)
    turned_x = np.cos(angle) * x - np.sin(angle) * y
    turned_y = np.sin(angle) * x + np.cos(angle) * y
    return turned_x * wide + right, turned_y * high + low


def _flip(x: np.ndarray, y: np.ndarray, ranges: dict, generator: np.random.Generator):
    return -x, y


# The grid first: its tiles are aligned with the frame. Both axes are still [1, W] and [H, 1] there.
WARPS = {
    "grid": _grid,
    "elastic": _elastic,
    "optical": _optical,
    "affine": _affine,
    "flip": _flip,
}
