"""Command: train the masks of a joint network at stride 4 on, and nothing else of it.

Class and activation map answer as before. What lies below stride 4 is computed once for each page,
by onnxruntime, and learning sees a quarter of a page at a time: a CPU needs minutes, not hours.
"""

from __future__ import annotations

import argparse
import copy
import math
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architectures.joint import JointNetwork
from .averaging import AveragedNetwork
from .dataset import Collected, load_collected, page_at
from .losses import soft_dice_loss
from .metrics import dice
from .onnx_export import export_onnx
from .prediction import as_input
from .progress import progress
from .run_record import current_commit, file_digest
from .trained import load_trained, save_trained

RATE = 3e-3
BATCH = 16
MASKED_SHARE = 0.7
"""Of the quarters of a positive that are drawn around its air."""


class Coarse(nn.Module):
    """Shape: image [N, 1, S, S] -> what `JointNetwork.fine` takes."""

    outputs = ("quarter", "eighth")

    def __init__(self, network: JointNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        quarter, *levels = self.network.encoder(image)
        return quarter, self.network.coarse(*levels)[2]


class Fine(nn.Module):
    """The part that learns."""

    def __init__(self, network: JointNetwork) -> None:
        super().__init__()
        self.parts = nn.ModuleList(network.fine_modules())
        self.apply_to = network

    def forward(self, quarter: Tensor, eighth: Tensor) -> Tensor:
        return self.apply_to.fine(quarter, eighth)


def chosen_pages(collected: Collected, seed: int) -> np.ndarray:
    """All outlined positives, and as many negatives: radiologists' first, they are surest."""
    places = collected.places("train")
    rows = [collected.rows[place] for place in places]
    outlined = places[[row.has_mask for row in rows]]
    negatives = places[[row.label == 0 for row in rows]]
    sure = np.array(["radiologist" in collected.rows[n].label_source for n in negatives])
    order = np.random.default_rng(seed).permutation(len(negatives))
    order = order[np.argsort(~sure[order], kind="stable")]
    return np.concatenate([outlined, negatives[order[: len(outlined)]]])


class Features:
    """Of every page and its mirror image, in half precision."""

    def __init__(self, network: JointNetwork, side: int) -> None:
        model = export_onnx(Coarse(copy.deepcopy(network)), side, half=False)
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        self.network = network

    def of(self, image: np.ndarray) -> tuple[Tensor, Tensor]:
        grey = torch.from_numpy(image[None, None] / np.float32(255))
        found = self.session.run(None, {"image": as_input(grey, self.network).numpy()})
        return tuple(torch.from_numpy(each[0]).half() for each in found)


def quarter_of(
    page: tuple[Tensor, Tensor, Tensor], generator: np.random.Generator
) -> tuple[Tensor, ...]:
    """The same quarter of a page's features at both strides, and of its mask."""
    quarter, eighth, truth = page
    size = eighth.shape[1] // 2
    corner = generator.integers(0, size + 1, 2)
    air = torch.nonzero(truth[0] > 0)
    if len(air) and generator.random() < MASKED_SHARE:
        within = air[generator.integers(len(air))].numpy() // 2
        corner = (within - generator.integers(0, size, 2)).clip(0, size)
    row, column = (int(each) for each in corner)
    fine = slice(2 * row, 2 * (row + size)), slice(2 * column, 2 * (column + size))
    coarse = eighth[:, row : row + size, column : column + size]
    return quarter[:, *fine], coarse, truth[:, *fine]


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--weights", type=Path, required=True, help="weights.pt of a joint network")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.pt)")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(words)
    torch.manual_seed(arguments.seed)
    collected = load_collected(arguments.data)
    trained = load_trained(arguments.weights)
    network, side = trained.network, trained.plan.side
    if not isinstance(network, JointNetwork):
        parser.exit(1, f"{arguments.weights} is of {trained.plan.name}: no joint network\n")
    features = Features(network, side)
    weights = {key: trained.plan.loss.get(key, 1.0) for key in ("air", "pixels", "dice")}
    grid = side // 4
    generator = np.random.default_rng(arguments.seed)
    pages = []
    for place in progress(chosen_pages(collected, arguments.seed), "features"):
        image, mask = page_at(collected, place, side)
        if generator.random() < 0.5:
            image, mask = image[:, ::-1], mask[:, ::-1]
        coverage = F.adaptive_avg_pool2d(torch.from_numpy(mask.copy()).float()[None], grid)
        pages.append((*features.of(image), coverage.half()))
    fine = Fine(network)
    for parameter in fine.parts.parameters():
        parameter.requires_grad_(True)
    averaged = AveragedNetwork(fine, 0.99)
    optimizer = torch.optim.AdamW(fine.parts.parameters(), RATE, weight_decay=0.01)
    steps = arguments.epochs * (len(pages) // BATCH)
    step = 0
    for epoch in range(arguments.epochs):
        order, total = generator.permutation(len(pages)), 0.0
        for start in progress(range(0, len(pages) - BATCH + 1, BATCH), f"epoch {epoch + 1}"):
            parts = [quarter_of(pages[n], generator) for n in order[start : start + BATCH]]
            quarter, eighth, truth = (
                torch.stack(each).float().contiguous(memory_format=torch.channels_last)
                for each in zip(*parts, strict=True)
            )
            fine.parts.train()
            logits = fine(quarter, eighth)
            pixels = F.binary_cross_entropy_with_logits(
                logits, truth, pos_weight=truth.new_tensor(weights["air"])
            )
            present = truth.flatten(1).any(1).float()
            loss = weights["pixels"] * pixels
            loss = loss + weights["dice"] * soft_dice_loss(logits, truth, present)
            for group in optimizer.param_groups:
                group["lr"] = RATE * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            averaged.update(fine)
            total += loss.item()
            step += 1
        print(f"epoch {epoch + 1}: loss {total * BATCH / len(pages):.4f}", flush=True)
    best = averaged.network.eval()
    shares = (0.2, 0.3, 0.4, 0.5)
    overlaps = []
    for place in collected.places("validation"):
        if not collected.rows[place].has_mask:
            continue
        image, mask = page_at(collected, place, side)
        with torch.inference_mode():
            quarter, eighth = (each[None].float() for each in features.of(image))
            air = best(quarter, eighth)[0, 0].sigmoid().numpy()
        truth = F.adaptive_avg_pool2d(torch.from_numpy(mask.copy()).float()[None], grid)[0] >= 0.5
        overlaps.append([dice(air >= share, truth.numpy()) for share in shares])
    for share, found in zip(shares, np.mean(overlaps, 0), strict=True):
        print(f"validation: Dice of the positives at {share}: {found:.3f}")
    record = trained.record | {
        "masks": {
            "of": file_digest(arguments.weights),
            "epochs": arguments.epochs,
            "seed": arguments.seed,
            "commit": current_commit(),
        }
    }
    kept = best.apply_to.state_dict()
    save_trained(arguments.out, kept, trained.plan, trained.step, record)


if __name__ == "__main__":
    main()
