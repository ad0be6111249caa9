"""What a configuration file (configs/joint/*.toml) says about training the joint network."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from ..augmentation import AugmentationRanges


@dataclass(frozen=True)
class ResidentPlan:
    """`encoder` is a name of timm; the masks' and the class head learn at `head_rate`."""

    encoder: str
    side: int
    batch: int
    learning_rate: float
    head_rate: float
    weight_decay: float = 0.02
    warmup_steps: int = 60
    positive_share: float = 0.4
    mixed_share: float = 0.0
    """Of the images that are joined from two patients' halves (halves.py)."""
    smoothing: float = 0.02
    """Share of the labels taken to be wrong."""
    doubtful: dict = field(default_factory=dict)
    """label_source -> the share of its labels taken to be wrong, where it differs."""
    weights: dict = field(default_factory=dict)
    """label_source -> how often its images are drawn, against 1."""
    from_scratch: bool = False
    """No weights of photographs to start from: sees other things, and learns them slower."""
    teacher_share: float = 0.7
    """Of each target, where there are teachers (`--teachers`); the labels keep the rest."""
    freeze_shallow: bool = False
    average_decay: float = 0.995
    gradient_norm: float = 2.0
    mean: float = 0.5
    std: float = 0.5
    seed: int = 1
    augmentation: AugmentationRanges = field(default_factory=AugmentationRanges)


def read_resident_plan(path: Path) -> ResidentPlan:
    return build_resident_plan(tomllib.loads(path.read_text()), path.name)


def build_resident_plan(content: dict, where: str) -> ResidentPlan:
    """Raises ValueError naming the file, the key and what it may be."""
    for section, kind in (
        (content, ResidentPlan),
        (content.get("augmentation", {}), AugmentationRanges),
    ):
        known = sorted(each.name for each in fields(kind))
        unknown = sorted(set(section) - set(known))
        if unknown:
            raise ValueError(f"{where}: {unknown[0]} is not known; it may hold {', '.join(known)}")
    ranges = AugmentationRanges(**content.get("augmentation", {}))
    try:
        plan = ResidentPlan(**content | {"augmentation": ranges})
    except TypeError as error:
        raise ValueError(f"{where}: {str(error).split('__init__() ')[-1]}") from None
    if plan.side < 32 or plan.side % 32:
        raise ValueError(f"{where}: side is {plan.side}; it must be a multiple of 32")
    positives = round(plan.batch * plan.positive_share)
    if not 1 <= positives < plan.batch:
        raise ValueError(
            f"{where}: {plan.positive_share} of a batch of {plan.batch} are {positives} positives; "
            "both classes must be in it"
        )
    return plan
