"""The training loss that a configuration's [loss] section describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

from .losses import soft_dice_loss


@dataclass(frozen=True)
class Taught:
    """What teachers say of a batch. Shape: probability [N, 1], air [N, 1, H, W], 0..1;
    `share`: how much of the targets it is."""

    probability: Tensor
    air: Tensor
    share: float


Objective = Callable[[Sequence[Tensor], dict[str, Tensor], Taught | None], dict[str, Tensor]]
"""(what the network answers, a batch of `Pages`, what teachers say) -> named parts, and under
`total` what is minimised."""

MASK_PARTS = ("bce", "dice", "focal", "lovasz", "tversky")
FOCAL_GAMMA = 2.0  # the paper's
FOCAL_ALPHA = 0.25  # the paper's share of the positives; the negatives weigh 1 - alpha
FALSE_POSITIVE_WEIGHT = 0.3  # Salehi et al.: missed air costs more than air found beside it
FALSE_NEGATIVE_WEIGHT = 0.7

KEYS = {
    "classification": ("bce", "class_weights"),
    "segmentation": (
        *MASK_PARTS,
        "focal_alpha",
        "focal_gamma",
        "level_weights",
        "tversky_false_negative",
        "tversky_false_positive",
    ),
    "joint": ("activation", "air", "class", "dice", "pixels"),
}


def build_objective(
    section: dict, task: str, class_weights: tuple[float, float] | None = None
) -> Objective:
    """The weighted sum of the named losses, computed in float32.

    classification: `bce` on the first answer, [N, 1]; `class_weights = "inverse-frequency"` takes
    the weights given here, (negative, positive). The truth is not looked at.

    segmentation: any of MASK_PARTS with its weight. `level_weights` weighs the masks of the answer,
    one each, and their losses are averaged by them; without it the last mask alone is trained.
    The labels are not looked at: a change of the picture may have moved all air out of it.

    joint: the cross-entropy of the `class`, of the `pixels`, in which one of air weighs `air`, and
    of the `activation` map, and the `dice` of the masks, each with its weight. A positive that
    nobody outlined says nothing of masks; teachers do.

    @throws ValueError when a key is unknown to the task, or a value out of its range
    """
    unknown = sorted(set(section) - set(KEYS[task]))
    if unknown:
        allowed = ", ".join(KEYS[task])
        raise ValueError(f"[loss] of a {task} has {', '.join(unknown)}; it may have {allowed}")
    if task == "joint":
        return _joint_objective(section)
    weights = {part: _number(section, part, 0.0) for part in MASK_PARTS if part in section}
    if not any(weights.values()):
        raise ValueError("[loss] weighs nothing; give at least one loss a weight above 0")
    if task == "classification":
        return _class_objective(section, weights["bce"], class_weights)
    return _mask_objective(section, weights)


def _class_objective(
    section: dict, weight: float, class_weights: tuple[float, float] | None
) -> Objective:
    negative, positive = 1.0, 1.0
    if "class_weights" in section:
        if section["class_weights"] != "inverse-frequency":
            raise ValueError(
                f"class_weights is {section['class_weights']!r}; it may be 'inverse-frequency'"
            )
        if class_weights is None:
            raise ValueError("[loss] asks for class weights, and none were counted")
        negative, positive = class_weights

    def objective(
        logits: Sequence[Tensor], batch: dict[str, Tensor], taught: Taught | None = None
    ) -> dict[str, Tensor]:
        balance = torch.where(batch["labels"] > 0.5, positive, negative)
        loss = F.binary_cross_entropy_with_logits(logits[0].float(), softened(batch), balance)
        return {"total": weight * loss}

    return objective


def _mask_objective(section: dict, weights: dict[str, float]) -> Objective:
    gamma = _number(section, "focal_gamma", FOCAL_GAMMA)
    alpha = _number(section, "focal_alpha", FOCAL_ALPHA)
    if gamma < 1:
        raise ValueError(f"focal_gamma is {gamma}; below 1 its slope at a sure pixel is endless")
    if alpha > 1:
        raise ValueError(f"focal_alpha is {alpha}; it is a share, 0 to 1")
    false_positive = _number(section, "tversky_false_positive", FALSE_POSITIVE_WEIGHT)
    false_negative = _number(section, "tversky_false_negative", FALSE_NEGATIVE_WEIGHT)
    levels = section.get("level_weights")
    if levels is not None:
        if not levels:
            raise ValueError("level_weights is empty; give one weight for each mask")
        levels = [_number({"level_weights": each}, "level_weights", 0.0) for each in levels]
        if not any(levels):
            raise ValueError("level_weights are all 0; give at least one mask a weight above 0")

    parts: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "bce": F.binary_cross_entropy_with_logits,
        "dice": lambda logits, truth: soft_dice_loss(logits, truth, holds_mask(truth)),
        "focal": lambda logits, truth: sigmoid_focal_loss(logits, truth, alpha, gamma, "mean"),
        "lovasz": lovasz_loss,
        "tversky": lambda logits, truth: tversky_loss(
            logits, truth, false_positive, false_negative
        ),
    }
    # A loss of weight 0 is not computed.
    named = [(weight, parts[part]) for part, weight in weights.items() if weight]

    def objective(
        logits: Sequence[Tensor], batch: dict[str, Tensor], taught: Taught | None = None
    ) -> dict[str, Tensor]:
        truth = batch["masks"]
        shares = [0.0] * (len(logits) - 1) + [1.0] if levels is None else levels
        if len(shares) != len(logits):
            raise ValueError(f"{len(shares)} level_weights for {len(logits)} masks")
        total = truth.new_zeros(())
        for share, level in zip(shares, logits, strict=True):
            if share == 0:
                continue
            if level.shape != truth.shape:
                raise ValueError(f"mask is {tuple(level.shape)}, truth {tuple(truth.shape)}")
            total = total + share * sum(
                weight * part(level.float(), truth) for weight, part in named
            )
        return {"total": total / sum(shares)}

    return objective


def _joint_objective(section: dict) -> Objective:
    weights = {key: _number(section, key, 1.0) for key in KEYS["joint"]}

    def objective(
        answer: Sequence[Tensor], batch: dict[str, Tensor], taught: Taught | None = None
    ) -> dict[str, Tensor]:
        logits, activation, mask_logits = (each.float() for each in answer)
        outlined = batch["outlined"][:, :, None, None]
        truth = F.adaptive_avg_pool2d(batch["masks"], mask_logits.shape[-2:])
        wanted, classes = truth, softened(batch)
        if taught is not None:
            # Where nobody outlined a positive, the teachers alone say where its air is.
            wanted = outlined * truth + (1 - outlined) * taught.air
            outlined = torch.ones_like(outlined)
            share = taught.share * batch["taught"]
            classes = classes + share * (taught.probability - classes)
        pixels = F.binary_cross_entropy_with_logits(
            mask_logits, wanted, pos_weight=truth.new_tensor(weights["air"]), reduction="none"
        )
        present = (batch["outlined"] * batch["labels"])[:, 0]
        coarse = F.adaptive_max_pool2d(wanted, activation.shape[-2:])
        cells = F.binary_cross_entropy_with_logits(activation, coarse, reduction="none")
        parts = {
            "class": weights["class"] * F.binary_cross_entropy_with_logits(logits, classes),
            "pixels": weights["pixels"] * (pixels * outlined).mean(),
            "dice": weights["dice"] * soft_dice_loss(mask_logits, truth, present),
            "activation": weights["activation"] * (cells * outlined).mean(),
        }
        return parts | {"total": sum(parts.values())}

    return objective


def softened(batch: dict[str, Tensor]) -> Tensor:
    """Labels of which a share is taken to be wrong. Shape: [N, 1]."""
    return batch["labels"] * (1 - 2 * batch["smoothing"]) + batch["smoothing"]


def holds_mask(truth: Tensor) -> Tensor:
    """1 for the images with a mask. Shape: [N, 1, H, W] -> [N], float32."""
    return truth.flatten(1).any(1).float()


def tversky_loss(
    mask_logits: Tensor, truth: Tensor, false_positive: float, false_negative: float
) -> Tensor:
    """1 - TP / (TP + false_positive * FP + false_negative * FN) over the images with a mask.

    With 0.5 and 0.5 it is soft_dice_loss; empty images are left alone as there.

    @see Salehi et al. 2017, Tversky loss function for image segmentation, equation 3
    """
    probability = mask_logits.sigmoid().flatten(1)
    flat = truth.flatten(1)
    found = (probability * flat).sum(1)
    beside = (probability * (1 - flat)).sum(1)
    missed = ((1 - probability) * flat).sum(1)
    index = (found + 0.5) / (found + false_positive * beside + false_negative * missed + 0.5)
    present = holds_mask(truth)
    return ((1 - index) * present).sum() / present.sum().clamp(min=1)


def lovasz_loss(mask_logits: Tensor, truth: Tensor) -> Tensor:
    """The Lovász hinge of the Jaccard loss, per image, averaged. Pixels half covered are air.

    On an empty image it is the hinge error of its worst pixel.

    @see Berman et al. 2018, The Lovász-softmax loss, algorithm 1 and section 3.1
    """
    air = (truth.flatten(1) >= 0.5).float()
    errors, order = (1 - mask_logits.flatten(1) * (2 * air - 1)).sort(dim=1, descending=True)
    air = air.gather(1, order)
    count = air.sum(1, keepdim=True)
    # Jaccard loss when the k worst pixels are wrong and all others right; the union is at least 1.
    union = count + (1 - air).cumsum(1)
    jaccard = 1 - (count - air.cumsum(1)) / union
    steps = jaccard.diff(dim=1, prepend=jaccard.new_zeros(len(jaccard), 1))
    return (errors.relu() * steps).sum(1).mean()


def _number(section: dict, key: str, default: float) -> float:
    number = section.get(key, default)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e6:
        raise ValueError(f"{key} is {number!r}; it must be a number, 0 or above")
    return float(number)
