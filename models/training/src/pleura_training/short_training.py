"""A fixed, short training on drawn chests: does a network learn, and does it remember?"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import update_bn

from .architectures import Architecture
from .drawn_set import DrawnSet
from .losses import mask_loss
from .metrics import area_under_curve, dice

BATCH = 8


def loss_of(network: Architecture, images: Tensor, truth: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of the class, or the mask loss averaged over all masks (deep supervision)."""
    answer = network(images)
    if network.task == "classification":
        return F.binary_cross_entropy_with_logits(answer[0], labels)
    return sum(mask_loss(mask, truth, labels) for mask in answer) / len(answer)


def train_briefly(
    network: Architecture, drawn: DrawnSet, steps: int, rate: float = 3e-3, seed: int = 1
) -> list[float]:
    """Adam, batches of 8, the rate falling to nothing along a cosine. The loss of every step."""
    torch.manual_seed(seed)
    images, truth = drawn.images(network.mean, network.std), drawn.truth()
    labels = torch.from_numpy(drawn.labels).float()[:, None]
    optimizer = torch.optim.Adam(network.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses, order = [], torch.empty(0, dtype=torch.long)
    network.train()
    for _ in range(steps):
        if len(order) < BATCH:
            order = torch.randperm(len(images))
        chosen, order = order[:BATCH], order[BATCH:]
        loss = loss_of(network, images[chosen], truth[chosen], labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    # So few steps leave the running statistics of the norms behind the weights.
    update_bn(images.split(BATCH), network)
    network.eval()
    return losses


@torch.inference_mode()
def measure_classes(network: Architecture, drawn: DrawnSet) -> float:
    """Area under the ROC curve."""
    logits = network.eval()(drawn.images(network.mean, network.std))[0]
    return area_under_curve(logits[:, 0].numpy(), drawn.labels)


@torch.inference_mode()
def measure_masks(network: Architecture, drawn: DrawnSet) -> list[float]:
    """Dice over the chests with air, at threshold 0.5, of every mask that the network gives."""
    answer = network.eval()(drawn.images(network.mean, network.std))
    found = [(mask[:, 0] > 0).numpy() for mask in answer]
    ill = np.flatnonzero(drawn.labels)
    return [float(np.mean([dice(mask[n], drawn.masks[n]) for n in ill])) for mask in found]
