"""Command: measure a pair of bundles on images that nothing was trained or chosen on."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .bundle_session import ClassifierSession, SegmenterSession
from .calibration import calibration_table, expected_calibration_error
from .findings import Finding, find
from .metrics import area_under_curve, bootstrap_interval, mean_or_nan, wilson_interval
from .model_card import interval_text
from .radiographs import read_index, read_run_lengths

COMMAND = (
    "python -m pleura_training.evaluate --source $RADIOGRAPHS "
    "--split models/training/splits/silver-20261123.json --models models"
)
SIDES = {"gold-test": "gold test", "holdout": "silver hold-out"}
AGE_BANDS = ((18, 40), (40, 65), (65, 120))
MASK_GROUPS = ("small mask", "middle mask", "large mask")
"""Thirds of the positives by the size of the true mask; their AUC is against all negatives."""
Statistic = Callable[[np.ndarray], float]


def classifier_statistics(findings: list[Finding], points: list[dict]) -> dict[str, Statistic]:
    """Each takes chosen rows and returns one number; so each can be resampled."""
    probability = np.array([finding.probability for finding in findings])
    labels = np.array([finding.radiograph.label for finding in findings])

    def at(threshold: float, which: int) -> Statistic:
        def share(rows: np.ndarray) -> float:
            chosen = rows[labels[rows] == which]
            found = probability[chosen] >= threshold
            return mean_or_nan(found if which == 1 else ~found)

        return share

    statistics: dict[str, Statistic] = {
        "auc": lambda rows: area_under_curve(probability[rows], labels[rows]),
        "expected_calibration_error": lambda rows: expected_calibration_error(
            probability[rows], labels[rows]
        ),
    }
    for point in points:
        statistics[f"sensitivity at {point['id']}"] = at(point["threshold"], 1)
        statistics[f"specificity at {point['id']}"] = at(point["threshold"], 0)
    return statistics


def segmenter_statistics(findings: list[Finding], threshold: float) -> dict[str, Statistic]:
    """Dice of the segmenter alone and behind the classifier, positives apart from all."""
    labels = np.array([finding.radiograph.label for finding in findings])
    alone = np.array([finding.dice for finding in findings])
    suspected = np.array([finding.probability >= threshold for finding in findings])
    # A negative of the classifier leaves an empty mask: right for a negative, 0 for a positive.
    cascade = np.where(suspected, alone, 1.0 - labels)
    return {
        "dice, positives only": lambda rows: mean_or_nan(alone[rows][labels[rows] == 1]),
        "dice, empty = 1": lambda rows: mean_or_nan(alone[rows]),
        "negatives left empty": lambda rows: mean_or_nan(alone[rows][labels[rows] == 0]),
        "cascade dice, positives only": lambda rows: mean_or_nan(cascade[rows][labels[rows] == 1]),
        "cascade dice, empty = 1": lambda rows: mean_or_nan(cascade[rows]),
    }


def measure(findings: list[Finding], statistics: dict[str, Statistic], name: str) -> list[dict]:
    """Entries for model.json. Intervals draw patients where known, images elsewhere."""
    labels = np.array([finding.radiograph.label for finding in findings])
    patients = np.array([f.radiograph.patient or f.radiograph.id for f in findings])
    rows = np.arange(len(findings))
    entries = []
    for metric, statistic in statistics.items():
        interval = bootstrap_interval(statistic, patients)
        entries.append(
            {
                "set": name,
                "n": len(findings),
                "positives": int(labels.sum()),
                "metric": metric,
                "value": round(statistic(rows), 4),
                "interval95": [round(bound, 4) for bound in interval],
                "command": COMMAND,
            }
        )
    return entries


def subgroups(findings: list[Finding]) -> dict[str, list[Finding]]:
    """View, sex, age band, and terciles of the true mask's size (positives only)."""
    groups: dict[str, list[Finding]] = {}
    for view in ("PA", "AP"):
        groups[f"view {view}"] = [f for f in findings if f.radiograph.view == view]
    for sex in ("M", "F"):
        groups[f"sex {sex}"] = [f for f in findings if f.radiograph.sex == sex]
    for low, high in AGE_BANDS:
        groups[f"age {low}–{high - 1}"] = [
            f for f in findings if f.radiograph.age and low <= float(f.radiograph.age) < high
        ]
    positives = sorted(
        (f for f in findings if f.radiograph.label == 1), key=lambda finding: finding.true_share
    )
    for name, members in zip(
        MASK_GROUPS, np.array_split(np.arange(len(positives)), 3), strict=True
    ):
        groups[name] = [positives[place] for place in members]
    return groups


