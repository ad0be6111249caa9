"""Weights that a network starts from instead of chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from .architectures import Architecture
from .architectures.chexnet import ChexnetDenseNet121
from .architectures.joint import JointNetwork, load_ordered_weights
from .run_record import file_digest
from .trained import load_trained


@dataclass(frozen=True)
class Start:
    """`kind`: weights (of an earlier run), imagenet or chexnet."""

    kind: str
    file: Path

    def load(self, network: Architecture) -> None:
        """Raises ValueError for another network, or a file that does not fit."""
        if self.kind == "weights":
            earlier = load_trained(self.file)
            if type(earlier.network) is not type(network):
                raise ValueError(f"{self.file} is of {earlier.plan.name}, not of {network.name}")
            network.load_state_dict(earlier.network.state_dict())
        elif isinstance(network, JointNetwork) and self.kind == "imagenet":
            held = torch.load(self.file, map_location="cpu", weights_only=True)
            load_ordered_weights(network, self.file.name, held)
        elif isinstance(network, ChexnetDenseNet121):
            # HDF5 is not everywhere: only who brings CheXNet's own file needs it.
            from .architectures import chexnet_weights

            getattr(chexnet_weights, f"load_{self.kind}_weights")(network, self.file)
        else:
            raise ValueError(f"--{self.kind} is not for {network.name}")

    def record(self) -> dict[str, str]:
        return {"weights": self.kind, "sha256": file_digest(self.file)}
