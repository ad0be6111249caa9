"""Command: what more data would bring. Trains on 25, 50 and 100 % and measures the validation side.

A configuration cut short, the same for each share: a curve to extrapolate from, not the shipped
network.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from .card_figures import draw_learning_curve
from .dataset import Collected, load_collected, page_at
from .metrics import area_under_curve, bootstrap_interval, dice, mean_or_nan
from .plan import read_plan
from .prediction import predict
from .start import Start
from .train import train
from .trained import load_trained

SHARES = (0.25, 0.5, 1.0)


def measure(weights: Path, collected: Collected) -> dict:
    """AUC, and Dice of the outlined positives (mask at 0.5, on the output grid), as far as the
    network says either; 95 % intervals over images."""
    trained = load_trained(weights)
    network, side = trained.network, trained.plan.side
    places = collected.places("validation")
    predictions = predict(network, [collected.images[place] for place in places], side)
    labels = collected.labels(places)
    statistics: dict[str, Callable[[np.ndarray], float]] = {}
    if network.classifies:
        statistics["auc"] = lambda rows: area_under_curve(predictions.logits[rows], labels[rows])
    if network.segments:
        outlined = np.array([collected.rows[place].has_mask for place in places])
        grid = predictions.mask_logits.shape[1]
        overlaps = np.array(
            [
                dice(logits >= 0, page_at(collected, place, grid)[1] > 0)
                for place, logits in zip(places, predictions.mask_logits, strict=True)
            ]
        )
        statistics["positive_dice"] = lambda rows: mean_or_nan(overlaps[rows][outlined[rows]])
    rows = np.arange(len(places))
    measured = {"steps": trained.step, "images": trained.record["trained_on"]}
    for name, statistic in statistics.items():
        low, high = bootstrap_interval(statistic, rows)
        measured[name] = {"value": round(statistic(rows), 4)}
        measured[name]["interval95"] = [round(low, 4), round(high, 4)]
    return measured


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="configuration of every run")
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs; resumed")
    parser.add_argument("--epochs", type=int, help="instead of the configuration's")
    parser.add_argument("--seconds", type=float, help="of each run, instead of epochs")
    parser.add_argument("--side", type=int, help="instead of the configuration's")
    parser.add_argument("--imagenet", type=Path, help="to start from: weights of photographs")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args(words)
    given = {key: getattr(arguments, key) for key in ("epochs", "side")}
    plan = replace(
        read_plan(arguments.config),
        **{key: each for key, each in given.items() if each is not None},
    )
    start = Start("imagenet", arguments.imagenet) if arguments.imagenet else None
    collected = load_collected(arguments.data)
    curve = []
    for share in SHARES:
        run = arguments.out / f"share-{round(100 * share)}"
        if arguments.seconds is None:
            # As many steps whatever the share.
            part = replace(plan, data_share=share, epochs=round(plan.epochs / share))
        else:
            part = replace(plan, data_share=share)
        train(part, arguments.data, run, arguments.device, arguments.seconds, start)
        curve.append({"share": share} | measure(run / "weights.pt", collected))
    (arguments.out / "learning-curve.json").write_text(json.dumps(curve, indent=1) + "\n")
    draw_learning_curve(curve, arguments.out / "learning-curve.png")
    print(json.dumps(curve, indent=1))


if __name__ == "__main__":
    main()