def describe_subgroup(findings: list[Finding], threshold: float) -> dict:
    """Each figure with its 95 % interval: Wilson for shares, bootstrap over patients otherwise."""
    probability = np.array([finding.probability for finding in findings])
    labels = np.array([finding.radiograph.label for finding in findings])
    overlaps = np.array([finding.dice for finding in findings])
    patients = np.array([f.radiograph.patient or f.radiograph.id for f in findings])
    row: dict = {"n": len(findings), "positives": int(labels.sum())}

    def shown(value: float, interval: tuple[float, float]) -> dict:
        return {"value": round(value, 4), "interval95": [round(bound, 4) for bound in interval]}

    def share(found: np.ndarray) -> dict:
        return shown(float(found.mean()), wilson_interval(int(found.sum()), len(found)))

    if labels.any():
        row["sensitivity"] = share(probability[labels == 1] >= threshold)
        ill = overlaps[labels == 1]
        interval = bootstrap_interval(lambda rows: mean_or_nan(ill[rows]), patients[labels == 1])
        row["positiveDice"] = shown(float(ill.mean()), interval)
    if 0 < labels.sum() < len(labels):
        interval = bootstrap_interval(
            lambda rows: area_under_curve(probability[rows], labels[rows]), patients
        )
        row["auc"] = shown(area_under_curve(probability, labels), interval)
        row["specificity"] = share(probability[labels == 0] < threshold)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="folder with profile.json")
    parser.add_argument("--out", type=Path, help="report file to write (json)")
    parser.add_argument("--rows", type=Path, help="per-image rows to write; not for the repository")
    arguments = parser.parse_args()
    profile = json.loads((arguments.models / "profile.json").read_text())
    classifier = ClassifierSession(arguments.models / profile["classifier"]["bundle"])
    segmenter = SegmenterSession(arguments.models / profile["segmenter"]["bundle"])
    points = classifier.bundle["operatingPoints"]
    default = profile["classifier"]["operatingPoint"]
    threshold = next(point["threshold"] for point in points if point["id"] == default)
    index = {radiograph.id: radiograph for radiograph in read_index(arguments.source)}
    codes = read_run_lengths(arguments.source)
    sides = json.loads(arguments.split.read_text())["sides"]
    report: dict = {"classifier": [], "segmenter": [], "subgroups": {}, "calibration": {}}
    written = {}
    for side, name in SIDES.items():
        chosen = [index[identifier] for identifier in sides[side]]
        findings = find(chosen, codes, arguments.source, classifier, segmenter)
        report["classifier"] += measure(findings, classifier_statistics(findings, points), name)
        report["segmenter"] += measure(findings, segmenter_statistics(findings, threshold), name)
        groups = {group: each for group, each in subgroups(findings).items() if each}
        rows = {group: describe_subgroup(each, threshold) for group, each in groups.items()}
        negatives = [finding for finding in findings if finding.radiograph.label == 0]
        for group in rows.keys() & set(MASK_GROUPS):
            against_all = describe_subgroup(groups[group] + negatives, threshold)
            rows[group] |= {key: against_all[key] for key in ("auc",) if key in against_all}
        report["subgroups"][name] = rows
        probability = np.array([finding.probability for finding in findings])
        labels = np.array([finding.radiograph.label for finding in findings])
        report["calibration"][name] = calibration_table(probability, labels)
        written[name] = [
            {"id": f.radiograph.id, "label": f.radiograph.label, "probability": f.probability}
            | {"dice": f.dice, "maskShare": f.mask_share, "trueShare": f.true_share}
            for f in findings
        ]
    for entry in report["classifier"] + report["segmenter"]:
        print(f"{entry['set']:16} {entry['metric']:36} {interval_text(entry)}")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.rows:
        arguments.rows.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
