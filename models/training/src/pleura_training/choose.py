"""Command: choose calibration, operating points and post-processing, on validation only."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
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
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True)
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
    radiographs = load_radiograph_set(arguments.index)
    ids = json.loads(arguments.split.read_text())["sides"]["validation"]
    places = radiographs.positions(ids)
    trained = load_networks(arguments.checkpoint)
    if arguments.side and len(arguments.checkpoint) > 1:
        parser.error("several networks keep their own sides: leave out --side")
    side = arguments.side or trained.side
    network = trained.network if arguments.no_mirror else MirrorAveraged(trained.network)
    network = network.to(arguments.device)
    images = [radiographs.images[place] for place in places]
    predictions = predict(network, images, side, trained.mean, trained.std)
    labels = np.array([radiographs.radiographs[place].label for place in places])
    calibration = fit_calibration(predictions.logits, labels)
    probability = calibration.probability(predictions.logits)
    grid = predictions.mask_logits.shape[1:]
    truths = np.stack([resize_stretch(radiographs.masks[p], *grid) >= 127.5 for p in places])
    rule, found, silent = search_postprocessing(predictions.mask_logits, truths)
    choice = {
        "side": side,
        "mirror": not arguments.no_mirror,
        "calibration": asdict(calibration),
        "operatingPoints": choose_operating_points(
            probability, labels, f"silver validation, n={len(labels)}"
        ),
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
