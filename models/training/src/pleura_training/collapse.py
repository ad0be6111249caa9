"""A collapsed lung, drawn on a real radiograph without one.

Large and tension pneumothoraces are rare in public data, and a network that met none of them takes
a hemithorax full of air for healthy. The lung falls towards its root: what shows its vessels is
carried inwards and becomes denser, beyond it ribs and wall stay, and the air lets more through.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .lung_fields import disc

KINDS = ("whole", "broad", "apical")
"""A stump at the hilum; a gap all along the wall; a gap from the apex down."""
DIRECTIONS = 720
"""In which the border of a lung is held, counted from its root."""


@dataclass(frozen=True)
class Root:
    """Where a lung hangs. `medial`: +1 when the mediastinum is to the right in the picture."""

    x: float
    y: float
    medial: int


def draw_collapse(
    image: np.ndarray,
    lung: np.ndarray,
    in_left_half: bool,
    kind: str,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with this lung collapsed, and the 0/1 mask of the free air.

    Shape: image and lung [S, S], uint8; lung 0 or 1, as `lung_fields` gives it.
    """
    side = image.shape[0]
    lung = cv2.dilate(lung, disc(side // 128))
    root = _root_of(lung, in_left_half, generator)
    wall = _border(lung, root)
    pleura = np.minimum(wall, _fallen(wall, kind, side, generator))
    angle, distance, across, down = _around(root, side)
    edge, reach = _read(pleura, angle), _read(wall, angle)
    gap = reach - edge
    field = cv2.GaussianBlur(lung.astype(np.float32), (0, 0), side / 170)
    beyond = 1 / (1 + np.exp(np.clip((edge - distance) / (side / 430), -30, 30)))
    open_space = np.clip(gap / (0.008 * side), 0, 1)
    air = beyond * field * open_space

    grey = image.astype(np.float32)
    still = cv2.morphologyEx(image, cv2.MORPH_OPEN, disc(side // 80)).astype(np.float32)
    still = cv2.GaussianBlur(still, (0, 0), side / 220)
    vessels = grey - still
    stretch = np.where(edge > 1, reach / np.maximum(edge, 1), 1)
    from_x = (root.x - root.medial * across * stretch).astype(np.float32)
    from_y = (root.y + down * stretch).astype(np.float32)
    carried = cv2.remap(vessels, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    carried = (1 - beyond) * carried * generator.uniform(0.7, 1)
    left_behind = beyond * vessels * generator.uniform(0, 0.15)
    drawn = still + vessels * (1 - field) + field * (carried + left_behind)
    touching = field * (1 - open_space)
    drawn = drawn * (1 - touching) + grey * touching

    span = max(20.0, float(np.percentile(grey, 90) - np.median(grey[lung > 0])))
    shrunk = 1 - float((pleura**2).sum() / max(1.0, (wall**2).sum()))
    density = generator.uniform(0.1, 0.3) + 0.5 * shrunk * generator.uniform(0.3, 1)
    depth = np.sqrt(np.clip((edge - distance) / (0.07 * side), 0, 1))
    inside = (1 - beyond) * field * np.clip(gap / (0.02 * side), 0, 1)
    line = np.exp(-0.5 * ((distance - edge) / (side / 450)) ** 2) * field
    line *= np.clip(gap / (0.02 * side) - 0.5, 0, 1)
    fine = float((grey - cv2.GaussianBlur(grey, (0, 0), 1)).std())
    grain = generator.normal(0, 0.5 * fine, grey.shape).astype(np.float32)
    drawn += span * density * inside * depth - span * generator.uniform(0.12, 0.3) * air
    drawn += span * generator.uniform(0.05, 0.18) * line + grain * field * open_space
    if kind == "whole" and generator.random() < 0.5:
        drawn, air = _pushed(drawn, air, root, generator.uniform(0.01, 0.05) * side)
    return np.clip(np.rint(drawn), 0, 255).astype(np.uint8), (air > 0.5).astype(np.uint8)


def _root_of(lung: np.ndarray, in_left_half: bool, generator: np.random.Generator) -> Root:
    """Half way down, a little behind the medial border: seen from there the lung is one fan."""
    side = lung.shape[0]
    rows = np.flatnonzero(lung.any(1))
    y = rows[0] + (0.5 + generator.uniform(-0.06, 0.06)) * (rows[-1] - rows[0])
    columns = np.flatnonzero(lung[int(y)])
    medial = 1 if in_left_half else -1
    border = columns[-1] if in_left_half else columns[0]
    return Root(float(border + medial * 0.04 * side), float(y), medial)


def _angles() -> np.ndarray:
    """0 lateral, -pi/2 up, pi/2 down."""
    return (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS * 2 * np.pi - np.pi


def _border(lung: np.ndarray, root: Root) -> np.ndarray:
    """Distance from the root to the far border of the lung; 0 where there is none of it."""
    side, angles = lung.shape[0], _angles()[:, None]
    steps = np.arange(side)
    x = np.rint(root.x - root.medial * steps * np.cos(angles)).astype(int)
    y = np.rint(root.y + steps * np.sin(angles)).astype(int)
    within = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    met = within & (lung[y.clip(0, side - 1), x.clip(0, side - 1)] > 0)
    return (met * steps).max(1).astype(np.float64)


def _fallen(wall: np.ndarray, kind: str, side: int, generator: np.random.Generator) -> np.ndarray:
    """Distance from the root to the pleura of the lung that has fallen in."""
    angles = _angles()
    if kind == "whole":
        kept = generator.uniform(0.28, 0.6) * (1 + generator.uniform(-0.25, 0.25) * np.sin(angles))
        lobes = 1 + 0.15 * np.sin(2 * angles + generator.uniform(0, 2 * np.pi))
        fallen = np.minimum(wall * kept, generator.uniform(0.14, 0.24) * side * lobes)
    elif kind == "broad":
        tilt = 1 - generator.uniform(-0.6, 0.6) * np.sin(angles)
        lateral = np.clip((np.cos(angles) + 0.9) / 1.2, 0, 1)
        fallen = wall * (1 - generator.uniform(0.14, 0.4) * tilt * lateral)
    elif kind == "apical":
        end = generator.uniform(-0.6, 0.5)
        above = 1 / (1 + np.exp((angles - end) / 0.25)) / (1 + np.exp(-(angles + 2.2) / 0.1))
        fallen = wall * (1 - generator.uniform(0.2, 0.5) * above)
    else:
        raise ValueError(f"kind is {kind!r}; it may be {', '.join(KINDS)}")
    waves = generator.integers(3, 6) * angles + generator.uniform(0, 2 * np.pi)
    return _smoothed(fallen * (1 + 0.015 * np.sin(waves)), 20 if kind == "whole" else 14)


def _smoothed(border: np.ndarray, reach: int) -> np.ndarray:
    window = np.hanning(2 * reach + 1)
    around = np.concatenate([border[-reach:], border, border[:reach]])
    return np.convolve(around, window / window.sum(), "valid")


def _around(root: Root, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each pixel: its direction and distance from the root, how far lateral and down it is."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    across, down = (x - root.x) * -root.medial, y - root.y
    return np.arctan2(down, across), np.hypot(across, down), across, down


def _read(border: np.ndarray, angle: np.ndarray) -> np.ndarray:
    place = (angle + np.pi) / (2 * np.pi) * DIRECTIONS - 0.5
    first = np.floor(place).astype(int)
    share = place - first
    near, far = border[first % DIRECTIONS], border[(first + 1) % DIRECTIONS]
    return (near * (1 - share) + far * share).astype(np.float32)


def _pushed(
    drawn: np.ndarray, air: np.ndarray, root: Root, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Under tension the mediastinum gives way to the other side."""
    side = drawn.shape[0]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    middle_x, middle_y = root.x + root.medial * 0.1 * side, root.y + 0.1 * side
    near = np.exp(-(((x - middle_x) / (0.16 * side)) ** 2))
    near *= np.exp(-(((y - middle_y) / (0.35 * side)) ** 2))
    from_x = (x - root.medial * shift * near).astype(np.float32)
    return tuple(
        cv2.remap(each.astype(np.float32), from_x, y, cv2.INTER_LINEAR, borderMode=border)
        for each, border in ((drawn, cv2.BORDER_REPLICATE), (air, cv2.BORDER_CONSTANT))
    )
