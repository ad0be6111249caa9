"""Command: the weights that ship, from the data to the bundles: teachers, student, masks, finish.

Goes on from where it was cut short. Each step is a command of its own as well; this one knows which
configurations, seconds and order made version 0.4.0.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from . import fine_masks, finish
from .plan import read_plan
from .side_by_side import start_of, train_side_by_side

CONFIGS = Path(__file__).parents[2] / "configs" / "joint"
TEACHERS = ("lite1-gpu", "lite2-gpu", "resnet18d-scratch")
STUDENT = "lite1-student"
STARTS_AS = "lite1-gpu"
"""The teacher whose weights the student starts from."""


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument(
        "--photographs", type=Path, required=True, help="folder of ENCODER.pth, ImageNet's weights"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of all steps; resumed")
    parser.add_argument("--seconds", type=float, default=280, help="of the teachers, together")
    parser.add_argument("--student-seconds", type=float, default=325)
    parser.add_argument("--mask-epochs", type=int, default=30)
    parser.add_argument("--version", default="0.1.0", help="of the bundles")
    parser.add_argument("--side", type=int, help="instead of the configurations'")
    parser.add_argument("--batch", type=int, help="instead of the configurations'")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)
    out = arguments.out

    def training(name: str, seconds: float, *more: object) -> list:
        given = ["--config", CONFIGS / f"{name}.toml", "--data", arguments.data]
        given += ["--out", out / name, "--seconds", seconds, "--judge-every", seconds / 4]
        given += ["--device", arguments.device, *more]
        for key in ("side", "batch"):
            if getattr(arguments, key):
                given += [f"--{key}", getattr(arguments, key)]
        return given

    def run(trainings: dict[str, list]) -> None:
        failed = train_side_by_side(trainings, out)
        if failed:
            names = ", ".join(f"{out / name}.log" for name in failed)
            parser.exit(1, f"training failed; the reasons are in {names}\n")

    try:
        starts = {
            name: start_of(read_plan(CONFIGS / f"{name}.toml"), arguments.photographs)
            for name in TEACHERS
        }
        print("teachers", flush=True)
        run({name: training(name, arguments.seconds, *starts[name]) for name in TEACHERS})
        print("student", flush=True)
        taught = ["--weights", out / STARTS_AS / "weights.pt"]
        taught += ["--teachers", *(out / name / "weights.pt" for name in TEACHERS)]
        run({STUDENT: training(STUDENT, arguments.student_seconds, *taught)})
    except FileNotFoundError as error:
        parser.exit(1, f"{error}\n")
    masks = out / "masks.pt"
    if not masks.exists():
        print("masks", flush=True)
        partial = out / "masks.partial.pt"
        given = ["--data", arguments.data, "--weights", out / STUDENT / "weights.pt"]
        given += ["--out", partial, "--epochs", arguments.mask_epochs]
        fine_masks.main([*map(str, given)])
        shutil.move(partial, masks)
    print("bundles", flush=True)
    given = ["--weights", masks, "--data", arguments.data, "--out", out / "bundles"]
    finish.main([*map(str, given), "--version", arguments.version])


if __name__ == "__main__":
    main()
