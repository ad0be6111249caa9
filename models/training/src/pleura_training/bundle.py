"""The words of model.json: everything the product may believe about a network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx

from .checkpoint import TrainedNetwork
from .model_entries import input_entry, logits_entry, probability_map_entry, write_json
from .scales import ScaleAveraged

CREDIT = (
    "NIH Clinical Center (ChestX-ray14); SIIM-ACR, RSNA and Google radiologists (annotations); "
    "jovenwayfarer/Pneumothorax (silver labels, MIT); EfficientNet-Lite weights of ImageNet "
    "(Apache-2.0)"
)
INTENDED_USE = (
    "Prioritisation of frontal chest radiographs with a suspected pneumothorax, and research; "
    "not a medical device."
)
LIMITS = [
    "Trained on frontal (PA/AP) radiographs of one hospital; no external validation.",
    "Radiologists read 1,088 of the 4,215 training images; the labels and masks of the others "
    "were predicted by a public ensemble or mined from reports.",
    "Not for lateral views, paediatric images or follow-up of a known pneumothorax.",
    "Small apical pneumothoraces and subtle supine ones are missed more often than large ones.",
]


MEASURED = (
    "sensitivity",
    "specificity",
    "sensitivityInterval95",
    "specificityInterval95",
    "measuredOn",
)
"""What an operating point says of itself; older choices hold no intervals."""


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def total_steps(step: int, record: dict) -> int:
    """Steps of the run and of the runs that it started from."""
    earlier = record.get("started_from")
    return step + (total_steps(earlier["step"], earlier["record"]) if earlier else 0)


def training_entry(trained: TrainedNetwork) -> dict:
    record = trained.record
    return {
        "data": (
            "NIH ChestX-ray14 radiographs with labels and masks of SIIM-ACR radiologists, silver "
            "ones of a public ensemble, and labels of reports; data digest "
            f"{record['data_digest'][:16]}"
        ),
        "seed": record["config"]["seed"],
        "commit": record["commit"],
        "steps": total_steps(trained.step, record),
        "images": record["images"]["train"],
        "credit": CREDIT,
    }


def shared_entries(
    identifier: str, task: str, version: str, trained: TrainedNetwork, choice: dict, digest: str
) -> dict:
    side = choice["side"]
    mirrored = ", averaged with the mirror image" if choice["mirror"] else ""
    parameters = sum(p.numel() for p in trained.network.parameters()) / 1e6
    network = trained.network
    kind = "residual encoder with a mask decoder to stride 4"
    if "encoder" in trained.record["config"]:
        kind = f"{trained.record['config']['encoder']} with a mask decoder to stride 4"
    scales = ""
    if isinstance(network, ScaleAveraged):
        sides = " and ".join(str(member) for member in network.sides)
        scales = f", {len(network.sides)} of them that see {sides} pixels, averaged"
    return {
        "schemaVersion": 1,
        "id": identifier,
        "version": version,
        "task": task,
        "architecture": (
            f"{kind}, joint classification head"
            f"{scales}, {parameters:.1f} M parameters{mirrored}, weights stored as float16"
        ),
        "licence": "Apache-2.0",
        "file": "model.onnx",
        "sha256": digest,
        "intendedUse": INTENDED_USE,
        "limits": LIMITS,
        "input": input_entry(side, 1, [trained.mean], [trained.std]),
    }


def classifier_entries(choice: dict, digest: str) -> dict:
    grid = choice["side"] // 16
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
            {"id": point["id"], "threshold": point["threshold"], "modelSha256": digest}
            | {key: point[key] for key in MEASURED if key in point}
            for point in choice["operatingPoints"]
        ],
        "defaultOperatingPoint": "sensitivity-0.95",
    }


def segmenter_entries(choice: dict, output: str = "logits") -> dict:
    grid = choice["side"] // 4
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
