"""Search of the post-processing triplet on validation images."""

from __future__ import annotations

from itertools import product

import numpy as np

from .metrics import dice
from .postprocessing import Postprocessing, clean_probability_map, sigmoid
from .progress import progress

MASK_THRESHOLDS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
TOP_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95)
MINIMUM_AREAS = (1, 4, 16, 48, 96, 160)
HOLE_AREA = 64
POSITIVE_WEIGHT = 0.7
"""Weight of the positives' Dice against the share of negatives left empty. The segmenter runs
behind the classifier, so overlap on the ill counts more than silence on the well."""


def search_postprocessing(
    mask_logits: np.ndarray, truths: np.ndarray
) -> tuple[Postprocessing, float, float]:
    """Best rule, its positive-only Dice and its share of empty negatives, on the output grid.

    Shape: mask_logits and truths [N, h, w]; truths 0/1.
    """
    maps = sigmoid(mask_logits)
    positive = truths.reshape(len(truths), -1).any(1)
    rules = [
        Postprocessing(mask, top, area, HOLE_AREA)
        for mask, top, area in product(MASK_THRESHOLDS, TOP_THRESHOLDS, MINIMUM_AREAS)
        if top >= mask
    ]
    best = None
    for rule in progress(rules, "search"):
        overlaps = np.array(
            [
                dice(clean_probability_map(plane, rule) >= np.float32(rule.mask_threshold), truth)
                for plane, truth in zip(maps, truths, strict=True)
            ]
        )
        found, silent = float(overlaps[positive].mean()), float(overlaps[~positive].mean())
        gain = POSITIVE_WEIGHT * found + (1 - POSITIVE_WEIGHT) * silent
        if best is None or gain > best[0]:
            best = (gain, rule, found, silent)
    return best[1], best[2], best[3]
