"""Endless training batches, positives drawn more often than they occur."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue

import cv2
import numpy as np
import torch
from torch import Tensor

from .augmentation import AugmentationRanges, augment
from .halves import HalfMixer
from .radiographs import RadiographSet
from .resize import resize_stretch


def resize_pages(pages: np.ndarray, places: np.ndarray, side: int) -> np.ndarray:
    """Chosen pages of an array at another side. Shape: [N, side, side], uint8."""
    if pages.shape[1] == side:
        return np.asarray(pages[places])
    if side < pages.shape[1]:
        shrunk = (
            cv2.resize(pages[place], (side, side), interpolation=cv2.INTER_AREA) for place in places
        )
    else:
        shrunk = (np.rint(resize_stretch(pages[place], side, side)) for place in places)
    return np.stack([page.astype(np.uint8) for page in shrunk])


class TrainingBatches:
    """Batches at one input side. Positives and negatives are each walked in shuffled rounds."""

    def __init__(
        self,
        radiographs: RadiographSet,
        places: np.ndarray,
        side: int,
        batch: int,
        positive_share: float,
        mixed_share: float,
        ranges: AugmentationRanges,
        seed: int,
    ) -> None:
        self.images = resize_pages(radiographs.images, places, side)
        self.masks = resize_pages(radiographs.masks, places, side)
        self.labels = np.array([radiographs.radiographs[place].label for place in places])
        self.batch = batch
        self.positives = round(batch * positive_share)
        self.mixed_share = mixed_share
        self.mixer = HalfMixer(self.images, self.masks, self.labels)
        self.ranges = ranges
        self.generator = np.random.default_rng(seed)

    def _rounds(self, label: int) -> Iterator[int]:
        members = np.flatnonzero(self.labels == label)
        while True:
            yield from self.generator.permutation(members)

    def _page(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        if self.generator.random() < self.mixed_share:
            return self.mixer.mix(place, self.generator)
        return self.images[place], self.masks[place]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Shape: images and masks [N, 1, side, side] in 0..1, labels [N, 1]."""
        rounds = {1: self._rounds(1), 0: self._rounds(0)}
        wanted = [1] * self.positives + [0] * (self.batch - self.positives)
        while True:
            pairs = []
            for label in wanted:
                page = self._page(next(rounds[label]))
                pairs.append(augment(*page, self.ranges, self.generator))
            images, masks = (np.stack(planes)[:, None] for planes in zip(*pairs, strict=True))
            labels = np.array(wanted, np.float32)[:, None]
            yield torch.from_numpy(images), torch.from_numpy(masks), torch.from_numpy(labels)


def prefetch(batches: TrainingBatches, ahead: int = 4) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The same batches, made by a thread in advance. Ends with the reader."""
    queue: Queue = Queue(maxsize=ahead)
    stopped = threading.Event()

    def fill() -> None:
        for item in batches:
            if stopped.is_set():
                return
            queue.put(item)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while True:
            yield queue.get()
    finally:
        stopped.set()
        while not queue.empty():
            queue.get_nowait()
