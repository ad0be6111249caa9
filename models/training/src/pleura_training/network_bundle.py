"""A trained network as a bundle of the product, checked against PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx

from .architectures import Architecture
from .bundle import (
    INTENDED_USE,
    classifier_entries,
    segmenter_entries,
    write_bundle,
    write_bundle_json,
)
from .bundle_session import ClassifierSession, SegmenterSession
from .golden import PICTURES, draw_tensor, write_golden
from .half_storage import store_weights_as_half
from .model_entries import input_entry
from .onnx_export import Exported, export_onnx, largest_difference

PARITY_TOLERANCE = 1e-4
UNMEASURED = (
    "No evaluation is stored with this bundle: measure it with `pleura evaluate` before use.",
    "Thresholds were chosen on the validation side of the data set it was trained on.",
    "Not for lateral views, paediatric images or follow-up of a known pneumothorax.",
)
"""The limits of what nobody has evaluated yet."""


def write_network_bundle(
    network: Architecture,
    role: str,
    side: int,
    choice: dict,
    folder: Path,
    training: dict,
    version: str = "0.1.0",
    limits: Sequence[str] = UNMEASURED,
    pictures: Sequence[tuple[int, int, int, bool]] = PICTURES,
) -> dict[str, float]:
    """Network, model.json and golden files; the largest differences between the runtimes.

    `role`: classification or segmentation; both bundles of a joint network hold the same file, and
    the product runs it once for both. `choice`: as `choose` makes it.
    Raises ValueError for a side that the network cannot halve often enough, RuntimeError when
    onnxruntime and PyTorch differ in float32 by more than 1e-4.
    """
    if side % network.multiple:
        raise ValueError(f"{network.name} takes sides that are multiples of {network.multiple}")
    shift = choice["calibration"].get("shift", 0.0) if network.classifies else 0.0
    module = Exported(network.eval(), shift)
    probe = draw_tensor(side, side, network.channels).repeat(3, 0)

    def difference(model: onnx.ModelProto) -> float:
        return float(f"{largest_difference(module, model, probe):.2e}")

    model = export_onnx(module, side, half=False, channels=network.channels)
    differences = {"maxAbsErrorFloat32": difference(model)}
    if differences["maxAbsErrorFloat32"] > PARITY_TOLERANCE:
        raise RuntimeError(f"{network.name}: onnxruntime is {differences} away from PyTorch")
    model = store_weights_as_half(model)
    differences["maxAbsErrorHalfStorage"] = difference(model)
    bundle = {
        "schemaVersion": 1,
        "id": folder.name,
        "version": version,
        "task": role,
        "architecture": f"{network.title()}, weights stored as float16",
        "licence": "Apache-2.0",
        "file": "model.onnx",
        "sha256": "",
        "intendedUse": INTENDED_USE,
        "limits": list(limits),
        "input": input_entry(side, network.channels, network.mean, network.std),
    }
    if role == "classification":
        bundle |= classifier_entries(choice, side // network.activation_stride)
    else:
        name = "mask_logits" if network.task == "joint" else "logits"
        bundle |= segmenter_entries(choice, side // network.mask_stride, name)
    bundle |= {"training": training | differences, "evaluation": [], "golden": []}
    write_bundle(folder, model, bundle)
    session = (ClassifierSession if role == "classification" else SegmenterSession)(folder)
    write_bundle_json(folder, session.bundle | {"golden": write_golden(session, pictures)})
    return differences
