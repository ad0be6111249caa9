"""Command: the class of one joint network and the masks of another, behind the encoder they share.

What was trained on for large collapses outlines them, and suspects more of the healthy; what was
there before is the better judge of all else. The masks' weights are a mean of both, which is better
on validation than either. From which area on a region is heard, and how loudly, is chosen on
validation.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .architectures.joint import JointNetwork
from .architectures.outlined_joint import OutlinedJoint
from .calibration import threshold_for_sensitivity
from .dataset import Collected, load_collected
from .prediction import as_input
from .progress import progress
from .resize import resize_stretch
from .run_record import current_commit, file_digest
from .trained import Trained, load_trained, save_trained

QUIET = 0.99
"""Of validation's negatives: their regions are too small to be heard."""
NAMES = ("negatives", "positives")
SENSITIVITY = 0.95
"""Of the class alone; a region of the least area that is heard says as much."""


def join_decoders(data: Path, judge: Path, outliner: Path, share: float, out: Path) -> dict:
    """Writes the weights. `share`: of the outliner's weights in the mean, 0 to 1.

    Returns the area and level that were chosen, and how many of validation a region lifts. Raises
    ValueError when the two do not share an encoder, or when validation holds only one class.
    """
    collected = load_collected(data)
    first, second = (load_trained(path) for path in (judge, outliner))
    for path, trained in ((judge, first), (outliner, second)):
        if not isinstance(trained.network, JointNetwork):
            raise ValueError(f"{path} is of {trained.plan.name}, not of a joint network")
    if not share_encoder(first, second):
        raise ValueError(f"{judge} and {outliner} do not share an encoder: see `fine_heads`")
    network = OutlinedJoint(**first.plan.options, area=1.0, level=0.0)
    network.judge.load_state_dict(first.network.state_dict())
    mean = mean_of(first.network.state_dict(), second.network.state_dict(), share)
    wanted = network.outliner.state_dict()
    network.outliner.load_state_dict({name: mean[name] for name in wanted})
    network.eval().requires_grad_(False)
    places = collected.places("validation")
    labels = collected.labels(places)
    if len(np.unique(labels)) < 2:
        raise ValueError("validation holds one class alone: nothing can be chosen on it")
    logits, areas = judged(network, collected, places, first.plan.side)
    area = float(np.quantile(areas[labels == 0], QUIET))
    level = float(threshold_for_sensitivity(logits, labels, SENSITIVITY))
    network.area, network.level = area, level
    lifted = network.heard(torch.from_numpy(logits), torch.from_numpy(areas)).numpy() > logits
    chosen = {"area": area, "level": level}
    plan = replace(first.plan, name=network.name, options=first.plan.options | chosen)
    joined = {"judge": file_digest(judge), "outliner": file_digest(outliner), "share": share}
    record = first.record | {"joined": joined | {"commit": current_commit()}}
    if "heads" in second.record:
        record["heads"] = second.record["heads"]
    save_trained(out, network.state_dict(), plan, first.step, record)
    return chosen | {
        "lifted": {name: int(lifted[labels == n].sum()) for n, name in enumerate(NAMES)}
    }


def share_encoder(first: Trained, second: Trained) -> bool:
    if first.plan.options != second.plan.options:
        return False
    others = second.network.state_dict()
    return all(
        torch.equal(weights, others[name])
        for name, weights in first.network.state_dict().items()
        if name.startswith("encoder.") and not name.endswith("num_batches_tracked")
    )


def mean_of(first: dict, second: dict, share: float) -> dict[str, Tensor]:
    return {
        name: torch.lerp(weights, second[name], share) if weights.is_floating_point() else weights
        for name, weights in first.items()
    }


@torch.inference_mode()
def judged(
    network: OutlinedJoint, collected: Collected, places: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Class logits before any region is heard, and areas. Shape: [N] each."""
    logits, areas = [], []
    for place in progress(places, "validation"):
        plane = resize_stretch(collected.images[place], side, side)
        grey = torch.from_numpy(plane[None, None] / np.float32(255))
        logit, _, _, area = network.parts(as_input(grey, network))
        logits.append(logit.item())
        areas.append(area.item())
    return np.array(logits), np.array(areas)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--judge", type=Path, required=True, help="weights.pt: class, encoder")
    parser.add_argument("--outliner", type=Path, required=True, help="weights of `fine_heads`")
    parser.add_argument("--share", type=float, default=0.75, help="of the outliner in the masks")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.pt)")
    arguments = parser.parse_args(words)
    try:
        chosen = join_decoders(
            arguments.data, arguments.judge, arguments.outliner, arguments.share, arguments.out
        )
    except (ValueError, FileNotFoundError) as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps(chosen))


if __name__ == "__main__":
    main()
