"""What a network is worth on the validation side: by which its weights are kept, no result."""

from __future__ import annotations

import numpy as np

from .architectures import Architecture
from .dataset import Collected, page_at
from .metrics import area_under_curve, dice, mean_or_nan
from .prediction import predict


def metric_of(network: Architecture) -> str:
    return "auc" if network.classifies else "dice"


def judge(network: Architecture, collected: Collected, side: int, batch: int) -> dict[str, float]:
    """`auc`, in all and by label source, and `dice` of the outlined positives at 0.5."""
    places = collected.places("validation")
    if not network.classifies:
        places = places[[collected.rows[place].has_mask for place in places]]
    predictions = predict(network, [collected.images[place] for place in places], side, batch)
    rows = [collected.rows[place] for place in places]
    gauges = {}
    if network.classifies:
        labels = collected.labels(places)
        gauges["auc"] = area_under_curve(predictions.logits, labels)
        sources = np.array([row.label_source for row in rows])
        for source in sorted({*sources} - {""}):
            chosen = sources == source
            if 0 < labels[chosen].sum() < chosen.sum():
                found = area_under_curve(predictions.logits[chosen], labels[chosen])
                gauges[f"auc {source}"] = found
    if network.segments:
        overlaps = []
        for n, (place, row) in enumerate(zip(places, rows, strict=True)):
            if row.has_mask:
                found = predictions.mask_logits[n] >= 0
                overlaps.append(dice(found, page_at(collected, place, found.shape[0])[1] > 0))
        gauges["dice"] = mean_or_nan(np.array(overlaps))
    return gauges
