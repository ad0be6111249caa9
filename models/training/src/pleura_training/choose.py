"""Command: choose calibration, operating points and post-processing, on validation only."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from .calibration import fit_calibration, threshold_by_youden, threshold_for_sensitivity
from .checkpoint import load_networks
from .metrics import area_under_curve, sensitivity_specificity, wilson_interval
from .mirror import MirrorAveraged
from .prediction import predict
from .radiographs import load_radiograph_set
from .resize import resize_stretch
from .thresholds import search_postprocessing
from .workshop.dataset import load_workshop_set


@dataclass(frozen=True)
class ValidationSide:
    """Masks are uint8 coverage, 0..255; `outlined` false for a positive nobody outlined."""

    images: list[np.ndarray]
    masks: list[np.ndarray]
    labels: np.ndarray
    outlined: np.ndarray
    name: str


def collected_validation(folder: Path) -> ValidationSide:
    """Of a folder made by `collect`."""
    workshop = load_workshop_set(folder)
    places = workshop.places("validation")
    rows = [workshop.rows[place] for place in places]
    return ValidationSide(
        [workshop.images[place] for place in places],
        [workshop.masks[place] * np.uint8(255) for place in places],
        workshop.labels(places),
        np.array([row.has_mask or row.label == 0 for row in rows]),
        f"validation, n={len(places)}",
    )


def indexed_validation(index: Path, split: Path) -> ValidationSide:
    """Of a folder made by `index`."""
    radiographs = load_radiograph_set(index)
    places = radiographs.positions(json.loads(split.read_text())["sides"]["validation"])
    return ValidationSide(
        [radiographs.images[place] for place in places],
        [radiographs.masks[place] for place in places],
        np.array([radiographs.radiographs[place].label for place in places]),
        np.ones(len(places), bool),
        f"silver validation, n={len(places)}",
    )


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder made by `collect`")
    source.add_argument("--index", type=Path, help="folder made by `index`; with --split")
    parser.add_argument("--split", type=Path, help="with --index")
    parser.add_argument(
        "--checkpoint", type=Path, nargs="+", required=True, help="several: their mean"
    )
    parser.add_argument("--side", type=int, help="input side; default: the last of training")
    parser.add_argument(
        "--no-mirror", action="store_true", help="judge the image alone: half the work"
    )
    parser.add_argument("--out", type=Path, required=True, help="choice file to write (json)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    if (arguments.index is None) != (arguments.split is None):
        parser.error("--index and --split go together")
    if arguments.data:
        validation = collected_validation(arguments.data)
    else:
        validation = indexed_validation(arguments.index, arguments.split)
    trained = load_networks(arguments.checkpoint)
    if arguments.side and len(arguments.checkpoint) > 1:
        parser.error("several networks keep their own sides: leave out --side")
    side = arguments.side or trained.side
    network = trained.network if arguments.no_mirror else MirrorAveraged(trained.network)
    network = network.to(arguments.device)
    predictions = predict(network, validation.images, side, trained.mean, trained.std)
    labels = validation.labels
    calibration = fit_calibration(predictions.logits, labels)
    probability = calibration.probability(predictions.logits)
    grid = predictions.mask_logits.shape[1:]
    truths = np.stack([resize_stretch(mask, *grid) >= 127.5 for mask in validation.masks])
    rule, found, silent = search_postprocessing(
        predictions.mask_logits[validation.outlined], truths[validation.outlined]
    )
    choice = {
        "side": side,
        "mirror": not arguments.no_mirror,
        "calibration": asdict(calibration),
        "operatingPoints": choose_operating_points(probability, labels, validation.name),
        "postprocessing": asdict(rule),
        "validation": {
            "n": len(labels),
            "positives": int(labels.sum()),
            "auc": area_under_curve(probability, labels),
            "positiveDiceOnGrid": found,
            "emptyNegatives": silent,
        },
    }
    arguments.out.write_text(json.dumps(choice, indent=1) + "\n")
    print(json.dumps(choice, indent=1))


if __name__ == "__main__":
    main()
