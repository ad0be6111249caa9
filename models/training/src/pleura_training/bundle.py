"""The words of model.json: everything the product may believe about a network."""

from __future__ import annotations

from pathlib import Path

import onnx

from .model_entries import logits_entry, probability_map_entry, write_json
from .run_record import file_digest

INTENDED_USE = (
    "Prioritisation of frontal chest radiographs with a suspected pneumothorax, and research; "
    "not a medical device."
)
MEASURED = (
    "sensitivity",
    "specificity",
    "sensitivityInterval95",
    "specificityInterval95",
    "measuredOn",
)
"""What an operating point says of itself; older choices hold no intervals."""


def classifier_entries(choice: dict, grid: int) -> dict:
    """`grid`: side of the class-activation map. The digest of the file comes with the file."""
    return {
        "output": {
            "logits": logits_entry(),
            "classActivationMap": {"name": "class_activation_map", "rows": grid, "columns": grid},
        },
        "calibration": {
            "method": "temperature",
            "temperature": round(choice["calibration"]["temperature"], 6),
        },
        "operatingPoints": [
            {"id": point["id"], "threshold": point["threshold"], "modelSha256": ""}
            | {key: point[key] for key in MEASURED if key in point}
            for point in choice["operatingPoints"]
        ],
        "defaultOperatingPoint": "sensitivity-0.95",
    }


def segmenter_entries(choice: dict, grid: int, output: str) -> dict:
    """`grid`: side of the map that the file calls `output`."""
    rule = choice["postprocessing"]
    return {
        "output": {"probabilityMap": probability_map_entry(grid, output)},
        "postprocessing": {
            "maskThreshold": rule["mask_threshold"],
            "topThreshold": rule["top_threshold"],
            "minimumAreaPixels": rule["minimum_area_pixels"],
            "maximumHoleAreaPixels": rule["maximum_hole_area_pixels"],
        },
    }


def write_bundle(folder: Path, model: onnx.ModelProto, bundle: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "model.onnx"))
    digest = file_digest(folder / "model.onnx")
    bundle["sha256"] = digest
    for point in bundle.get("operatingPoints", []):
        point["modelSha256"] = digest
    write_bundle_json(folder, bundle)


def write_bundle_json(folder: Path, bundle: dict) -> None:
    write_json(folder / "model.json", bundle)


def build_profile(models: Path, classifier: str, segmenter: str) -> dict:
    """profile.json: which bundles the product runs, pinned by digest."""
    return {
        "schemaVersion": 1,
        "id": "default",
        "classifier": {
            "bundle": classifier,
            "sha256": file_digest(models / classifier / "model.onnx"),
            "operatingPoint": "sensitivity-0.95",
        },
        "segmenter": {
            "bundle": segmenter,
            "sha256": file_digest(models / segmenter / "model.onnx"),
        },
    }
