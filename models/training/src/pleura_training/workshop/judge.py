"""What a network says about the validation side."""

from __future__ import annotations

import numpy as np
import torch

from ..architectures import Architecture
from ..metrics import area_under_curve, dice, mean_or_nan
from ..progress import progress
from .dataset import WorkshopSet, page_at
from .epoch_batches import as_input


@torch.inference_mode()
def answers(
    network: Architecture, workshop: WorkshopSet, places: np.ndarray, side: int, batch: int
) -> np.ndarray:
    """Shape: [N] class logits, or [N, side, side] logits of the best mask; float32."""
    network.eval()
    device = next(network.parameters()).device
    found = []
    for start in progress(range(0, len(places), batch), "validate"):
        pages = [page_at(workshop, place, side)[0] for place in places[start : start + batch]]
        inputs = torch.from_numpy(np.stack([as_input(page, network) for page in pages]))
        logits = network(inputs.to(device, memory_format=torch.channels_last))
        chosen = logits[0] if network.task == "classification" else logits[-1]
        found.append(chosen[:, 0].float().cpu().numpy())
    return np.concatenate(found)


def truths_of(workshop: WorkshopSet, places: np.ndarray, side: int) -> np.ndarray:
    """Shape: [N, side, side], bool."""
    return np.stack([page_at(workshop, place, side)[1] > 0 for place in places])


def judged_places(network: Architecture, workshop: WorkshopSet) -> np.ndarray:
    """Validation places: for masks without the positives that nobody outlined."""
    places = workshop.places("validation")
    if network.task == "segmentation":
        keep = [workshop.rows[p].has_mask or workshop.rows[p].label == 0 for p in places]
        places = places[np.array(keep, bool)]
    return places


def judge(network: Architecture, workshop: WorkshopSet, side: int, batch: int) -> dict[str, float]:
    """`auc`, or `dice` of the positives at 0.5: by which epochs are compared, no result."""
    places = judged_places(network, workshop)
    logits = answers(network, workshop, places, side, batch)
    labels = workshop.labels(places)
    if network.task == "classification":
        return {"auc": area_under_curve(logits, labels)}
    truths = truths_of(workshop, places, side)
    ill = np.flatnonzero(labels)
    return {"dice": mean_or_nan(np.array([dice(logits[n] >= 0, truths[n]) for n in ill]))}
