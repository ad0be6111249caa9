"""Radiographs that stay on the device: drawn, joined and changed there, a batch at a time."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..augmentation import AugmentationRanges
from ..halves import RAMP, WANDER, has_empty_half, heavier_half
from ..scales import area_matrix
from ..workshop.dataset import WorkshopSet
from .plan import ResidentPlan


class ResidentPages:
    """Training pages of a data set, and what is known of each.

    A positive that nobody outlined has no say about masks: `outlined` is 0 there.
    """

    def __init__(self, workshop: WorkshopSet, plan: ResidentPlan, device: str) -> None:
        self.plan, self.device = plan, device
        places = workshop.places("train")
        rows = [workshop.rows[place] for place in places]
        self.images = torch.from_numpy(np.asarray(workshop.images[places])).to(device)
        self.masks = torch.from_numpy(np.asarray(workshop.masks[places])).to(device)
        self.labels = np.array([row.label for row in rows])
        if not 0 < self.labels.sum() < len(rows):
            raise ValueError(f"{self.labels.sum()} of {len(rows)} training images are positive")
        self.outlined = np.array(
            [float(row.has_mask or row.label == 0) for row in rows], np.float32
        )
        self.smoothing = np.array(
            [plan.doubtful.get(row.label_source, plan.smoothing) for row in rows], np.float32
        )
        weights = np.array([plan.weights.get(row.label_source, 1.0) for row in rows])
        self.members = {label: np.flatnonzero(self.labels == label) for label in (0, 1)}
        self.shares = {
            label: weights[members] / weights[members].sum()
            for label, members in self.members.items()
        }
        self.heavier = np.array([heavier_half(workshop.masks[place]) for place in places])
        self.half_healthy = np.array(
            [
                n
                for n in self.members[1]
                if rows[n].has_mask and has_empty_half(workshop.masks[places[n]])
            ],
            np.int64,
        )

    def batch(self, seed: tuple[int, ...]) -> dict[str, Tensor]:
        """Shape: images and masks [N, 1, S, S], 0..1; labels, smoothing and outlined [N, 1].

        The same seed gives the same batch, on one kind of device.
        """
        plan, generator = self.plan, np.random.default_rng(seed)
        positives = round(plan.batch * plan.positive_share)
        chosen = np.concatenate(
            [
                generator.choice(self.members[label], count, p=self.shares[label])
                for label, count in ((1, positives), (0, plan.batch - positives))
            ]
        )
        images, masks = self._joined(chosen, generator)
        images, masks = changed(images, masks, plan.side, plan.augmentation, generator)
        facts = {"labels": self.labels, "smoothing": self.smoothing, "outlined": self.outlined}
        columns = {
            name: torch.from_numpy(values[chosen].astype(np.float32))[:, None].to(self.device)
            for name, values in facts.items()
        }
        return {"images": images, "masks": masks} | columns

    def _joined(self, chosen: np.ndarray, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A share of the pages gets its other half from somebody else, as HalfMixer does it."""
        kept, partners = generator.integers(0, 2, len(chosen)), chosen.copy()
        for n, place in enumerate(chosen):
            if generator.random() >= self.plan.mixed_share:
                continue
            partners[n] = generator.choice(self.members[0])
            if self.labels[place] == 1:
                kept[n] = self.heavier[place]
                # Its air is somewhere, and nobody said in which half.
                partners[n] = partners[n] if self.outlined[place] else place
            elif len(self.half_healthy) and generator.random() < 0.5:
                partners[n] = generator.choice(self.half_healthy)
                kept[n] = self.heavier[partners[n]]
        left, right = np.where(kept == 0, chosen, partners), np.where(kept == 0, partners, chosen)
        side = self.images.shape[2]
        seams = side * (0.5 + generator.uniform(-WANDER, WANDER, len(chosen)))
        ramp = (seams[:, None] - np.arange(side)) / (side * RAMP) + 0.5
        weight = torch.from_numpy(ramp.clip(0, 1).astype(np.float32)).to(self.device)[:, None, None]
        left, right = (torch.from_numpy(each).to(self.device) for each in (left, right))
        images = self.images[left][:, None] * weight + self.images[right][:, None] * (1 - weight)
        masks = torch.where(weight >= 0.5, self.masks[left][:, None], self.masks[right][:, None])
        return images / 255, masks.float()


def changed(
    images: Tensor,
    masks: Tensor,
    side: int,
    ranges: AugmentationRanges,
    generator: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """A random variant of each. Geometry moves image and mask alike, tone the image only.

    Shape: both [N, 1, H, H], 0..1 -> both [N, 1, side, side], 0..1.
    """
    count, device = len(images), images.device

    def drawn(reach: float, *shape: int) -> Tensor:
        numbers = generator.uniform(-reach, reach, (count, *shape)).astype(np.float32)
        return torch.from_numpy(numbers).to(device)

    angle = drawn(math.radians(ranges.rotation_degrees))
    zoom = drawn(ranges.scale, 2).exp()
    flip = torch.from_numpy(generator.choice([-1.0, 1.0], count).astype(np.float32)).to(device)
    ways = torch.empty(count, 2, 3, device=device)
    ways[:, 0, 0], ways[:, 0, 1] = angle.cos() * zoom[:, 0] * flip, -angle.sin() * zoom[:, 1]
    ways[:, 1, 0], ways[:, 1, 1] = angle.sin() * zoom[:, 0] * flip, angle.cos() * zoom[:, 1]
    ways[:, :, 2] = drawn(2 * ranges.shift, 2)
    grid = F.affine_grid(ways, [count, 1, side, side], align_corners=False)
    if images.shape[2] > side:
        # As the pipeline does it: point samples would be sharper than anything that is screened.
        area = torch.from_numpy(area_matrix(images.shape[2], side)).to(device)
        images, masks = (area @ each @ area.T for each in (images, masks))
    images, masks = (
        F.grid_sample(each, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        for each in (images, masks)
    )
    images = images.clamp(0, 1) ** drawn(ranges.gamma, 1, 1, 1).exp()
    images = (images - 0.5) * drawn(ranges.contrast, 1, 1, 1).exp() + 0.5
    images = (images + drawn(ranges.brightness, 1, 1, 1)).clamp(0, 1)
    grain = drawn(ranges.noise, 1, 1, 1).abs()
    torch_generator = torch.Generator(device).manual_seed(int(generator.integers(2**62)))
    noise = torch.randn(images.shape, generator=torch_generator, device=device)
    return images + grain * noise, masks
