"""Several trainings at once on one device, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .plan import Plan


def start_of(plan: Plan, starts: Path | None) -> list[str | Path]:
    """What a run of the plan begins with, as words of `train`.

    Raises FileNotFoundError when the folder holds nothing for its encoder.
    """
    if starts is None or plan.from_scratch:
        return []
    encoder = plan.options.get("encoder", plan.name)
    for name, option in ((f"{encoder}.pt", "--weights"), (f"{encoder}.pth", "--imagenet")):
        if (starts / name).exists():
            return [option, starts / name]
    raise FileNotFoundError(
        f"{starts} holds no {encoder}.pth, and the configuration does not say from_scratch"
    )


def train_side_by_side(trainings: dict[str, Sequence], logs: Path) -> list[str]:
    """A process for each training, words of `train` under its name; those that failed."""
    processes = {}
    logs.mkdir(parents=True, exist_ok=True)
    for name, words in trainings.items():
        command = [sys.executable, "-m", "pleura_training.train", *map(str, words)]
        with open(logs / f"{name}.log", "a") as file:
            processes[name] = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    return [name for name, process in processes.items() if process.wait() != 0]
