"""Command: write a trained network of the study as a bundle, checked against PyTorch."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from .architectures import Architecture, UnetPlusPlus, build_network
from .bundle import (
    INTENDED_USE,
    LIMITS,
    classifier_entries,
    segmenter_entries,
    write_bundle,
    write_bundle_json,
)
from .bundle_session import ClassifierSession, SegmenterSession
from .export import PARITY_TOLERANCE, largest_difference
from .golden import PICTURES, draw_tensor, write_golden
from .model_entries import input_entry
from .onnx_export import export_onnx


class ExportedClassifier(nn.Module):
    """Shape: image [N, C, H, W] -> logits [N, 1], class_activation_map [N, 1, H/32, W/32]."""

    outputs = ("logits", "class_activation_map")

    def __init__(self, network: Architecture, shift: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.shift = shift

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        logits, activation = self.network(image)
        return logits + self.shift, activation


class ExportedSegmenter(nn.Module):
    """Shape: image [N, C, H, W] -> logits [N, 1, H, W]; the first mask too where there are two."""

    def __init__(self, network: Architecture) -> None:
        super().__init__()
        self.network = network
        both = network.name == "double-unet"
        self.outputs = ("logits", "first_logits") if both else ("logits",)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network(image)[::-1][: len(self.outputs)])


def exported(network: Architecture, shift: float = 0.0) -> nn.Module:
    if network.task == "classification":
        return ExportedClassifier(network, shift)
    return ExportedSegmenter(network)


def write_architecture_bundle(
    network: Architecture,
    side: int,
    choice: dict,
    folder: Path,
    training: dict,
    version: str = "0.1.0",
    limits: Sequence[str] = LIMITS,
    pictures: Sequence[tuple[int, int, int, bool]] = PICTURES,
) -> dict[str, float]:
    """Network, model.json and golden files; the largest differences between the runtimes.

    `choice`: calibration and operatingPoints, or postprocessing, as `choose` writes them.
    Raises ValueError for a side that the network cannot halve often enough, RuntimeError when
    onnxruntime and PyTorch differ in float32 by more than 1e-4.
    """
    if side % network.multiple:
        raise ValueError(f"{network.name} takes sides that are multiples of {network.multiple}")
    classifies = network.task == "classification"
    shift = choice["calibration"].get("shift", 0.0) if classifies else 0.0
    module = exported(network.eval(), shift)
    probe = draw_tensor(side, side, network.channels).repeat(3, 0)
    differences = {}
    for words, half in (("maxAbsErrorFloat32", False), ("maxAbsErrorHalfStorage", True)):
        model = export_onnx(module, side, half, network.channels)
        differences[words] = float(f"{largest_difference(module, model, probe):.2e}")
    if differences["maxAbsErrorFloat32"] > PARITY_TOLERANCE:
        raise RuntimeError(f"{network.name}: onnxruntime is {differences} away from PyTorch")

    parameters = sum(weights.numel() for weights in network.parameters()) / 1e6
    bundle = {
        "schemaVersion": 1,
        "id": folder.name,
        "version": version,
        "task": network.task,
        "architecture": f"{network.name}, {parameters:.2f} M parameters, weights stored as float16",
        "licence": "Apache-2.0",
        "file": "model.onnx",
        "sha256": "",
        "intendedUse": INTENDED_USE,
        "limits": list(limits),
        "input": input_entry(side, network.channels, network.mean, network.std),
    }
    sized = choice | {"side": side}
    if classifies:
        entries = classifier_entries(sized, "")
        grid = {"rows": side // network.multiple, "columns": side // network.multiple}
        entries["output"]["classActivationMap"] |= grid
    else:
        entries = segmenter_entries(sized)
        entries["output"]["probabilityMap"] |= {"rows": side, "columns": side}
    bundle |= entries | {"training": training | differences, "evaluation": [], "golden": []}
    write_bundle(folder, model, bundle)
    session = (ClassifierSession if classifies else SegmenterSession)(folder)
    write_bundle_json(folder, session.bundle | {"golden": write_golden(session, pictures)})
    return differences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="models/training/configs/*.toml")
    parser.add_argument("--weights", type=Path, required=True, help="state dict of the network")
    parser.add_argument("--choice", type=Path, required=True, help="json: thresholds, calibration")
    parser.add_argument("--level", type=int, help="prune unetplusplus to this level")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle; its id")
    arguments = parser.parse_args()
    config = tomllib.loads(arguments.config.read_text())
    network = build_network(config["name"], **config["options"])
    network.load_state_dict(torch.load(arguments.weights, map_location="cpu", weights_only=True))
    if arguments.level is not None:
        if not isinstance(network, UnetPlusPlus):
            parser.error(f"{network.name} cannot be pruned")
        network = network.pruned(arguments.level)
    choice = json.loads(arguments.choice.read_text())
    differences = write_architecture_bundle(
        network, config["side"], choice, arguments.out, choice.get("training", {})
    )
    print(f"{arguments.out.name}: {json.dumps(differences)}")


if __name__ == "__main__":
    main()
