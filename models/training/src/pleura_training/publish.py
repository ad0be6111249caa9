"""Command: give exported bundles their evaluation and model card, and move them into place."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

from .bundle import write_bundle_json
from .card_figures import draw_calibration, draw_learning_curve
from .model_card import build_model_card
from .run_record import file_digest

CREDIT = (
    "NIH Clinical Center (ChestX-ray14); SIIM-ACR, RSNA and Google radiologists (annotations); "
    "jovenwayfarer/Pneumothorax (silver labels, MIT); EfficientNet-Lite weights of ImageNet "
    "(Apache-2.0)"
)
DATA = (
    "NIH ChestX-ray14 radiographs with labels and masks of SIIM-ACR radiologists, silver ones of a "
    "public ensemble, and labels of reports"
)
LIMITS = [
    "Trained on frontal (PA/AP) radiographs of one hospital; no external validation.",
    "Radiologists read 1,088 of the 4,215 training images; the labels and masks of the others "
    "were predicted by a public ensemble or mined from reports.",
    "Not for lateral views, paediatric images or follow-up of a known pneumothorax.",
    "Small apical pneumothoraces and subtle supine ones are missed more often than large ones.",
    "Lungs that are wholly collapsed are known from drawings on real radiographs, hardly from real "
    "ones.",
]


def move_into_place(folder: Path, target: Path) -> None:
    """Others may be reading: the target is whole before and after, and absent for a moment."""
    fresh = target.with_name(f".{target.name}.new")
    old = target.with_name(f".{target.name}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(folder, fresh)
    if target.exists():
        os.rename(target, old)
    os.rename(fresh, target)
    shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundles", type=Path, required=True, help="folder made by `finish`")
    parser.add_argument("--report", type=Path, required=True, help="file made by `evaluate`")
    parser.add_argument(
        "--curve", type=Path, help="learning-curve.json, where one was made of these networks"
    )
    parser.add_argument("--failures", type=Path, required=True, help="failure cases (markdown)")
    parser.add_argument("--models", type=Path, required=True)
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text())
    curve = json.loads(arguments.curve.read_text()) if arguments.curve else []
    failures = arguments.failures.read_text()
    profile_text = (arguments.bundles / "profile.json").read_text()
    profile = json.loads(profile_text)
    for role in ("classifier", "segmenter"):
        folder = arguments.bundles / profile[role]["bundle"]
        bundle = json.loads((folder / "model.json").read_text())
        if file_digest(folder / bundle["file"]) != profile[role]["sha256"]:
            raise ValueError(f"{folder.name}: the profile names another model; finish again")
        bundle |= {"evaluation": report[role], "limits": LIMITS}
        if not bundle["training"]["data"].startswith(DATA):
            bundle["training"]["data"] = f"{DATA}; {bundle['training']['data']}"
        bundle["training"]["credit"] = CREDIT
        write_bundle_json(folder, bundle)
        card = build_model_card(bundle, report, curve, failures)
        (folder / "MODEL_CARD.md").write_text(card)
        if curve:
            draw_learning_curve(curve, folder / "learning-curve.png")
        if role == "classifier":
            silver = {k: v for k, v in report["calibration"].items() if k.startswith("silver")}
            draw_calibration(silver, folder / "calibration.png")
        move_into_place(folder, arguments.models / folder.name)
    partial = arguments.models / ".profile.json.new"
    partial.write_text(profile_text)
    os.replace(partial, arguments.models / "profile.json")


if __name__ == "__main__":
    main()
