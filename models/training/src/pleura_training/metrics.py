"""Measured quality: ranking of the class, overlap of the mask, and how sure we are of both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def area_under_curve(probability: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve: how often a positive outranks a negative (ties count half)."""
    values, inverse = np.unique(np.asarray(probability), return_inverse=True)
    positive = np.bincount(inverse, labels == 1, len(values))
    negative = np.bincount(inverse, labels == 0, len(values))
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def sensitivity_specificity(
    probability: np.ndarray, labels: np.ndarray, threshold: float
) -> tuple[float, float]:
    """Shares found at `probability >= threshold`: of the ill, and of the well left alone."""
    found = np.asarray(probability) >= threshold
    return float(found[labels == 1].mean()), float((~found[labels == 0]).mean())


def dice(mask: np.ndarray, truth: np.ndarray) -> float:
    """Overlap of two 0/1 masks. Two empty masks agree: 1 (the SIIM-ACR convention)."""
    total = int(mask.sum()) + int(truth.sum())
    if total == 0:
        return 1.0
    return 2 * int(np.logical_and(mask, truth).sum()) / total


def mean_or_nan(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float],
    groups: np.ndarray,
    rounds: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of chosen rows.

    Whole groups (patients) are drawn, not rows: images of one patient are no independent news.
    Draws on which the statistic is undefined (one label missing) are left out.
    """
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    values = []
    for _ in range(rounds):
        drawn = generator.integers(0, len(members), len(members))
        values.append(statistic(np.concatenate([members[place] for place in drawn])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(successes: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927); (0, 1) when nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    share = successes / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
