"""What a configuration file (configs/*.toml) says about a training."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

OPTIMIZERS = ("adam", "adamw")
SCHEDULES = ("cosine", "plateau")


@dataclass(frozen=True)
class Plan:
    """`name` and `options` say which network; `loss` and `augmentation` are read where used."""

    name: str
    side: int
    batch: int
    epochs: int
    optimizer: str
    learning_rate: float
    schedule: str
    options: dict = field(default_factory=dict)
    loss: dict = field(default_factory=dict)
    augmentation: dict = field(default_factory=dict)
    weight_decay: float = 0.0
    warmup_epochs: int = 0
    plateau_patience: int = 3
    """Epochs without a better validation before the rate falls to a tenth."""
    early_stopping: int = 0
    """Epochs without a better validation before the training ends; 0: it does not."""
    swa_epochs: int = 0
    """Last epochs whose weights are averaged, at a steady rate."""
    positive_share: float | None = None
    """Of every batch; None: as often as they occur."""
    gradient_norm: float = 2.0
    seed: int = 1


def read_plan(path: Path) -> Plan:
    """Raises ValueError naming the file, the key and what it may be."""
    return build_plan(tomllib.loads(path.read_text()), path.name)


def build_plan(content: dict, where: str) -> Plan:
    known = {each.name for each in fields(Plan)}
    unknown = sorted(set(content) - known)
    if unknown:
        raise ValueError(
            f"{where}: {unknown[0]} is not known; it may hold {', '.join(sorted(known))}"
        )
    try:
        plan = Plan(**content)
    except TypeError as error:
        raise ValueError(f"{where}: {str(error).split('__init__() ')[-1]}") from None
    for name, allowed in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if getattr(plan, name) not in allowed:
            raise ValueError(
                f"{where}: {name} is {getattr(plan, name)!r}; it may be {' or '.join(allowed)}"
            )
    for name in ("side", "batch", "epochs"):
        if not getattr(plan, name) >= 1:
            raise ValueError(f"{where}: {name} is {getattr(plan, name)}; it must be 1 or more")
    if plan.warmup_epochs + plan.swa_epochs >= plan.epochs and plan.warmup_epochs + plan.swa_epochs:
        raise ValueError(
            f"{where}: {plan.warmup_epochs} warm-up and {plan.swa_epochs} averaged epochs leave "
            f"none of {plan.epochs} to train in"
        )
    return plan
