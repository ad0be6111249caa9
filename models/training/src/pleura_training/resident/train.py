"""Command: train the joint network over an encoder of timm for a given time; resumable.

Everything stays on the device: one CUDA card walks hundreds of epochs in the ten minutes for which
it is lent. The same command trains on a CPU.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..averaging import AveragedNetwork
from ..checkpoint import TrainedNetwork, load_network
from ..losses import soft_dice_loss
from ..metrics import area_under_curve, dice, mean_or_nan
from ..prediction import predict
from ..pretrained_network import PretrainedScreeningNetwork, load_ordered_weights
from ..run_record import append_metrics, current_commit, save_checkpoint, write_record
from ..workshop.dataset import WorkshopSet, load_workshop_set, page_at
from .pages import ResidentPages
from .plan import ResidentPlan, read_resident_plan

AIR_WEIGHT = 3.0
"""Of a pixel of air in the cross-entropy: it is some 2 % of them."""
PIXELS_WEIGHT = 8.0
"""Of the cross-entropy of the pixels: at 1 the masks stayed below 0.21 on a whole GPU run."""


@dataclass(frozen=True)
class Taught:
    """What teachers say of a batch. Shape: probability [N, 1], air [N, 1, S/4, S/4], 0..1;
    `share`: how much of the targets it is."""

    probability: Tensor
    air: Tensor
    share: float


def resident_loss(
    answer: tuple[Tensor, Tensor, Tensor], batch: dict[str, Tensor], taught: Taught | None = None
) -> dict[str, Tensor]:
    """Named parts and their sum under `total`."""
    logits, activation, mask_logits = answer
    outlined, smoothing = batch["outlined"][:, :, None, None], batch["smoothing"]
    truth = F.adaptive_avg_pool2d(batch["masks"], mask_logits.shape[-2:])
    wanted, softened = truth, batch["labels"] * (1 - 2 * smoothing) + smoothing
    if taught is not None:
        # Where nobody outlined a positive, the teachers alone say where its air is.
        wanted = outlined * truth + (1 - outlined) * taught.air
        outlined = torch.ones_like(outlined)
        softened = softened + taught.share * (taught.probability - softened)
    pixels = F.binary_cross_entropy_with_logits(
        mask_logits.float(), wanted, pos_weight=truth.new_tensor(AIR_WEIGHT), reduction="none"
    )
    present = (batch["outlined"] * batch["labels"])[:, 0]
    coarse = F.adaptive_max_pool2d(wanted, activation.shape[-2:])
    cells = F.binary_cross_entropy_with_logits(activation.float(), coarse, reduction="none")
    parts = {
        "class": F.binary_cross_entropy_with_logits(logits.float(), softened),
        "pixels": PIXELS_WEIGHT * (pixels * outlined).mean(),
        "dice": soft_dice_loss(mask_logits.float(), truth, present),
        "activation": 0.3 * (cells * outlined).mean(),
    }
    return parts | {"total": sum(parts.values())}


def judge(network: torch.nn.Module, workshop: WorkshopSet, plan: ResidentPlan) -> dict[str, float]:
    """AUC, in all and by label source, and Dice of the outlined positives at 0.5: gauges."""
    places = workshop.places("validation")
    rows = [workshop.rows[place] for place in places]
    labels = workshop.labels(places)
    images = [workshop.images[place] for place in places]
    predictions = predict(network, images, plan.side, plan.mean, plan.std, plan.batch)
    gauges = {"auc": area_under_curve(predictions.logits, labels)}
    sources = np.array([row.label_source for row in rows])
    for source in sorted({*sources} - {""}):
        chosen = sources == source
        if 0 < labels[chosen].sum() < chosen.sum():
            gauges[f"auc {source}"] = area_under_curve(predictions.logits[chosen], labels[chosen])
    overlaps = []
    for n, (place, row) in enumerate(zip(places, rows, strict=True)):
        if row.has_mask:
            found = predictions.mask_logits[n] >= 0
            truth = page_at(workshop, place, found.shape[0])[1] > 0
            overlaps.append(dice(found, truth))
    return gauges | {"positive_dice": mean_or_nan(np.array(overlaps))}


class ResidentTraining:
    """All that a run is, between two steps: what a checkpoint holds."""

    def __init__(
        self,
        plan: ResidentPlan,
        workshop: WorkshopSet,
        device: str,
        teachers: list[TrainedNetwork] | None = None,
    ) -> None:
        torch.manual_seed(plan.seed)
        self.teachers = teachers or []
        for teacher in self.teachers:
            teacher.network.to(device, memory_format=torch.channels_last)
        self.plan, self.workshop, self.device = plan, workshop, device
        network = PretrainedScreeningNetwork(plan.encoder)
        self.network = network.to(device, memory_format=torch.channels_last)
        self.averaged = AveragedNetwork(self.network, plan.average_decay)
        encoder = {id(weights) for weights in network.encoder.parameters()}
        heads = [weights for weights in network.parameters() if id(weights) not in encoder]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(network.encoder.parameters()), "top": plan.learning_rate},
                {"params": heads, "top": plan.head_rate},
            ],
            plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=device.startswith("cuda"),
        )
        self.pages = ResidentPages(workshop, plan, device)
        self.step_count, self.seconds = 0, 0.0

    def start_from(self, path: Path) -> None:
        """A checkpoint's averaged weights, or an encoder's of photographs."""
        held = torch.load(path, map_location="cpu", weights_only=True)
        if "averaged" in held:
            self.network.load_state_dict(held["averaged"])
        else:
            load_ordered_weights(self.plan.encoder, self.network, path.name, held)
        self.averaged.network.load_state_dict(self.network.state_dict())

    def step(self, share: float) -> dict[str, float]:
        """One batch; `share` of the training is behind it. The parts of the loss."""
        plan = self.plan
        warmup = min(1.0, (self.step_count + 1) / plan.warmup_steps)
        fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share))
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * warmup * fall
        batch = self.pages.batch((plan.seed, self.step_count))
        images = (batch["images"] - plan.mean) / plan.std
        self.network.train()
        if plan.freeze_shallow:
            self.network.freeze_shallow()
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda")):
            answer = self.network(images.contiguous(memory_format=torch.channels_last))
            taught = self.ask_teachers(batch["images"]) if self.teachers else None
        losses = resident_loss(answer, batch, taught)
        if not torch.isfinite(losses["total"]):
            raise FloatingPointError(f"the loss of step {self.step_count} is not a number")
        self.optimizer.zero_grad()
        losses["total"].backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), plan.gradient_norm)
        self.optimizer.step()
        self.averaged.update(self.network)
        self.step_count += 1
        return {name: part.item() for name, part in losses.items()}

    @torch.no_grad()
    def ask_teachers(self, images: Tensor) -> Taught:
        """The mean of their logits about the very pictures that the network sees."""
        answers = [
            teacher.network(
                ((images - teacher.mean) / teacher.std).contiguous(
                    memory_format=torch.channels_last
                )
            )
            for teacher in self.teachers
        ]
        logits, air = (
            torch.stack([answer[part].float() for answer in answers]).mean(0) for part in (0, 2)
        )
        return Taught(logits.sigmoid(), air.sigmoid(), self.plan.teacher_share)

    def state(self, record: dict) -> dict:
        """What `load_network` reads, and what a resumed run goes on from."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step_count,
            "seconds": self.seconds,
            "config": asdict(self.plan),
            "side": self.plan.side,
            "record": record,
        }

    def restore(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.averaged.network.load_state_dict(state["averaged"])
        self.averaged.updates = state["step"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step_count, self.seconds = state["step"], state["seconds"]


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def train_resident(
    plan: ResidentPlan,
    data: Path,
    out: Path,
    seconds: float,
    device: str,
    start: Path | None = None,
    teachers: Sequence[Path] = (),
    save_every: float = 60.0,
    judge_every: float = math.inf,
) -> dict:
    """Trains until `seconds` are spent, over all calls, judging and saving included, loading and
    the last judging not. Returns the last line of the metrics.

    Raises ValueError when `out` holds a run of another plan or of other data.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    workshop = load_workshop_set(data)
    record = {
        "config": json.loads(json.dumps(asdict(plan))),
        "data_digest": workshop.digest,
        "teachers": [file_digest(path) for path in teachers],
    }
    if (out / "run.json").exists():
        held = json.loads((out / "run.json").read_text())
        for key, value in record.items():
            if held[key] != value:
                raise ValueError(f"{out} holds a run of another {key}: give another --out")
        record = held
    taught_by = [load_network(path) for path in teachers]
    training = ResidentTraining(plan, workshop, device, taught_by)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        training.restore(torch.load(checkpoint, map_location=device, weights_only=True))
        print(f"goes on after step {training.step_count}", flush=True)
    elif start is not None:
        training.start_from(start)
        record["starts_from"] = {"file": start.name, "sha256": file_digest(start)}
    record |= {
        "seconds": seconds,
        "images": {side: len(workshop.places(side)) for side in ("train", "validation")},
        "commit": current_commit(),
        "device": device,
        "torch": str(torch.__version__),
    }
    write_record(out, record)
    row: dict = {}
    counted, sums, saved, judged = 0, dict[str, float](), 0.0, training.seconds
    began = time.monotonic()

    def count_time() -> None:
        nonlocal began
        now = time.monotonic()
        training.seconds, began = training.seconds + now - began, now

    while training.seconds < seconds:
        losses = training.step(training.seconds / seconds)
        count_time()
        counted += 1
        sums = {name: sums.get(name, 0.0) + value for name, value in losses.items()}
        ended = training.seconds >= seconds
        judging = ended or training.seconds - judged >= judge_every
        if judging:
            judged = training.seconds
            row = {"step": training.step_count, "seconds": round(training.seconds, 1)}
            row |= {f"train_{name}": round(each / counted, 4) for name, each in sums.items()}
            gauges = judge(training.averaged.network, workshop, plan)
            row |= {f"validation_{name}": round(each, 4) for name, each in gauges.items()}
            append_metrics(out, row)
            print(json.dumps(row), flush=True)
            counted, sums = 0, {}
        if judging or training.seconds - saved >= save_every:
            count_time()
            save_checkpoint(checkpoint, training.state(record))
            saved = training.seconds
    return row


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="configs/joint/*.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument("--seconds", type=float, required=True, help="of training, over all calls")
    parser.add_argument(
        "--start", type=Path, help="weights of photographs for the encoder, or a checkpoint"
    )
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[], help="checkpoints whose mean teaches"
    )
    parser.add_argument("--side", type=int, help="instead of the configuration's")
    parser.add_argument("--batch", type=int, help="instead of the configuration's")
    parser.add_argument("--seed", type=int, help="instead of the configuration's")
    parser.add_argument("--judge-every", type=float, default=600.0, help="seconds of training")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)
    given = {key: getattr(arguments, key) for key in ("side", "batch", "seed")}
    try:
        plan = replace(
            read_resident_plan(arguments.config),
            **{key: value for key, value in given.items() if value is not None},
        )
        train_resident(
            plan,
            arguments.data,
            arguments.out,
            arguments.seconds,
            arguments.device,
            arguments.start,
            arguments.teachers,
            judge_every=arguments.judge_every,
        )
    except (ValueError, FileNotFoundError, FloatingPointError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
