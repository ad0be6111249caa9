"""Command: give exported bundles their evaluation and model card, and move them into place."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

from .bundle import file_digest, write_bundle_json
from .card_figures import draw_calibration, draw_learning_curve
from .model_card import build_model_card


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
    parser.add_argument("--bundles", type=Path, required=True, help="folder made by `export`")
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
            raise ValueError(f"{folder.name}: the profile names another model; export again")
        bundle["evaluation"] = report[role]
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
