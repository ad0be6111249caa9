"""Calibration, operating points and post-processing of a network, chosen on validation only."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from .architectures import Architecture
from .calibration import fit_calibration, threshold_by_youden, threshold_for_sensitivity
from .dataset import Collected, page_at
from .metrics import area_under_curve, sensitivity_specificity, wilson_interval
from .prediction import predict
from .thresholds import search_postprocessing


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
        choice["operatingPoints"] = choose_operating_points(
            probability, labels, f"validation, n={len(labels)}"
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


def choose_operating_points(
    probability: np.ndarray, labels: np.ndarray, measured_on: str
) -> list[dict]:
    thresholds = {
        "sensitivity-0.95": threshold_for_sensitivity(probability, labels, 0.95),
        "sensitivity-0.90": threshold_for_sensitivity(probability, labels, 0.90),
        "youden": threshold_by_youden(probability, labels),
    }
    points = []
    for name, threshold in thresholds.items():
        sensitivity, specificity = sensitivity_specificity(probability, labels, threshold)
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
