"""The batches of one epoch: the same for the same seed and epoch, on any number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor

from ..architectures import Architecture
from .dataset import WorkshopSet, page_at
from .distortions import Augmentation, build_augmentation
from .plan import Plan
from .sampling import positive_biased_order

AHEAD = 3
"""Batches that are made while the device works."""


def as_input(image: np.ndarray, network: Architecture) -> np.ndarray:
    """Normalised as the bundle will say; grey is repeated for a network of three channels.

    Shape: [H, W] or [H, W, 3] -> [channels, H, W], float32.
    """
    planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    mean, std = (np.array(each, np.float32)[:, None, None] for each in (network.mean, network.std))
    return (planes / np.float32(255) - mean) / std


def stacked(parts: list[Future]) -> tuple[Tensor, ...]:
    columns = zip(*(part.result() for part in parts), strict=True)
    return tuple(torch.from_numpy(np.stack(column)) for column in columns)


class EpochBatches:
    def __init__(self, workshop: WorkshopSet, network: Architecture, plan: Plan) -> None:
        self.workshop, self.network, self.plan = workshop, network, plan
        places = workshop.places("train")
        if network.task == "segmentation":
            # A positive that nobody outlined would teach an empty mask.
            places = np.array(
                [p for p in places if workshop.rows[p].has_mask or workshop.rows[p].label == 0]
            )
        if len(places) < plan.batch:
            raise ValueError(
                f"{len(places)} radiographs to train {network.name} on, and batches of {plan.batch}"
            )
        self.places = places
        self.labels = workshop.labels(places)
        self.augmentation: Augmentation = build_augmentation(
            plan.augmentation, network.channels == 3
        )

    def __len__(self) -> int:
        # The last, smaller batch is left out: batch norm wants company.
        return len(self.places) // self.plan.batch

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Shape: images [N, C, S, S], masks [N, 1, S, S] in 0..1, labels [N, 1]; all float32."""
        generator = np.random.default_rng((self.plan.seed, number))
        length = len(self) * self.plan.batch
        if self.plan.positive_share is None:
            order = generator.permutation(len(self.places))[:length]
        else:
            order = positive_biased_order(self.labels, self.plan.positive_share, length, generator)
        cv2.setNumThreads(1)
        with ThreadPoolExecutor() as threads:
            coming: deque[list[Future]] = deque()
            for start in range(0, length, self.plan.batch):
                chosen = order[start : start + self.plan.batch]
                coming.append(
                    [threads.submit(self._one, number, start + n, p) for n, p in enumerate(chosen)]
                )
                if len(coming) > AHEAD:
                    yield stacked(coming.popleft())
            while coming:
                yield stacked(coming.popleft())

    def _one(self, epoch: int, position: int, chosen: int) -> tuple[np.ndarray, ...]:
        generator = np.random.default_rng((self.plan.seed, epoch, position))
        image, mask = page_at(self.workshop, self.places[chosen], self.plan.side)
        image, mask = self.augmentation(image, mask, generator)
        label = np.array([self.labels[chosen]], np.float32)
        return as_input(image, self.network), mask[None].astype(np.float32), label
