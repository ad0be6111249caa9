"""Command: the tiny bundles under test/fixtures/architectures, remembered drawn chests."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import torch

from .architectures import build_network
from .bundle import build_profile
from .drawn_set import draw_set
from .network_bundle import write_network_bundle
from .short_training import measure_classes, measure_masks, train_briefly

SIDE = 64
STEPS = 60
LIMITS = ["Test fixture: a tiny network that remembers eight drawn chests. Of no use for patients."]
PICTURES = ((80, 64, 11, False), (64, 96, 12, True))
# Name of the bundle, architecture, options, Adam's rate.
FIXTURES = (
    ("chexnet-densenet121", "chexnet-densenet121", {"width": 0.0625}, 3e-3),
    ("unet", "unet", {"width": 0.0625}, 1e-2),
    ("unetplusplus-l4", "unetplusplus", {"width": 0.125}, 5e-3),
    ("unetplusplus-l2", "unetplusplus", {"width": 0.25, "level": 2}, 5e-3),
    ("double-unet-2", "double-unet", {"width": 0.1875, "blocks": 2}, 3e-3),
    ("double-unet-4", "double-unet", {"width": 0.0625, "blocks": 4}, 5e-3),
    (
        "unetplusplus-efficientnet-b4",
        "unetplusplus-efficientnet-b4",
        {"width": 0.125, "depth": 0.3},
        1e-2,
    ),
    ("unet-xception", "unet-xception", {"width": 0.0625}, 1e-2),
)
MASK_RULE = {
    "mask_threshold": 0.5,
    "top_threshold": 0.5,
    "minimum_area_pixels": 4,
    "maximum_hole_area_pixels": 16,
}
CLASS_RULE = {
    "calibration": {"temperature": 1.0},
    "operatingPoints": [
        {
            "id": "sensitivity-0.95",
            "threshold": 0.5,
            "sensitivity": 1.0,
            "specificity": 1.0,
            "measuredOn": "the eight drawn chests it was trained on",
        }
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="bundles to make anew; all by default")
    arguments = parser.parse_args()
    drawn = draw_set(8, SIDE, 1)
    for name, architecture, options, rate in FIXTURES:
        if arguments.only and name not in arguments.only:
            continue
        torch.manual_seed(1)
        network = build_network(architecture, **options)
        train_briefly(network, drawn, STEPS, rate)
        classifies = network.task == "classification"
        reached = measure_classes(network, drawn) if classifies else measure_masks(network, drawn)
        training = {"data": "eight drawn chests", "seed": 1, "steps": STEPS, "options": options}
        differences = write_network_bundle(
            network,
            network.task,
            SIDE,
            CLASS_RULE if classifies else {"postprocessing": MASK_RULE},
            arguments.out / name,
            training,
            limits=LIMITS,
            pictures=PICTURES,
        )
        print(name, reached, json.dumps(differences), flush=True)
    for number, word in ((0, "well"), (1, "air")):
        cv2.imwrite(str(arguments.out / f"{word}.png"), drawn.pictures[number])
        cv2.imwrite(str(arguments.out / f"{word}.mask.png"), drawn.masks[number] * 255)
    profile = build_profile(arguments.out, "chexnet-densenet121", "unetplusplus-l4")
    (arguments.out / "profile.json").write_text(json.dumps(profile, indent=2) + "\n")


if __name__ == "__main__":
    main()
