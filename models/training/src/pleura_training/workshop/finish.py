"""Command: a trained run becomes a bundle; thresholds are chosen on validation, nowhere else."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ..architectures import Architecture, UnetPlusPlus, build_network
from ..calibration import fit_calibration
from ..choose import choose_operating_points
from ..export_architecture import write_architecture_bundle
from ..thresholds import search_postprocessing
from .dataset import WorkshopSet, load_workshop_set
from .judge import answers, judged_places, truths_of
from .mirrored import Mirrored
from .plan import Plan, build_plan

LIMITS = [
    "No evaluation is stored with this bundle: measure it with `pleura evaluate` before use.",
    "Thresholds were chosen on the validation side of the data set it was trained on.",
    "Not for lateral views, paediatric images or follow-up of a known pneumothorax.",
]


def choose(network: Architecture, workshop: WorkshopSet, plan: Plan) -> dict:
    """Calibration and operating points, or the triplet, as the export takes them.

    Raises ValueError when validation holds only one class, or no mask.
    """
    places = judged_places(network, workshop)
    labels = workshop.labels(places)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"validation holds {int(labels.sum())} positives of {len(labels)}: thresholds need both"
        )
    logits = answers(network, workshop, places, plan.side, plan.batch)
    if network.task == "classification":
        calibration = fit_calibration(logits, labels)
        points = choose_operating_points(
            calibration.probability(logits), labels, f"validation, n={len(labels)}"
        )
        return {"calibration": asdict(calibration), "operatingPoints": points}
    rule, _, _ = search_postprocessing(logits, truths_of(workshop, places, plan.side))
    return {"postprocessing": asdict(rule)}


def finish(
    run: Path, data: Path, out: Path, version: str, level: int | None = None, mirror: bool = False
) -> dict[str, float]:
    """Writes the bundle. Returns the largest differences of onnxruntime to PyTorch.

    Raises ValueError for a run that has not ended, or other data than it was trained on.
    """
    record = json.loads((run / "run.json").read_text())
    if "kept" not in record:
        raise ValueError(f"{run} has not ended: start the same `train` command again")
    workshop = load_workshop_set(data)
    if workshop.digest != record["data_digest"]:
        raise ValueError(
            f"{data} is not what {run} was trained on: its thresholds would be others'"
        )
    plan = build_plan(record["plan"], "run.json")
    network = build_network(plan.name, **plan.options)
    network.load_state_dict(torch.load(run / "weights.pt", map_location="cpu", weights_only=True))
    if level is not None:
        if not isinstance(network, UnetPlusPlus):
            raise ValueError(f"{plan.name} cannot be pruned: leave --level out")
        network = network.pruned(level)
    network = Mirrored(network) if mirror else network
    training = {
        "data": f"data digest {record['data_digest'][:16]}",
        "seed": plan.seed,
        "commit": record["commit"],
        "steps": record["kept"]["epoch"] * (record["images"]["train"] // plan.batch),
        "images": record["images"]["train"],
        "kept": record["kept"],
        "mirrored": mirror,
    }
    if "starts_from" in record:
        training["startsFrom"] = record["starts_from"]
    choice = choose(network.eval(), workshop, plan)
    return write_architecture_bundle(network, plan.side, choice, out, training, version, LIMITS)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of an ended training")
    parser.add_argument("--data", type=Path, required=True, help="the data it was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle; its id")
    parser.add_argument("--version", default="0.1.0", help="of the bundle")
    parser.add_argument("--level", type=int, help="prune unetplusplus to this level")
    parser.add_argument(
        "--mirror", action="store_true", help="judge the mirror image too: twice the work"
    )
    arguments = parser.parse_args(words)
    try:
        found = finish(
            arguments.run,
            arguments.data,
            arguments.out,
            arguments.version,
            arguments.level,
            arguments.mirror,
        )
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        parser.exit(1, f"{error}\n")
    print(f"{arguments.out.name}: {json.dumps(found)}")


if __name__ == "__main__":
    main()
