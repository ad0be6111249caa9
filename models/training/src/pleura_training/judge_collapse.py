"""Command: how many collapsed lungs, drawn on validation radiographs, a pair of bundles finds.

Drawn as those that may be trained on are, on other patients: it says whether a network knows the
large collapse at all, not how many real ones it finds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

import numpy as np

from .bundle_session import ClassifierSession, SegmenterSession
from .collapse import KINDS
from .dataset import load_collected
from .draw_collapse import drawn_pages
from .metrics import dice, wilson_interval
from .progress import progress


def judge_collapse(data: Path, models: Path, seed: int) -> dict:
    """Of each kind: how many, how many reach the default operating point, how many have a region
    that meets the air, and the median Dice; and of the same radiographs before."""
    collected = load_collected(data)
    profile = json.loads((models / "profile.json").read_text())
    classifier = ClassifierSession(models / profile["classifier"]["bundle"])
    segmenter = SegmenterSession(models / profile["segmenter"]["bundle"])
    default = profile["classifier"]["operatingPoint"]
    points = {each["id"]: each["threshold"] for each in classifier.bundle["operatingPoints"]}
    threshold = points[default]
    pages = drawn_pages(collected, "validation", None, seed)
    known = {row.id: place for place, row in enumerate(collected.rows)}
    before = sorted({known[row.id.rpartition("+")[0]] for row, *_ in pages})
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for _, kind, image, mask in progress(pages, "judge"):
        found[kind].append((classifier.probability(image), dice(segmenter.mask(image), mask)))
    healthy = [classifier.probability(np.asarray(collected.images[place])) for place in before]
    report: dict = {"threshold": threshold}
    for kind, pairs in found.items():
        suspected = sum(probability >= threshold for probability, _ in pairs)
        report[kind] = {
            "n": len(pairs),
            "sensitivity": round(suspected / max(1, len(pairs)), 4),
            "sensitivityInterval95": [round(b, 4) for b in wilson_interval(suspected, len(pairs))],
            "outlined": round(sum(overlap > 0 for _, overlap in pairs) / max(1, len(pairs)), 4),
            "medianDice": round(median([overlap for _, overlap in pairs] or [0.0]), 4),
        }
    report["before"] = {
        "n": len(healthy),
        "suspected": round(sum(each >= threshold for each in healthy) / max(1, len(healthy)), 4),
    }
    return report


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--models", type=Path, required=True, help="folder of the two bundles")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args(words)
    try:
        report = judge_collapse(arguments.data, arguments.models, arguments.seed)
    except (ValueError, FileNotFoundError) as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
