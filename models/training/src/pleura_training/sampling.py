"""Which radiographs an epoch walks through, and how much each class weighs."""

from __future__ import annotations

import numpy as np


def epoch_order(
    labels: np.ndarray,
    positive_share: float | None,
    length: int,
    generator: np.random.Generator,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Places in `labels`, a share of them positive and spread evenly, so that every run of n
    places holds n * positive_share positives, give or take one. Without a share all are walked
    alike.

    Positives and negatives are each walked in shuffled rounds: none comes twice before all of its
    class have come once. With weights, a round leaves a place out as often as its weight is below
    the largest of its class. Shape: labels [N], 0 or 1, and weights [N] -> [length], int64.

    @throws ValueError when the share is not within 0..1, or asks for a class that is not there
    """
    labels = np.asarray(labels)
    weights = np.ones(len(labels)) if weights is None else weights
    if positive_share is None:
        return walk(np.arange(len(labels)), length, generator, weights)
    if not 0 <= positive_share <= 1:
        raise ValueError(f"positive_share is {positive_share}; it is a share, 0 to 1")
    due = np.floor(np.arange(length + 1) * positive_share + 0.5)
    wanted = np.diff(due) > 0
    order = np.empty(length, np.int64)
    for label, places in ((1, np.flatnonzero(wanted)), (0, np.flatnonzero(~wanted))):
        members = np.flatnonzero(labels == label)
        if len(places) and not weights[members].sum() > 0:
            raise ValueError(f"no radiograph has label {label}, and {len(places)} are asked for")
        order[places] = walk(members, len(places), generator, weights)
    return order


def walk(
    members: np.ndarray, length: int, generator: np.random.Generator, weights: np.ndarray
) -> np.ndarray:
    """Shuffled rounds of the members, cut off at a length. Shape: [length]."""
    walked = members[:0]
    while len(walked) < length:
        shuffled = generator.permutation(members)
        often = weights[shuffled] / weights[members].max()
        walked = np.concatenate([walked, shuffled[generator.random(len(shuffled)) < often]])
    return walked[:length]


def nested_share(labels: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Rows of a stratified share; the rows of a smaller share are among those of a larger one."""
    generator = np.random.default_rng(seed)
    rows = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        rows.append(members[: max(1, round(len(members) * share))])
    return np.sort(np.concatenate(rows))


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
