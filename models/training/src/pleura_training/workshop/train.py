"""Command: train one of the study's networks as its configuration says; resumable at any moment."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel, update_bn

from ..architectures import Architecture, build_network
from ..architectures.chexnet import ChexnetDenseNet121
from ..architectures.chexnet_weights import load_chexnet_weights, load_imagenet_weights
from ..bundle import file_digest
from ..progress import progress
from ..run_record import (
    append_metrics,
    current_commit,
    read_metrics,
    save_checkpoint,
    write_record,
)
from .dataset import WorkshopSet, load_workshop_set
from .draw_metrics import draw_metrics
from .epoch_batches import EpochBatches
from .judge import judge
from .objectives import build_objective
from .plan import Plan, read_plan
from .sampling import inverse_frequency_weights

LOWEST = 0.05
"""Of the learning rate: where the cosine ends, and what averaged epochs are trained at."""


def cosine_rate(plan: Plan, epochs: float) -> float:
    """The learning rate after so many epochs, a fraction within one counted."""
    if epochs < plan.warmup_epochs:
        return plan.learning_rate * (0.01 + 0.99 * epochs / plan.warmup_epochs)
    falling = plan.epochs - plan.warmup_epochs - plan.swa_epochs
    share = min(1.0, (epochs - plan.warmup_epochs) / falling)
    return plan.learning_rate * (LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * share)))


class Training:
    """All that a run is, between two epochs: what a checkpoint holds."""

    def __init__(self, plan: Plan, workshop: WorkshopSet, device: str) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.workshop, self.device = plan, workshop, device
        network: Architecture = build_network(plan.name, **plan.options)
        self.network = network.to(device, memory_format=torch.channels_last)
        self.batches = EpochBatches(workshop, network, plan)
        weights = inverse_frequency_weights(self.batches.labels)
        self.objective = build_objective(plan.loss, network.task, weights)
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[plan.optimizer]
        self.optimizer = kind(
            network.parameters(), plan.learning_rate, weight_decay=plan.weight_decay
        )
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, "max", factor=0.1, patience=plan.plateau_patience
        )
        self.averaged = AveragedModel(network) if plan.swa_epochs else None
        self.epoch, self.seconds = 0, 0.0
        self.best, self.best_epoch = -math.inf, 0
        self.best_weights: dict = {}

    @property
    def halves(self) -> bool:
        """bf16 pays from Ampere on (A10G, L4); Turing (T4) would only emulate it."""
        return self.device.startswith("cuda") and torch.cuda.get_device_capability()[0] >= 8

    @property
    def metric(self) -> str:
        return "auc" if self.network.task == "classification" else "dice"

    def ended(self) -> str | None:
        """Why there is no next epoch; None when there is one."""
        if self.epoch >= self.plan.epochs:
            return "all epochs"
        waited = self.epoch - self.best_epoch
        if self.plan.early_stopping and self.epoch and waited >= self.plan.early_stopping:
            return f"no better {self.metric} in {waited} epochs"
        return None

    def run_epoch(self) -> dict:
        """Trains one epoch and judges it: a line of metrics.jsonl."""
        began, total, plan = time.monotonic(), 0.0, self.plan
        self.network.train()
        batches = self.batches.epoch(self.epoch)
        for step, parts in enumerate(
            progress(batches, f"epoch {self.epoch + 1}/{plan.epochs}", total=len(self.batches))
        ):
            if plan.schedule == "cosine":
                rate = cosine_rate(plan, self.epoch + (step + 1) / len(self.batches))
                for group in self.optimizer.param_groups:
                    group["lr"] = rate
            images, masks, labels = (part.to(self.device, non_blocking=True) for part in parts)
            images = images.contiguous(memory_format=torch.channels_last)
            with torch.autocast("cuda", torch.bfloat16, enabled=self.halves):
                answer = self.network(images)
            loss = self.objective(answer, masks, labels)
            if not torch.isfinite(loss):
                raise FloatingPointError(
                    f"the loss is {loss.item()} in epoch {self.epoch + 1}: lower learning_rate in "
                    "the configuration and train into a new folder"
                )
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), plan.gradient_norm)
            self.optimizer.step()
            total += loss.item()
        found = judge(self.network, self.workshop, plan.side, plan.batch)
        self.epoch += 1
        rate = self.optimizer.param_groups[0]["lr"]
        if plan.schedule == "plateau":
            self.plateau.step(found[self.metric])
        if found[self.metric] > self.best:
            self.best, self.best_epoch = found[self.metric], self.epoch
            self.best_weights = copied(self.network)
        if self.averaged is not None and self.epoch > plan.epochs - plan.swa_epochs:
            self.averaged.update_parameters(self.network)
        self.seconds += time.monotonic() - began
        row = {"epoch": self.epoch, "seconds": round(self.seconds, 1), "learning_rate": rate}
        row["train_loss"] = round(total / len(self.batches), 6)
        return row | {f"validation_{name}": round(value, 6) for name, value in found.items()}

    def finish(self) -> dict:
        """The weights that are kept: the best epoch's, or the average where it judges better."""
        kept = {"weights": "best epoch", "epoch": self.best_epoch, self.metric: self.best}
        if self.averaged is not None and self.averaged.n_averaged > 0:
            images = (
                parts[0].to(self.device, memory_format=torch.channels_last)
                for parts in self.batches.epoch(self.epoch)
            )
            update_bn(images, self.averaged)
            found = judge(self.averaged.module, self.workshop, self.plan.side, self.plan.batch)
            kept["averaged"] = found[self.metric]
            if found[self.metric] >= self.best:
                self.best_weights = copied(self.averaged.module)
                kept |= {"weights": "average of the last epochs", self.metric: found[self.metric]}
        return kept

    def state(self) -> dict:
        state = {name: getattr(self, name) for name in ("epoch", "seconds", "best", "best_epoch")}
        state |= {"network": self.network.state_dict(), "best_weights": self.best_weights}
        state |= {"optimizer": self.optimizer.state_dict(), "plateau": self.plateau.state_dict()}
        state["averaged"] = None if self.averaged is None else self.averaged.state_dict()
        # Dropout draws from it: with it a resumed run is the run that was never killed.
        state["random"] = torch.get_rng_state()
        if self.device.startswith("cuda"):
            state["cuda_random"] = torch.cuda.get_rng_state(self.device)
        return state

    def restore(self, state: dict) -> None:
        for name in ("epoch", "seconds", "best", "best_epoch", "best_weights"):
            setattr(self, name, state[name])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.plateau.load_state_dict(state["plateau"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        torch.set_rng_state(state["random"].cpu())
        if "cuda_random" in state and self.device.startswith("cuda"):
            torch.cuda.set_rng_state(state["cuda_random"].cpu(), self.device)


def copied(network: torch.nn.Module) -> dict:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


@dataclass(frozen=True)
class Start:
    """Weights of others that the classifier's features start from: chexnet or imagenet."""

    kind: str
    file: Path

    def load(self, network: Architecture) -> None:
        """Raises ValueError for another network, or a file that does not fit."""
        if not isinstance(network, ChexnetDenseNet121):
            raise ValueError(f"--{self.kind} is for chexnet-densenet121, not {network.name}")
        load = {"chexnet": load_chexnet_weights, "imagenet": load_imagenet_weights}[self.kind]
        load(network, self.file)

    def record(self) -> dict[str, str]:
        return {"weights": self.kind, "sha256": file_digest(self.file)}


def train(plan: Plan, data: Path, out: Path, device: str, start: Start | None = None) -> dict:
    """Trains to the end, from where an earlier call was cut short. Returns the run's record.

    Raises ValueError when the folder holds a run of another plan or other data.
    """
    workshop = load_workshop_set(data)
    if plan.side > workshop.side:
        raise ValueError(
            f"{plan.name} wants side {plan.side}, the data set holds {workshop.side}: collect it "
            f"with --side {plan.side}"
        )
    out.mkdir(parents=True, exist_ok=True)
    record = {"plan": asdict(plan), "data_digest": workshop.digest}
    if start is not None:
        record["starts_from"] = start.record()
    if (out / "run.json").exists():
        held = json.loads((out / "run.json").read_text())
        for key, value in record.items():
            if held.get(key) != json.loads(json.dumps(value)):
                raise ValueError(f"{out} holds a run of another {key}: give another --out")
        # Resumed without naming the weights again: the checkpoint holds what became of them.
        record |= {key: held[key] for key in ("starts_from",) if key in held}
        if "kept" in held:
            print(f"{out} has ended: {held['ended']}")
            return held
    training = Training(plan, workshop, device)
    if start is not None:
        start.load(training.network)
    if (out / "checkpoint.pt").exists():
        training.restore(torch.load(out / "checkpoint.pt", map_location=device, weights_only=True))
        print(f"goes on after epoch {training.epoch}")
    sides = {side: workshop.labels(workshop.places(side)) for side in ("train", "validation")}
    record |= {
        "images": {side: len(labels) for side, labels in sides.items()},
        "positives": {side: int(labels.sum()) for side, labels in sides.items()},
        "commit": current_commit(),
        "device": device,
        "torch": str(torch.__version__),
    }
    write_record(out, record)
    # A kill between a line and its checkpoint leaves a line of an epoch that is trained again.
    kept_rows = [row for row in read_metrics(out) if row["epoch"] <= training.epoch]
    (out / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in kept_rows))
    while training.ended() is None:
        row = training.run_epoch()
        append_metrics(out, row)
        print(json.dumps(row), flush=True)
        save_checkpoint(out / "checkpoint.pt", training.state())
        draw_metrics(read_metrics(out), training.metric, out / "metrics.png")
    record |= {"ended": training.ended(), "kept": training.finish(), "seconds": training.seconds}
    save_checkpoint(out / "weights.pt", training.best_weights)
    write_record(out, record)
    print(json.dumps(record["kept"]))
    return record


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="models/training/configs/*.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument("--epochs", type=int, help="instead of the configuration's")
    parser.add_argument("--side", type=int, help="instead of the configuration's")
    parser.add_argument("--batch", type=int, help="instead of the configuration's")
    parser.add_argument("--seed", type=int, help="instead of the configuration's")
    weights = parser.add_mutually_exclusive_group()
    weights.add_argument("--chexnet", type=Path, help="weights to start from: .h5 or .pth.tar")
    weights.add_argument("--imagenet", type=Path, help="weights to start from: torchvision's file")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)
    given = {key: getattr(arguments, key) for key in ("epochs", "side", "batch", "seed")}
    try:
        plan = read_plan(arguments.config)
        plan = replace(plan, **{key: value for key, value in given.items() if value is not None})
        kinds = [kind for kind in ("chexnet", "imagenet") if getattr(arguments, kind)]
        start = Start(kinds[0], getattr(arguments, kinds[0])) if kinds else None
        train(plan, arguments.data, arguments.out, arguments.device, start)
    except (ValueError, FileNotFoundError, FloatingPointError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
