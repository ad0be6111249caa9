"""Command: what more data would bring. Trains on 25, 50 and 100 % and measures the silver hold-out.

A reduced network at a reduced side, the same number of steps for each share: a curve to extrapolate
from, not the shipped network.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from . import train as training
from .card_figures import draw_learning_curve
from .checkpoint import load_network
from .metrics import area_under_curve, bootstrap_interval, dice, mean_or_nan
from .prediction import predict
from .radiographs import RadiographSet, load_radiograph_set

SHARES = (0.25, 0.5, 1.0)


def train(arguments: argparse.Namespace, share: float) -> Path:
    """A finished or resumed run of one share. @returns its checkpoint."""
    run = arguments.out / f"share-{round(100 * share)}"
    run.mkdir(parents=True, exist_ok=True)
    config = json.loads(arguments.config.read_text()) | {"data_share": share}
    (run / "config.json").write_text(json.dumps(config))
    words = {"index": arguments.index, "split": arguments.split, "out": run}
    words |= {"config": run / "config.json", "device": arguments.device}
    training.main([f"--{name}={word}" for name, word in words.items()])
    return run / "checkpoint.pt"


def measure(checkpoint: Path, radiographs: RadiographSet, places: np.ndarray) -> dict:
    """AUC and positive-only Dice (mask at 0.5, on the output grid), 95 % intervals over images."""
    trained = load_network(checkpoint)
    images = [radiographs.images[place] for place in places]
    predictions = predict(trained.network, images, trained.side, trained.mean, trained.std)
    labels = np.array([radiographs.radiographs[place].label for place in places])
    grid = predictions.mask_logits.shape[:0:-1]
    overlaps = np.array(
        [
            dice(logits >= 0, cv2.resize(radiographs.masks[place], grid) >= 128)
            for place, logits in zip(places, predictions.mask_logits, strict=True)
        ]
    )
    statistics = {
        "auc": lambda rows: area_under_curve(predictions.logits[rows], labels[rows]),
        "positive_dice": lambda rows: mean_or_nan(overlaps[rows][labels[rows] == 1]),
    }
    rows = np.arange(len(places))
    measured = {"steps": trained.step, "images": trained.record["images"]["train"]}
    for name, statistic in statistics.items():
        low, high = bootstrap_interval(statistic, rows)
        measured[name] = {"value": round(statistic(rows), 4)}
        measured[name]["interval95"] = [round(low, 4), round(high, 4)]
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True, help="configuration of every run")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs; resumed")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    checkpoints = [train(arguments, share) for share in SHARES]
    radiographs = load_radiograph_set(arguments.index)
    places = radiographs.positions(json.loads(arguments.split.read_text())["sides"]["holdout"])
    curve = [
        {"share": share} | measure(checkpoint, radiographs, places)
        for share, checkpoint in zip(SHARES, checkpoints, strict=True)
    ]
    (arguments.out / "learning-curve.json").write_text(json.dumps(curve, indent=1) + "\n")
    draw_learning_curve(curve, arguments.out / "learning-curve.png")
    print(json.dumps(curve, indent=1))


if __name__ == "__main__":
    main()
