"""Probability that means what it says: one shift and one temperature, fitted on validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from .metrics import sensitivity_specificity, wilson_interval
from .postprocessing import sigmoid


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid((logits + shift) / temperature).

    The shift undoes the even sampling of training; export folds it into the network.
    """

    shift: float
    temperature: float

    def probability(self, logits: np.ndarray) -> np.ndarray:
        return sigmoid((np.asarray(logits) + self.shift) / self.temperature)


def fit_calibration(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """Platt's logistic fit, written as a shift and a temperature."""
    model = LogisticRegression(C=1e6).fit(np.asarray(logits)[:, None], labels)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        raise ValueError(f"logits rank backwards (slope {slope:.3f}): nothing to calibrate")
    return Calibration(shift=intercept / slope, temperature=1 / slope)


def expected_calibration_error(
    probability: np.ndarray, labels: np.ndarray, bins: int = 10
) -> float:
    """Mean distance of probability and share of positives, over bins of equal count."""
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    gaps = [
        len(part) * abs(float(probability[part].mean()) - float(labels[part].mean()))
        for part in parts
        if len(part)
    ]
    return float(sum(gaps) / len(probability))


def calibration_table(probability: np.ndarray, labels: np.ndarray, bins: int = 5) -> list[dict]:
    """Bins of equal count: mean probability against the share of positives, with its interval."""
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    return [
        {
            "n": len(part),
            "meanProbability": round(float(probability[part].mean()), 4),
            "shareOfPositives": round(float(labels[part].mean()), 4),
            "interval95": [
                round(bound, 4) for bound in wilson_interval(int(labels[part].sum()), len(part))
            ],
        }
        for part in parts
    ]


def threshold_for_sensitivity(
    probability: np.ndarray, labels: np.ndarray, sensitivity: float
) -> float:
    """Largest threshold that still finds the wanted share of positives."""
    positives = np.sort(probability[labels == 1])[::-1]
    needed = int(np.ceil(sensitivity * len(positives) - 1e-9))
    return midpoint_below(probability, float(positives[needed - 1]))


def threshold_by_youden(probability: np.ndarray, labels: np.ndarray) -> float:
    """Threshold that maximises sensitivity + specificity."""
    candidates = np.unique(probability)
    gains = [sum(sensitivity_specificity(probability, labels, value)) for value in candidates]
    return midpoint_below(probability, float(candidates[int(np.argmax(gains))]))


def midpoint_below(probability: np.ndarray, value: float) -> float:
    """Halfway to the next smaller value, so that rounding elsewhere cannot move a case."""
    smaller = probability[probability < value]
    return float((value + smaller.max()) / 2) if len(smaller) else value / 2
