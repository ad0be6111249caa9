"""Radiographs to train on: drawn, joined and changed a batch at a time, where the network is.

On a CUDA device all pages stay in its memory, so that nothing is copied between two batches; on a
CPU they stay in the file.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .architectures import Architecture
from .augmentation import build_augmentation
from .dataset import Collected
from .halves import RAMP, WANDER, Partners
from .plan import Plan
from .resize import axis_weights
from .sampling import epoch_order, nested_share


class Pages:
    """Training pages of a data set, and what is known of each.

    A positive that nobody outlined has no say about masks: `outlined` is 0 there, and a network
    that only segments never sees it.

    Raises ValueError when the pages are too few, or smaller than the plan wants them.
    """

    def __init__(
        self, collected: Collected, network: Architecture, plan: Plan, device: str
    ) -> None:
        if plan.side > collected.side:
            raise ValueError(
                f"{plan.name} wants side {plan.side}, the data set holds {collected.side}: collect "
                f"it with --side {plan.side}"
            )
        self.plan, self.device = plan, device
        places = collected.places("train")
        if not network.classifies:
            rows = [collected.rows[place] for place in places]
            places = places[[row.has_mask or row.label == 0 for row in rows]]
        places = places[nested_share(collected.labels(places), plan.data_share)]
        if len(places) < plan.batch:
            raise ValueError(
                f"{len(places)} radiographs to train {network.name} on, and batches of {plan.batch}"
            )
        rows = [collected.rows[place] for place in places]
        self.labels = np.array([row.label for row in rows])
        if not 0 < self.labels.sum() < len(rows):
            raise ValueError(f"{self.labels.sum()} of {len(rows)} training images are positive")
        self.places, self.images, self.masks = places, collected.images, collected.masks
        if device.startswith("cuda"):
            self.places = np.arange(len(places))
            self.images, self.masks = (
                torch.from_numpy(np.asarray(pages[places])).to(device)
                for pages in (collected.images, collected.masks)
            )
        self.outlined = np.array([row.has_mask or row.label == 0 for row in rows])
        self.smoothing = np.array(
            [plan.doubtful.get(row.label_source, plan.smoothing) for row in rows]
        )
        self.taught = np.array([row.label_source not in plan.untaught for row in rows])
        self.weights = np.array([plan.weights.get(row.label_source, 1.0) for row in rows])
        self.partners = None
        if plan.mixed_share:
            masks = [collected.masks[place] for place in places]
            self.partners = Partners(masks, self.labels, self.outlined)
        self.augmentation = build_augmentation(plan.augmentation, network.channels == 3)
        self.reduction = None
        if plan.side < collected.side:
            # As the pipeline does it: point samples would be sharper than what is screened.
            matrix = axis_weights(collected.side, plan.side)
            self.reduction = torch.from_numpy(matrix).to(device)
        self.epoch, self.order = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        """Batches of an epoch. The last, smaller one is left out: batch norm wants company."""
        return len(self.labels) // self.plan.batch

    def batch(self, step: int) -> dict[str, Tensor]:
        """Shape: images [N, channels, S, S] and masks [N, 1, S, S], 0..1; labels, smoothing,
        outlined and taught [N, 1]; all float32.

        The same step of the same seed gives the same batch, on one kind of device.
        """
        plan, (epoch, number) = self.plan, divmod(step, len(self))
        if epoch != self.epoch:
            drawn = np.random.default_rng((plan.seed, epoch))
            length = len(self) * plan.batch
            order = epoch_order(self.labels, plan.positive_share, length, drawn, self.weights)
            self.epoch, self.order = epoch, order
        chosen = self.order[number * plan.batch : (number + 1) * plan.batch]
        generator = np.random.default_rng((plan.seed, epoch, number))
        images, masks = self._joined(chosen, generator)
        if self.reduction is not None:
            images, masks = (self.reduction @ each @ self.reduction.T for each in (images, masks))
        images, masks = self.augmentation(images, masks, generator)
        facts = {
            name: getattr(self, name) for name in ("labels", "smoothing", "outlined", "taught")
        }
        columns = {
            name: torch.from_numpy(values[chosen].astype(np.float32))[:, None].to(self.device)
            for name, values in facts.items()
        }
        return {"images": images, "masks": masks} | columns

    def _taken(self, pages: Tensor | np.ndarray, rows: np.ndarray) -> Tensor:
        """Shape: [N, 1, H, H], float32."""
        places = self.places[rows]
        if isinstance(pages, Tensor):
            return pages[torch.from_numpy(places).to(self.device)][:, None].float()
        return torch.from_numpy(np.asarray(pages[places]))[:, None].float()

    def _joined(self, chosen: np.ndarray, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A share of the pages gets its other half from somebody else."""
        if self.partners is None:
            return self._taken(self.images, chosen) / 255, self._taken(self.masks, chosen)
        left, right = self.partners.draw(chosen, self.plan.mixed_share, generator)
        side = self.images.shape[2]
        seams = side * (0.5 + generator.uniform(-WANDER, WANDER, len(chosen)))
        ramp = (seams[:, None] - np.arange(side)) / (side * RAMP) + 0.5
        weight = torch.from_numpy(ramp.clip(0, 1).astype(np.float32)).to(self.device)
        weight = weight[:, None, None]
        near, far = (self._taken(self.images, rows) for rows in (left, right))
        images = near * weight + far * (1 - weight)
        near, far = (self._taken(self.masks, rows) for rows in (left, right))
        return images / 255, torch.where(weight >= 0.5, near, far)
