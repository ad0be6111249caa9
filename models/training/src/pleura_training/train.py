"""Command: train the joint network; resumable at any moment."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch

from .augmentation import AugmentationRanges
from .averaging import AveragedNetwork
from .batches import TrainingBatches, prefetch
from .checkpoint import load_network
from .losses import joint_loss
from .metrics import area_under_curve
from .network import ScreeningNetwork
from .prediction import predict
from .progress import progress
from .radiographs import RadiographSet, load_radiograph_set
from .run_record import append_metrics, current_commit, save_checkpoint, write_record


@dataclass(frozen=True)
class TrainingConfig:
    seed: int = 1
    width: int = 32
    depths: tuple[int, ...] = (1, 2, 3, 2)
    steps: int = 6000
    batch: int = 16
    positive_share: float = 0.5  # 500 positives among 3,000: seen evenly, they teach
    # Share of the images that are joined from two patients' halves (halves.py).
    mixed_share: float = 0.0
    # (share of the run, input side): small pictures first, they cost a fraction and the
    # coarse idea of a lung is the same.
    sides: tuple[tuple[float, int], ...] = ((0.0, 256), (0.4, 384))
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    weight_decay: float = 0.02
    smoothing: float = 0.05  # the silver labels were written by a model
    average_decay: float = 0.998
    gradient_norm: float = 2.0
    validate_every: int = 250
    mean: float = 0.5
    std: float = 0.25
    # Share of the training side in use, for learning curves; smaller ones lie within larger ones.
    data_share: float = 1.0
    augmentation: AugmentationRanges = field(default_factory=AugmentationRanges)


def read_config(path: Path | None) -> TrainingConfig:
    given = json.loads(path.read_text()) if path else {}
    ranges = AugmentationRanges(**given.pop("augmentation", {}))
    return TrainingConfig(**given, augmentation=ranges)


def side_at(config: TrainingConfig, share: float) -> int:
    return [side for start, side in config.sides if share >= start][-1]


def learning_rate_at(config: TrainingConfig, step: int, share: float) -> float:
    warmup = min(1.0, (step + 1) / config.warmup_steps)
    return config.learning_rate * warmup * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


def nested_share(labels: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Rows of a stratified share; the rows of a smaller share are among those of a larger one."""
    generator = np.random.default_rng(seed)
    rows = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        rows.append(members[: max(1, round(len(members) * share))])
    return np.sort(np.concatenate(rows))


