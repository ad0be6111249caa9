"""SIIM-ACR run-length code: relative starts, column-major, `-1` for an empty mask."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

EMPTY = "-1"


def decode_run_length(code: str, rows: int, columns: int) -> np.ndarray:
    """Mask of one run-length code. Each start counts from the end of the run before.

    Shape: [rows, columns], uint8, 0 or 1.
    """
    flat = np.zeros(rows * columns, np.uint8)
    text = code.strip()
    if text in ("", EMPTY):
        return flat.reshape(columns, rows).T.copy()
    numbers = [int(word) for word in text.split()]
    if len(numbers) % 2 != 0:
        raise ValueError(f"run-length code has {len(numbers)} numbers, expected pairs")
    position = 0
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        position += start
        if start < 0 or length <= 0 or position + length > flat.size:
            raise ValueError(
                f"run of {length} at {position} does not fit into {rows} x {columns} pixels"
            )
        flat[position : position + length] = 1
        position += length
    return flat.reshape(columns, rows).T.copy()


def merge_run_lengths(codes: Iterable[str], rows: int, columns: int) -> np.ndarray:
    """Union of the masks of several codes: one image may have several rows in the table."""
    mask = np.zeros((rows, columns), np.uint8)
    for code in codes:
        mask |= decode_run_length(code, rows, columns)
    return mask


def encode_run_length(mask: np.ndarray) -> str:
    """Run-length code of a 0/1 mask; the inverse of `decode_run_length`."""
    flat = np.asarray(mask, np.uint8).T.reshape(-1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flat, [0]))))
    starts, ends = edges[::2], edges[1::2]
    if starts.size == 0:
        return EMPTY
    previous_ends = np.concatenate(([0], ends[:-1]))
    pairs = np.stack((starts - previous_ends, ends - starts), axis=1)
    return " ".join(str(number) for number in pairs.reshape(-1))
