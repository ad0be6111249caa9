"""Golden files: what the exported bundle says to drawn pictures, for every other runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from .bundle_session import BundleSession, ClassifierSession, SegmenterSession
from .phantom import draw_phantom

TENSOR_TOLERANCE = 1e-4
# (rows, columns, seed, air): neither side equals the input, one axis shrinks while one grows.
PICTURES = ((640, 360, 11, False), (480, 512, 12, True), (360, 448, 13, True))


def write_tensor(path: Path, tensor: np.ndarray) -> None:
    """Raw little-endian float32 in C order."""
    path.write_bytes(np.ascontiguousarray(tensor, "<f4").tobytes())


def draw_tensor(rows: int, columns: int, channels: int = 1) -> np.ndarray:
    """Gradient, waves and grain, the same in every channel.

    Shape: [1, channels, rows, columns], float32, about -2..2.
    """
    generator = np.random.default_rng(7)
    y, x = np.mgrid[0:rows, 0:columns] / np.float32(rows)
    plane = 2 * y - 1 + np.sin(9 * x + 4 * y) * 0.7 + 0.2 * generator.standard_normal(x.shape)
    return plane[None, None].astype(np.float32).repeat(channels, 1)


def write_tensor_golden(session: BundleSession, output: str) -> dict:
    contract = session.bundle["input"]
    tensor = draw_tensor(contract["rows"], contract["columns"], contract["channels"])
    result = session.run(tensor, output)
    write_tensor(session.folder / "golden/tensor-01.f32", tensor)
    write_tensor(session.folder / "golden/tensor-01.out.f32", result)
    return {
        "kind": "tensor",
        "input": "golden/tensor-01.f32",
        "inputShape": list(tensor.shape),
        "output": "golden/tensor-01.out.f32",
        "outputName": output,
        "outputShape": list(result.shape),
        "maxAbsError": TENSOR_TOLERANCE,
    }


def write_golden(
    session: ClassifierSession | SegmenterSession,
    pictures: Sequence[tuple[int, int, int, bool]] = PICTURES,
) -> list[dict]:
    """Files under golden/ and their entries for model.json."""
    (session.folder / "golden").mkdir(exist_ok=True)
    declared = session.bundle["output"]
    output = declared["logits" if isinstance(session, ClassifierSession) else "probabilityMap"]
    entries = [write_tensor_golden(session, output["name"])]
    for number, (rows, columns, seed, air) in enumerate(pictures, 1):
        picture = draw_phantom(rows, columns, seed, air)
        name = f"golden/picture-{number:02d}.png"
        cv2.imwrite(str(session.folder / name), picture)
        entry = {"kind": "picture", "input": name}
        if isinstance(session, ClassifierSession):
            entry |= {"probability": round(session.probability(picture), 5), "tolerance": 0.01}
        else:
            mask = session.mask(picture)
            mask_name = f"golden/picture-{number:02d}.mask.png"
            cv2.imwrite(str(session.folder / mask_name), mask * np.uint8(255))
            entry |= {
                "maskAreaFraction": round(float(mask.mean()), 6),
                "mask": mask_name,
                "minimumDice": 0.98,
            }
        entries.append(entry)
    return entries
