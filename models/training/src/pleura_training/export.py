"""Command: write the bundles of a checkpoint, with golden files, into a folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from .bundle import (
    build_profile,
    classifier_entries,
    segmenter_entries,
    shared_entries,
    training_entry,
    write_bundle,
    write_bundle_json,
)
from .bundle_session import ClassifierSession, SegmenterSession
from .checkpoint import load_networks
from .golden import draw_tensor, write_golden
from .mirror import MirrorAveraged
from .onnx_export import Classifier, Joint, Segmenter, export_onnx

PARITY_TOLERANCE = 1e-4


@torch.inference_mode()
def largest_difference(
    module: torch.nn.Module, model: onnx.ModelProto, tensor: np.ndarray
) -> float:
    """Largest distance of any output between PyTorch in float32 and onnxruntime."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    expected = module(torch.from_numpy(tensor))
    expected = expected if isinstance(expected, tuple) else (expected,)
    actual = session.run(None, {"image": tensor})
    return max(
        float(np.abs(have - want.numpy()).max())
        for have, want in zip(actual, expected, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoint", type=Path, nargs="+", required=True, help="several: their mean"
    )
    parser.add_argument("--choice", type=Path, required=True, help="file made by `choose`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--classifier", default="pleura-classifier-s1")
    parser.add_argument("--segmenter", default="pleura-segmenter-s1")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument(
        "--task",
        choices=("classification", "segmentation"),
        help="this bundle alone: the other comes from another checkpoint (default: both)",
    )
    arguments = parser.parse_args()
    trained = load_networks(arguments.checkpoint)
    choice = json.loads(arguments.choice.read_text())
    side = choice["side"]
    network = MirrorAveraged(trained.network) if choice["mirror"] else trained.network
    probe = draw_tensor(side, side)
    shift = choice["calibration"]["shift"]
    # Both bundles of one network hold the same file, and the product runs it once for both.
    joint = None if arguments.task else Joint(network, shift)
    ways = {
        "classification": (
            arguments.classifier,
            joint or Classifier(network, shift),
            classifier_entries(choice, ""),
            ClassifierSession,
        ),
        "segmentation": (
            arguments.segmenter,
            joint or Segmenter(network),
            segmenter_entries(choice, "mask_logits" if joint else "logits"),
            SegmenterSession,
        ),
    }
    for task in [arguments.task] if arguments.task else ways:
        identifier, module, entries, session_type = ways[task]
        exact = largest_difference(module, export_onnx(module, side, half=False), probe)
        if exact > PARITY_TOLERANCE:
            raise RuntimeError(f"{identifier}: onnxruntime is {exact:.2e} away from PyTorch")
        model = export_onnx(module, side)
        rounding = largest_difference(module, model, probe)
        shared = shared_entries(identifier, task, arguments.version, trained, choice, "")
        training = training_entry(trained) | {
            "maxAbsErrorFloat32": float(f"{exact:.2e}"),
            "maxAbsErrorHalfStorage": float(f"{rounding:.2e}"),
        }
        bundle = shared | entries | {"training": training, "evaluation": [], "golden": []}
        folder = arguments.out / identifier
        write_bundle(folder, model, bundle)
        session = session_type(folder)
        write_bundle_json(folder, session.bundle | {"golden": write_golden(session)})
        size = (folder / "model.onnx").stat().st_size / 1e6
        print(f"{identifier}: {size:.1f} MB, float32 {exact:.1e}, as stored {rounding:.1e}")
    names = arguments.classifier, arguments.segmenter
    if all((arguments.out / name).exists() for name in names):
        profile = build_profile(arguments.out, *names)
        (arguments.out / "profile.json").write_text(json.dumps(profile, indent=2) + "\n")


if __name__ == "__main__":
    main()
