"""Which radiographs an epoch walks through, and how much each class weighs."""

from __future__ import annotations

import numpy as np


def positive_biased_order(
    labels: np.ndarray, positive_share: float, length: int, generator: np.random.Generator
) -> np.ndarray:
    """Places in `labels`, a share of them positive and spread evenly, so that every run of n
    places holds n * positive_share positives, give or take one.

    Positives and negatives are each walked in shuffled rounds: none comes twice before all of its
    class have come once. Shape: labels [N], 0 or 1 -> [length], int64.

    @throws ValueError when the share is not within 0..1, or asks for a class that is not there
    """
    if not 0 <= positive_share <= 1:
        raise ValueError(f"positive_share is {positive_share}; it is a share, 0 to 1")
    due = np.floor(np.arange(length + 1) * positive_share + 0.5)
    wanted = np.diff(due) > 0
    order = np.empty(length, np.int64)
    for label, places in ((1, np.flatnonzero(wanted)), (0, np.flatnonzero(~wanted))):
        members = np.flatnonzero(np.asarray(labels) == label)
        if len(places) and not len(members):
            raise ValueError(f"no radiograph has label {label}, and {len(places)} are asked for")
        rounds = -(-len(places) // len(members)) if len(places) else 0
        walk = [generator.permutation(members) for _ in range(rounds)]
        order[places] = np.concatenate([members[:0], *walk])[: len(places)]
    return order


def inverse_frequency_weights(labels: np.ndarray) -> tuple[float, float]:
    """(negative, positive): each class weighs the same in sum, and an image weighs 1 on average.

    Shape: labels [N], 0 or 1.

    @throws ValueError when a class is missing
    """
    negative, positive = (int(np.sum(np.asarray(labels) == label)) for label in (0, 1))
    if not negative or not positive:
        raise ValueError(f"{negative} negatives and {positive} positives cannot be weighed")
    total = negative + positive
    return total / (2 * negative), total / (2 * positive)
