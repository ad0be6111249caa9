"""Command: draw the learning curves of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from .run_record import read_metrics

PANELS = {
    "training losses": ("train_mask", "train_class", "train_activation"),
    "validation": ("validation_auc", "validation_mask_peak_auc", "validation_positive_dice"),
    "learning rate": ("learning_rate",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    rows = read_metrics(arguments.run)
    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(15, 4))
    for axis, (title, names) in zip(axes, PANELS.items(), strict=True):
        for name in names:
            axis.plot([row["step"] for row in rows], [row[name] for row in rows], label=name)
        axis.set_title(title)
        axis.set_xlabel("step")
        axis.legend()
    figure.tight_layout()
    figure.savefig(arguments.run / "metrics.png", dpi=80)


if __name__ == "__main__":
    main()