def validate(
    network: torch.nn.Module, radiographs: RadiographSet, places: np.ndarray, config, side: int
) -> dict[str, float]:
    """AUC, and the mean Dice of positives at a fixed 0.5 on the output grid: a gauge, no result."""
    predictions = predict(
        network, [radiographs.images[place] for place in places], side, config.mean, config.std
    )
    labels = np.array([radiographs.radiographs[place].label for place in places])
    overlaps = []
    for place, mask_logits in zip(places, predictions.mask_logits, strict=True):
        if radiographs.radiographs[place].label == 1:
            grid = mask_logits.shape
            truth = cv2.resize(radiographs.masks[place], grid[::-1], interpolation=cv2.INTER_AREA)
            found, real = mask_logits >= 0, truth >= 128
            overlaps.append(2 * (found & real).sum() / max(1, found.sum() + real.sum()))
    area = area_under_curve(predictions.logits, labels)
    peak = np.sort(predictions.mask_logits.reshape(len(places), -1), 1)[:, -50:].mean(1)
    return {
        "auc": area,
        "mask_peak_auc": area_under_curve(peak, labels),
        "positive_dice": float(np.mean(overlaps)),
    }


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument("--config", type=Path, help="json with fields that differ from the default")
    parser.add_argument(
        "--weights",
        type=Path,
        help="checkpoint of an earlier run whose averaged weights to start from",
    )
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="anneal to an end within this training time"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(words)

    config = read_config(arguments.config)
    arguments.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    torch.manual_seed(config.seed)
    radiographs = load_radiograph_set(arguments.index)
    split = json.loads(arguments.split.read_text())
    if split["digest"] != radiographs.digest:
        raise ValueError("the split file belongs to other data: make it again with `split`")
    places = {side: radiographs.positions(split["sides"][side]) for side in ("train", "validation")}
    labels = np.array([radiographs.radiographs[place].label for place in places["train"]])
    places["train"] = places["train"][nested_share(labels, config.data_share)]

    network = ScreeningNetwork(config.width, tuple(config.depths)).to(arguments.device)
    earlier = load_network(arguments.weights) if arguments.weights else None
    if earlier:
        network.load_state_dict(earlier.network.state_dict())
    network = network.to(memory_format=torch.channels_last)
    averaged = AveragedNetwork(network, config.average_decay)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    free = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free}],
        weight_decay=0.0,
    )
    step, seconds = 0, 0.0
    checkpoint_path = arguments.out / "checkpoint.pt"
    if checkpoint_path.exists():
        state = torch.load(checkpoint_path, map_location=arguments.device, weights_only=True)
        network.load_state_dict(state["network"])
        averaged.network.load_state_dict(state["averaged"])
        averaged.updates = state["step"]
        optimizer.load_state_dict(state["optimizer"])
        step, seconds = state["step"], state["seconds"]
        print(f"resumed at step {step}")
    record = {
        "config": asdict(config),
        "minutes": None if math.isinf(arguments.minutes) else arguments.minutes,
        "data_digest": radiographs.digest,
        "split_seed": split["seed"],
        "images": {side: len(rows) for side, rows in places.items()},
        "commit": current_commit(),
        "device": arguments.device,
        "torch": str(torch.__version__),
        "started_from": earlier and {"step": earlier.step, "record": earlier.record},
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    write_record(arguments.out, record)

    def share() -> float:
        return min(1.0, max(step / config.steps, seconds / 60 / arguments.minutes))

    batches, side = None, 0
    sums: dict[str, float] = {}
    counted, began = 0, time.monotonic()
    for _ in progress(range(step, config.steps), "train", initial=step):
        if share() >= 1.0:
            break
        if side_at(config, share()) != side:
            side = side_at(config, share())
            if batches is not None:
                batches.close()
            source = TrainingBatches(
                radiographs,
                places["train"],
                side,
                config.batch,
                config.positive_share,
                config.mixed_share,
                config.augmentation,
                config.seed * 1_000_003 + step,
            )
            batches = prefetch(source)
        images, masks, labels = (part.to(arguments.device) for part in next(batches))
        images = ((images - config.mean) / config.std).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(config, step, share())
        network.train()
        with torch.autocast("cuda", torch.bfloat16, enabled=arguments.device.startswith("cuda")):
            logits, activation, mask_logits = network.forward_all(images)
        losses = joint_loss(logits, activation, mask_logits, masks, labels, config.smoothing)
        optimizer.zero_grad()
        losses["total"].backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.gradient_norm)
        optimizer.step()
        averaged.update(network)
        step += 1
        counted += 1
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + value.item()
        now = time.monotonic()
        seconds, began = seconds + now - began, now
        if step % config.validate_every == 0 or share() >= 1.0:
            row = {"step": step, "seconds": round(seconds, 1), "side": side}
            row["learning_rate"] = optimizer.param_groups[0]["lr"]
            row |= {f"train_{name}": round(total / counted, 4) for name, total in sums.items()}
            gauges = validate(averaged.network, radiographs, places["validation"], config, side)
            row |= {f"validation_{name}": round(value, 4) for name, value in gauges.items()}
            now = time.monotonic()
            seconds, began = seconds + now - began, now
            append_metrics(arguments.out, row)
            print(json.dumps(row), flush=True)
            sums, counted = {}, 0
            state = {"network": network.state_dict(), "averaged": averaged.network.state_dict()}
            state |= {"optimizer": optimizer.state_dict(), "step": step, "seconds": seconds}
            state |= {"config": asdict(config), "side": side, "record": record}
            save_checkpoint(checkpoint_path, state)


if __name__ == "__main__":
    main()
