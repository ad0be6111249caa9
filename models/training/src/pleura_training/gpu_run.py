"""Command: use a GPU that is lent for minutes and reaches nothing: pack, unpack, train, keep.

`pack` makes parts that can be carried; `unpack` takes them in over there, over several calls;
`train` tries the whole recipe on few images first, then trains every configuration with every seed
side by side within the given seconds, and leaves small files to bring back. A second `train` with
`--teachers` makes students of what the first one left.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from .dataset import load_collected
from .parts import INDEX, MOST_PARTS, unpack_parts, write_parts
from .plan import Plan, read_plan
from .side_by_side import start_of, train_side_by_side
from .train import train

BROUGHT_BYTES = 16 * 1024 * 1024
"""The largest file that comes back."""
SMOKE_IMAGES = 64


def smoke(plan: Plan, store: Path, work: Path, seconds: float, device: str) -> dict:
    """The whole recipe on few images, from the first batch to a checkpoint that was read again,
    in a little more than the seconds.

    The network, side and batch are those of the run: what does not fit the memory fails here.
    """
    collected = load_collected(store)
    chosen = []
    for split in ("train", "validation"):
        places = collected.places(split)
        labels = collected.labels(places)
        for label in (0, 1):
            chosen.append(places[labels == label][: SMOKE_IMAGES // 4])
    places = np.concatenate(chosen)
    few = work / "few"
    few.mkdir(parents=True, exist_ok=True)
    np.save(few / "images.npy", collected.images[places])
    np.save(few / "masks.npy", collected.masks[places])
    table = json.loads((store / INDEX).read_text())
    table["rows"] = [table["rows"][place] for place in places]
    (few / INDEX).write_text(json.dumps(table))
    run = work / f"run-{time.time_ns()}"
    train(plan, few, run, device, seconds / 2, plot=False)
    return train(plan, few, run, device, seconds, plot=False)["kept"]


def keep_small(run: Path, target: Path) -> Path:
    """The best weights in half precision, as `load_trained` reads them.

    Raises ValueError when they are still too large to come back.
    """
    state = torch.load(run / "weights.pt", map_location="cpu", weights_only=True)
    state["weights"] = {
        name: weights.half() if weights.is_floating_point() else weights
        for name, weights in state["weights"].items()
    }
    target.mkdir(parents=True, exist_ok=True)
    path = target / "weights.pt"
    torch.save(state, path)
    if path.stat().st_size > BROUGHT_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size / 2**20:.1f} MiB and cannot come back")
    for name in ("metrics.jsonl", "run.json"):
        (target / name).write_bytes((run / name).read_bytes())
    return path


def train_all(arguments: argparse.Namespace) -> None:
    if not (arguments.store / INDEX).exists():
        raise ValueError(f"{arguments.store} is no whole data set: `unpack` the other parts first")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for config in arguments.configs if arguments.smoke_seconds else []:
        began = time.monotonic()
        row = smoke(
            read_plan(config),
            arguments.store,
            arguments.store / "smoke",
            arguments.smoke_seconds,
            arguments.device,
        )
        print(f"{config.stem}: smoke in {time.monotonic() - began:.0f} s: {json.dumps(row)}")
    runs, trainings = arguments.store / "runs", {}
    for config in arguments.configs:
        start = start_of(read_plan(config), arguments.starts)
        for seed in arguments.seeds:
            name = f"{config.stem}-{seed}"
            words = ["--data", arguments.store, "--config", config, "--seed", seed]
            words += ["--out", runs / name, "--device", arguments.device, *start, "--no-plot"]
            words += ["--seconds", arguments.seconds, "--judge-every", arguments.seconds / 4]
            words += ["--teachers", *arguments.teachers] if arguments.teachers else []
            trainings[name] = words
    failed = train_side_by_side(trainings, arguments.out)
    for name in trainings:
        # A run that was cut off is brought back as far as it came.
        if (runs / name / "weights.pt").exists():
            keep_small(runs / name, arguments.out / name)
    if failed:
        raise RuntimeError(f"{', '.join(failed)} failed: see their logs in {arguments.out}")


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    packing = steps.add_parser("pack", help="here: parts that can be carried")
    packing.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    packing.add_argument("--side", type=int, default=512)
    packing.add_argument("--most", type=int, default=MOST_PARTS, help="parts of 28 MiB")
    packing.add_argument("--out", type=Path, required=True)
    unpacking = steps.add_parser("unpack", help="there: take parts in; several calls add up")
    unpacking.add_argument("--parts", type=Path, nargs="+", required=True)
    unpacking.add_argument("--store", type=Path, required=True, help="where it outlives the call")
    training = steps.add_parser("train", help="there: smoke, train, leave what comes back")
    training.add_argument("--store", type=Path, required=True)
    training.add_argument("--configs", type=Path, nargs="+", required=True)
    training.add_argument("--out", type=Path, required=True, help="what comes back")
    training.add_argument(
        "--seconds",
        type=float,
        required=True,
        help="of each run; smoke and loading come on top",
    )
    training.add_argument("--smoke-seconds", type=float, default=20.0)
    training.add_argument("--seeds", type=int, nargs="+", default=[1])
    training.add_argument(
        "--starts",
        type=Path,
        help="folder of ENCODER.pth, of photographs, or ENCODER.pt, weights of earlier runs",
    )
    training.add_argument(
        "--teachers", type=Path, nargs="+", default=[], help="weights.pt whose mean teaches"
    )
    training.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)
    try:
        if arguments.step == "pack":
            for path in write_parts(arguments.data, arguments.out, arguments.side, arguments.most):
                print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
        elif arguments.step == "unpack":
            whole = unpack_parts(arguments.parts, arguments.store)
            print("whole: train next" if whole else "taken in; parts are missing")
        else:
            train_all(arguments)
    except (ValueError, RuntimeError, FileNotFoundError, FloatingPointError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
