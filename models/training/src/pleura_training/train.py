"""Command: train any network as its configuration says; resumable at any moment.

The joint network that ships and the study's six, for a number of epochs or for a given time, on a
CPU or on a CUDA device.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from .architectures import build_network
from .averaging import AveragedNetwork
from .dataset import Collected, load_collected
from .judge import judge, metric_of
from .objectives import Taught, build_objective
from .pages import Pages
from .plan import Plan, read_plan
from .prediction import as_input
from .progress import progress
from .run_record import (
    append_metrics,
    current_commit,
    file_digest,
    read_metrics,
    save_checkpoint,
    write_metrics,
    write_record,
)
from .sampling import inverse_frequency_weights
from .start import Start
from .trained import Trained, load_trained, save_trained

LOWEST = 0.01
"""Of the learning rate: where warming up begins and the cosine ends."""
SAVE_EVERY = 60.0
"""Seconds of training between two checkpoints, where no epoch ends in between."""


def rate_at(plan: Plan, share: float) -> float:
    """Of the top rate, when a share of the training is over."""
    warmup = min(1.0, share / plan.warmup_share + LOWEST) if plan.warmup_share else 1.0
    return warmup * (LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


class Training:
    """All that a run is, between two steps: what a checkpoint holds."""

    def __init__(
        self, plan: Plan, collected: Collected, device: str, teachers: Sequence[Trained] = ()
    ) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.collected, self.device = plan, collected, device
        network = build_network(plan.name, **plan.options)
        if plan.side % network.multiple:
            raise ValueError(
                f"side is {plan.side}; {plan.name} takes multiples of {network.multiple}"
            )
        validation = collected.places("validation")
        if not network.classifies:
            validation = [place for place in validation if collected.rows[place].has_mask]
        if (network.classifies and len({*collected.labels(validation)}) < 2) or not len(validation):
            raise ValueError(
                "validation holds only one class, or no mask: nothing can be judged by it"
            )
        self.network = network.to(device, memory_format=torch.channels_last)
        self.pages = Pages(collected, network, plan, device)
        weights = inverse_frequency_weights(self.pages.labels)
        self.objective = build_objective(plan.loss, network.task, weights)
        self.teachers = [teacher.network.to(device) for teacher in teachers]
        if not all(each.task == network.task == "joint" for each in self.teachers):
            raise ValueError("only joint networks teach, and only joint networks")
        body, heads = network.parameter_groups()
        groups = [{"params": body, "top": plan.learning_rate}]
        if heads:
            groups.append({"params": heads, "top": plan.head_rate or plan.learning_rate})
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[plan.optimizer]
        self.optimizer = kind(
            groups,
            plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=device.startswith("cuda"),
        )
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"]
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, "max", factor=0.1, patience=plan.plateau_patience
        )
        self.averaged = None
        if plan.average_decay:
            self.averaged = AveragedNetwork(network, plan.average_decay)
        self.metric = metric_of(network)
        self.steps, self.seconds = 0, 0.0
        self.best, self.best_step = -math.inf, 0
        self.sums: dict[str, float] = {}
        self.counted = 0

    @property
    def halves(self) -> bool:
        """bf16 pays from Ampere on (A10G, L4); Turing (T4) would only emulate it."""
        return self.device.startswith("cuda") and torch.cuda.get_device_capability()[0] >= 8

    @property
    def judged(self) -> torch.nn.Module:
        """The weights that are judged, kept and shipped."""
        return self.averaged.network if self.averaged else self.network

    def start_from(self, start: Start) -> None:
        start.load(self.network)
        if self.averaged:
            self.averaged.network.load_state_dict(self.network.state_dict())

    def share(self, seconds: float | None) -> float:
        """How much of the training is over."""
        if seconds is not None:
            return self.seconds / seconds
        return self.steps / (self.plan.epochs * len(self.pages))

    def ended(self, seconds: float | None) -> str | None:
        """Why there is no next step; None when there is one."""
        if self.share(seconds) >= 1:
            return "all epochs" if seconds is None else f"{seconds:g} seconds"
        waited = (self.steps - self.best_step) // len(self.pages)
        if self.plan.early_stopping and waited >= self.plan.early_stopping:
            return f"no better {self.metric} in {waited} epochs"
        return None

    def step(self, share: float) -> dict[str, float]:
        """One batch; `share` of the training is behind it. The parts of the loss."""
        plan = self.plan
        if plan.schedule == "cosine":
            for group in self.optimizer.param_groups:
                group["lr"] = group["top"] * rate_at(plan, share)
        batch = self.pages.batch(self.steps)
        self.network.train()
        with torch.autocast("cuda", torch.bfloat16, enabled=self.halves):
            answer = self.network(as_input(batch["images"], self.network))
            taught = self.ask_teachers(batch["images"]) if self.teachers else None
        losses = self.objective(answer, batch, taught)
        if not torch.isfinite(losses["total"]):
            raise FloatingPointError(
                f"the loss is {losses['total'].item()} at step {self.steps + 1}: lower "
                "learning_rate in the configuration and train into a new folder"
            )
        self.optimizer.zero_grad()
        losses["total"].backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), plan.gradient_norm)
        self.optimizer.step()
        if self.averaged:
            self.averaged.update(self.network)
        self.steps += 1
        self.counted += 1
        found = {name: part.item() for name, part in losses.items()}
        self.sums = {name: self.sums.get(name, 0.0) + value for name, value in found.items()}
        return found

    @torch.no_grad()
    def ask_teachers(self, images: Tensor) -> Taught:
        """The mean of their logits about the very pictures that the network sees."""
        answers = [teacher(as_input(images, teacher)) for teacher in self.teachers]
        logits, air = (
            torch.stack([answer[part].float() for answer in answers]).mean(0) for part in (0, 2)
        )
        return Taught(logits.sigmoid(), air.sigmoid(), self.plan.teacher_share)

    def judge(self) -> dict[str, float]:
        """A line of metrics.jsonl; what the next rate and the end depend on."""
        row = {"step": self.steps, "epoch": round(self.steps / len(self.pages), 2)}
        row["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        row |= {f"train_{name}": round(each / self.counted, 6) for name, each in self.sums.items()}
        gauges = judge(self.judged, self.collected, self.plan.side, self.plan.batch)
        self.sums, self.counted = {}, 0
        if self.plan.schedule == "plateau":
            self.plateau.step(gauges[self.metric])
        if gauges[self.metric] > self.best:
            self.best, self.best_step = gauges[self.metric], self.steps
        return row | {f"validation_{name}": round(each, 6) for name, each in gauges.items()}

    COUNTS = ("steps", "seconds", "best", "best_step", "sums", "counted")

    def state(self) -> dict:
        state = {name: getattr(self, name) for name in self.COUNTS}
        state |= {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        state["plateau"] = self.plateau.state_dict()
        state["averaged"] = self.averaged and self.averaged.network.state_dict()
        # Dropout draws from it: with it a resumed run is the run that was never killed.
        state["random"] = torch.get_rng_state()
        if self.device.startswith("cuda"):
            state["cuda_random"] = torch.cuda.get_rng_state(self.device)
        return state

    def restore(self, state: dict) -> None:
        for name in self.COUNTS:
            setattr(self, name, state[name])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.plateau.load_state_dict(state["plateau"])
        if self.averaged:
            self.averaged.network.load_state_dict(state["averaged"])
            self.averaged.updates = state["steps"]
        torch.set_rng_state(state["random"].cpu())
        if "cuda_random" in state and self.device.startswith("cuda"):
            torch.cuda.set_rng_state(state["cuda_random"].cpu(), self.device)


def held_record(out: Path, record: dict) -> dict | None:
    """Of an earlier call. Raises ValueError when that was another run."""
    if not (out / "run.json").exists():
        return None
    held = json.loads((out / "run.json").read_text())
    for key, value in record.items():
        if held.get(key) != json.loads(json.dumps(value)):
            raise ValueError(f"{out} holds a run of another {key}: give another --out")
    return held


def train(
    plan: Plan,
    data: Path,
    out: Path,
    device: str,
    seconds: float | None = None,
    start: Start | None = None,
    teachers: Sequence[Path] = (),
    judge_every: float = math.inf,
    plot: bool = True,
) -> dict:
    """Trains to the end, from where an earlier call was cut short. Returns the run's record.

    The end is the plan's number of epochs, or so many seconds, over all calls, judging and saving
    included, loading and the last judging not. The network is judged after each epoch, or whenever
    `judge_every` seconds are over; `weights.pt` holds the best.

    Raises ValueError when the folder holds a run of another plan or other data.
    """
    if seconds is None and plan.epochs < 1:
        raise ValueError(f"{plan.name} is trained for a given time: give --seconds")
    collected = load_collected(data)
    out.mkdir(parents=True, exist_ok=True)
    record = {
        "plan": asdict(plan),
        "data_digest": collected.digest,
        "teachers": [file_digest(path) for path in teachers],
    }
    if start is not None:
        record["starts_from"] = start.record()
    held = held_record(out, record)
    if held is not None:
        # Resumed without naming the weights again: the checkpoint holds what became of them.
        record |= {key: held[key] for key in ("starts_from",) if key in held}
        if "kept" in held and (seconds is None or held["seconds"] >= seconds):
            print(f"{out} has ended: {held['ended']}")
            return held
    torch.backends.cudnn.benchmark = True
    training = Training(plan, collected, device, [load_trained(path) for path in teachers])
    if (out / "checkpoint.pt").exists():
        training.restore(torch.load(out / "checkpoint.pt", map_location=device, weights_only=True))
        print(f"goes on after step {training.steps}", flush=True)
    elif start is not None:
        training.start_from(start)
    sides = {side: collected.labels(collected.places(side)) for side in ("train", "validation")}
    record |= {
        "images": {side: len(labels) for side, labels in sides.items()},
        "positives": {side: int(labels.sum()) for side, labels in sides.items()},
        "trained_on": len(training.pages.labels),
        "commit": current_commit(),
        "device": device,
        "torch": str(torch.__version__),
    }
    write_record(out, record)
    # A kill between a line and its checkpoint leaves a line of steps that are made again.
    rows = [row for row in read_metrics(out) if row["step"] <= training.steps]
    write_metrics(out, rows)
    began = time.monotonic()

    def count_time() -> None:
        nonlocal began
        now = time.monotonic()
        training.seconds, began = training.seconds + now - began, now

    saved = judged = training.seconds
    bar = progress(range(len(training.pages)), "epoch") if seconds is None else None
    while (why := training.ended(seconds)) is None:
        training.step(training.share(seconds))
        count_time()
        if bar is not None:
            bar.update()
        whole = training.steps % len(training.pages) == 0
        due = training.seconds - judged >= judge_every or training.ended(seconds) is not None
        judging = whole if seconds is None else due
        if judging:
            row = training.judge() | {"seconds": round(training.seconds, 1)}
            if training.best_step == training.steps:
                weights = training.judged.state_dict()
                save_trained(out / "weights.pt", weights, plan, training.steps, record)
            append_metrics(out, row)
            print(json.dumps(row), flush=True)
            judged = training.seconds
            if bar is not None:
                bar.reset()
        if judging or training.seconds - saved >= SAVE_EVERY:
            count_time()
            save_checkpoint(out / "checkpoint.pt", training.state())
            saved = training.seconds
        if judging and plot:
            from .draw_metrics import draw_metrics

            draw_metrics(read_metrics(out), training.metric, out / "metrics.png")
    kept = {"step": training.best_step, training.metric: training.best}
    record |= {"ended": why, "kept": kept, "seconds": training.seconds}
    write_record(out, record)
    print(json.dumps(kept))
    return record


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="models/training/configs/*.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument(
        "--seconds", type=float, help="train for this time, over all calls, instead of epochs"
    )
    for name in ("epochs", "side", "batch", "seed"):
        parser.add_argument(f"--{name}", type=int, help="instead of the configuration's")
    weights = parser.add_mutually_exclusive_group()
    weights.add_argument("--weights", type=Path, help="to start from: weights.pt of another run")
    weights.add_argument("--imagenet", type=Path, help="to start from: weights of photographs")
    weights.add_argument("--chexnet", type=Path, help="to start from: .h5 or .pth.tar")
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[], help="weights.pt whose mean teaches"
    )
    parser.add_argument(
        "--judge-every", type=float, default=600.0, help="seconds, where time says when it ends"
    )
    parser.add_argument("--no-plot", action="store_true", help="no metrics.png")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)
    given = {key: getattr(arguments, key) for key in ("epochs", "side", "batch", "seed")}
    kinds = [kind for kind in ("weights", "imagenet", "chexnet") if getattr(arguments, kind)]
    try:
        plan = read_plan(arguments.config)
        plan = replace(plan, **{key: value for key, value in given.items() if value is not None})
        train(
            plan,
            arguments.data,
            arguments.out,
            arguments.device,
            arguments.seconds,
            Start(kinds[0], getattr(arguments, kinds[0])) if kinds else None,
            arguments.teachers,
            arguments.judge_every,
            not arguments.no_plot,
        )
    except (ValueError, FileNotFoundError, FloatingPointError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
