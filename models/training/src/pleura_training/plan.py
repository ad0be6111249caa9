"""What a configuration file (configs/*.toml, configs/joint/*.toml) says about a training."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

CHOICES = {"optimizer": ("adam", "adamw"), "schedule": ("cosine", "plateau")}
SHARES = ("positive_share", "mixed_share", "data_share", "warmup_share", "teacher_share")


@dataclass(frozen=True)
class Plan:
    """`name` and `options` say which network; `loss` and `augmentation` are read where used."""

    name: str
    side: int
    batch: int
    learning_rate: float
    options: dict = field(default_factory=dict)
    loss: dict = field(default_factory=dict)
    augmentation: dict = field(default_factory=dict)
    epochs: int = 0
    """0: `--seconds` says when it ends."""
    optimizer: str = "adamw"
    head_rate: float | None = None
    """Of the heads, where the rest comes with weights of others; None: as the rest."""
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup_share: float = 0.0
    """Of the training, in which the rate rises."""
    plateau_patience: int = 3
    """Epochs without a better validation before the rate falls to a tenth."""
    early_stopping: int = 0
    """Epochs without a better validation before the training ends; 0: it does not."""
    average_decay: float = 0.0
    """Of the moving average of the weights, which is judged and kept; 0: the weights themselves."""
    positive_share: float | None = None
    """Of every batch; None: as often as they occur."""
    mixed_share: float = 0.0
    """Of the images that are joined from two patients' halves (halves.py)."""
    data_share: float = 1.0
    """Of the training side, for learning curves; smaller shares lie within larger ones."""
    smoothing: float = 0.0
    """Share of the labels taken to be wrong."""
    doubtful: dict = field(default_factory=dict)
    """label_source -> the share of its labels taken to be wrong, where it differs."""
    weights: dict = field(default_factory=dict)
    """label_source -> how often its images are drawn, against 1."""
    from_scratch: bool = False
    """No weights of photographs to start from: sees other things, and learns them slower."""
    teacher_share: float = 0.7
    """Of each target, where there are teachers (`--teachers`); the labels keep the rest."""
    untaught: list = field(default_factory=list)
    """label_sources whose labels are surer than any teacher."""
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
    for name, allowed in CHOICES.items():
        if getattr(plan, name) not in allowed:
            raise ValueError(
                f"{where}: {name} is {getattr(plan, name)!r}; it may be {' or '.join(allowed)}"
            )
    for name in ("side", "batch"):
        if not getattr(plan, name) >= 1:
            raise ValueError(f"{where}: {name} is {getattr(plan, name)}; it must be 1 or more")
    for name in SHARES:
        share = getattr(plan, name)
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"{where}: {name} is {share}; it is a share, 0 to 1")
    for name, doubt in {"smoothing": plan.smoothing, **plan.doubtful}.items():
        if not 0 <= doubt < 0.5:
            raise ValueError(f"{where}: {name} is {doubt}; from 0.5 on the labels tell nothing")
    if plan.positive_share is not None:
        positives = round(plan.batch * plan.positive_share)
        if not 1 <= positives < plan.batch:
            raise ValueError(
                f"{where}: {plan.positive_share} of a batch of {plan.batch} are {positives} "
                "positives; both classes must be in it"
            )
    if plan.schedule == "plateau" and plan.epochs < 1:
        raise ValueError(f"{where}: a plateau is judged epoch by epoch; give epochs")
    return plan
