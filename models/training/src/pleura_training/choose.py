"""Calibration, operating points and post-processing of a network, chosen on validation only."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from .architectures import Architecture
from .calibration import fit_calibration, threshold_by_youden, threshold_for_sensitivity
from .dataset import Collected, page_at
from .metrics import area_under_curve, sensitivity_specificity, wilson_interval
from .prediction import predict
from .thresholds import search_postprocessing

FOLDS = 5
REPEATS = 10
"""Of the folds, each time drawn anew."""


def choose(network: Architecture, collected: Collected, side: int, batch: int = 16) -> dict:
    """What a bundle has to know beside its weights: `calibration` and `operatingPoints` of what
    classifies, `postprocessing` of what segments; `validation` says what they reach there.

    Raises ValueError when validation holds only one class, or no mask.
    """
    places = collected.places("validation")
    rows = [collected.rows[place] for place in places]
    outlined = np.array([row.has_mask or row.label == 0 for row in rows], bool)
    if not network.classifies:
        places, outlined = places[outlined], outlined[outlined]
    labels = collected.labels(places)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"validation holds {int(labels.sum())} positives of {len(labels)}: thresholds need both"
        )
    images = [collected.images[place] for place in places]
    predictions = predict(network, images, side, batch)
    choice: dict = {"side": side}
    found: dict = {"n": len(labels), "positives": int(labels.sum())}
    if network.classifies:
        calibration = fit_calibration(predictions.logits, labels)
        probability = calibration.probability(predictions.logits)
        choice["calibration"] = asdict(calibration)
        patients = np.array([collected.rows[p].patient or collected.rows[p].id for p in places])
        choice["operatingPoints"] = choose_operating_points(
            predictions.logits, labels, patients, f"validation, n={len(labels)}"
        )
        found["auc"] = area_under_curve(probability, labels)
    if network.segments:
        grid = predictions.mask_logits.shape[1]
        truths = np.stack([page_at(collected, place, grid)[1] > 0 for place in places[outlined]])
        rule, dice, silent = search_postprocessing(predictions.mask_logits[outlined], truths)
        choice["postprocessing"] = asdict(rule)
        found |= {"positiveDiceOnGrid": dice, "emptyNegatives": silent}
    return choice | {"validation": found}


def share_interval(share: float, of: np.ndarray) -> list[float]:
    """Wilson's 95 % interval of a share of the marked rows."""
    count = int(of.sum())
    return [round(bound, 4) for bound in wilson_interval(round(share * count), count)]


def thresholds_of(probability: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {
        "sensitivity-0.95": threshold_for_sensitivity(probability, labels, 0.95),
        "sensitivity-0.90": threshold_for_sensitivity(probability, labels, 0.90),
        "youden": threshold_by_youden(probability, labels),
    }


def cross_fitted(
    logits: np.ndarray, labels: np.ndarray, patients: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Sensitivity and specificity of each point on the folds that it was not chosen on, the mean of
    several draws of folds; a patient's images share a fold.

    On what it was chosen on a threshold looks better than it is; here it looks a little worse, for
    each knows a fifth less. Raises ValueError when there are
    fewer positives or negatives than folds.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(REPEATS):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        suspected = {}
        for known, left in folds.split(logits, labels, patients):
            calibration = fit_calibration(logits[known], labels[known])
            thresholds = thresholds_of(calibration.probability(logits[known]), labels[known])
            probability = calibration.probability(logits[left])
            for name, threshold in thresholds.items():
                marks = suspected.setdefault(name, np.zeros(len(labels)))
                marks[left] = probability >= threshold
        for name, marks in suspected.items():
            found.setdefault(name, []).append(sensitivity_specificity(marks, labels, 0.5))
    return {name: tuple(np.mean(pairs, 0).tolist()) for name, pairs in found.items()}


def choose_operating_points(
    logits: np.ndarray, labels: np.ndarray, patients: np.ndarray, measured_on: str
) -> list[dict]:
    """Thresholds chosen on all; what they reach, measured on folds that they were not chosen on,
    where there are enough images for folds."""
    probability = fit_calibration(logits, labels).probability(logits)
    thresholds = thresholds_of(probability, labels)
    if min(labels.sum(), len(labels) - labels.sum()) >= 2 * FOLDS:
        reached = cross_fitted(logits, labels, patients)
        measured_on += f", {FOLDS} folds left out in turn"
    else:
        reached = {
            name: sensitivity_specificity(probability, labels, threshold)
            for name, threshold in thresholds.items()
        }
    points = []
    for name, threshold in thresholds.items():
        sensitivity, specificity = reached[name]
        points.append(
            {
                "id": name,
                "threshold": round(threshold, 6),
                "sensitivity": round(sensitivity, 4),
                "specificity": round(specificity, 4),
                "sensitivityInterval95": share_interval(sensitivity, labels == 1),
                "specificityInterval95": share_interval(specificity, labels == 0),
                "measuredOn": measured_on,
            }
        )
    return points
