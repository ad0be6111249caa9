"""The curves of a run: loss, validation and learning rate, from judging to judging."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def draw_metrics(rows: list[dict], metric: str, target: Path) -> None:
    panels = {
        "training loss": "train_total",
        f"validation {metric}": f"validation_{metric}",
        "learning rate": "learning_rate",
    }
    figure, axes = pyplot.subplots(1, len(panels), figsize=(12, 3.5))
    for axis, (title, name) in zip(axes, panels.items(), strict=True):
        axis.plot([row["step"] for row in rows], [row[name] for row in rows], marker=".")
        axis.set_title(title)
        axis.set_xlabel("step")
    axes[-1].set_yscale("log")
    figure.tight_layout()
    figure.savefig(target, dpi=80)
    pyplot.close(figure)
