"""Command: trained weights become bundles; thresholds are chosen on validation, nowhere else.

A joint network leaves as a classifier and a segmenter with a profile that names both, one of the
study's as one bundle.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .architectures import UnetPlusPlus
from .bundle import build_profile
from .choose import choose
from .dataset import load_collected
from .mirror import Mirrored
from .network_bundle import write_network_bundle
from .trained import load_trained

NAMES = {"classification": "pleura-classifier-s1", "segmentation": "pleura-segmenter-s1"}
ROLES = {"classification": ["classification"], "segmentation": ["segmentation"]}


def finish(
    weights: Path,
    data: Path,
    out: Path,
    version: str = "0.1.0",
    names: dict[str, str] = NAMES,
    level: int | None = None,
    mirror: bool = False,
) -> dict[str, dict[str, float]]:
    """Writes the bundles and, beside them, what was chosen. Returns the largest differences of
    onnxruntime to PyTorch, by bundle.

    Raises ValueError for a run that has not ended, or other data than it was trained on.
    """
    run = weights.parent / "run.json"
    if run.exists() and "kept" not in json.loads(run.read_text()):
        raise ValueError(f"{weights.parent} has not ended: start the same `train` command again")
    trained = load_trained(weights)
    collected = load_collected(data)
    if collected.digest != trained.record["data_digest"]:
        raise ValueError(
            f"{data} is not what {weights} was trained on: its thresholds would be others'"
        )
    network, plan = trained.network, trained.plan
    if level is not None:
        if not isinstance(network, UnetPlusPlus):
            raise ValueError(f"{plan.name} cannot be pruned: leave --level out")
        network = network.pruned(level)
    network = Mirrored(network) if mirror else network
    training = {
        "data": f"data digest {collected.digest[:16]}",
        "seed": plan.seed,
        "commit": trained.record["commit"],
        "steps": trained.step,
        "images": trained.record["trained_on"],
        "mirrored": mirror,
    }
    if "starts_from" in trained.record:
        training["startsFrom"] = trained.record["starts_from"]
    choice = choose(network.eval(), collected, plan.side, plan.batch)
    out.mkdir(parents=True, exist_ok=True)
    (out / "choice.json").write_text(json.dumps(choice | {"mirror": mirror}, indent=1) + "\n")
    differences = {}
    for role in ROLES.get(network.task, list(NAMES)):
        folder = out / names[role]
        differences[folder.name] = write_network_bundle(
            network, role, plan.side, choice, folder, training, version
        )
    if all((out / name).exists() for name in names.values()):
        profile = build_profile(out, names["classification"], names["segmentation"])
        (out / "profile.json").write_text(json.dumps(profile, indent=2) + "\n")
    return differences


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="weights.pt of an ended run")
    parser.add_argument("--data", type=Path, required=True, help="the data it was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundles")
    parser.add_argument("--classifier", default=NAMES["classification"], help="id of the bundle")
    parser.add_argument("--segmenter", default=NAMES["segmentation"], help="id of the bundle")
    parser.add_argument("--version", default="0.1.0", help="of the bundles")
    parser.add_argument("--level", type=int, help="prune unetplusplus to this level")
    parser.add_argument(
        "--mirror", action="store_true", help="judge the mirror image too: twice the work"
    )
    arguments = parser.parse_args(words)
    names = {"classification": arguments.classifier, "segmentation": arguments.segmenter}
    try:
        found = finish(
            arguments.weights,
            arguments.data,
            arguments.out,
            arguments.version,
            names,
            arguments.level,
            arguments.mirror,
        )
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        parser.exit(1, f"{error}\n")
    for name, differences in found.items():
        print(f"{name}: {json.dumps(differences)}")


if __name__ == "__main__":
    main()
