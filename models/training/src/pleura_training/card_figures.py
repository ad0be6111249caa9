"""Pictures of a model card."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot


def draw_calibration(tables: dict[str, list[dict]], file: Path) -> None:
    """Mean probability of each bin against its share of positives (Wilson 95 % intervals)."""
    figure, axis = pyplot.subplots(figsize=(4.6, 4.4))
    axis.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1, label="calibrated")
    for name, rows in tables.items():
        share = np.array([row["shareOfPositives"] for row in rows])
        bounds = np.array([row["interval95"] for row in rows]).T
        probability = [row["meanProbability"] for row in rows]
        axis.errorbar(probability, share, np.abs(bounds - share), marker="o", capsize=3, label=name)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean probability", ylabel="share of positives")
    axis.legend(frameon=False)
    axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, dpi=100)
    pyplot.close(figure)


def draw_learning_curve(curve: list[dict], file: Path) -> None:
    """Quality on the validation side against the number of training images."""
    names = {"auc": "AUC", "positive_dice": "Dice, positives only"}
    names = {metric: title for metric, title in names.items() if metric in curve[0]}
    figure, axes = pyplot.subplots(1, len(names), figsize=(4 * len(names), 3.4), squeeze=False)
    for axis, (metric, title) in zip(axes[0], names.items(), strict=True):
        values = np.array([row[metric]["value"] for row in curve])
        bounds = np.array([row[metric]["interval95"] for row in curve]).T
        images = [row["images"] for row in curve]
        axis.errorbar(images, values, np.abs(bounds - values), marker="o", capsize=4)
        axis.set_xscale("log")
        axis.set_xticks(images, [str(count) for count in images])
        axis.minorticks_off()
        axis.set_xlabel("training images")
        axis.set_title(f"{title}, validation")
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
