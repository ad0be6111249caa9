"""The averaged network of a training run, ready to predict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from .network import ScreeningNetwork


@dataclass(frozen=True)
class TrainedNetwork:
    network: ScreeningNetwork
    mean: float
    std: float
    side: int
    step: int
    record: dict


def load_network(path: Path) -> TrainedNetwork:
    state = torch.load(path, map_location="cpu", weights_only=True)
    config = state["config"]
    network = ScreeningNetwork(config["width"], tuple(config["depths"]))
    network.load_state_dict(state["averaged"])
    network.eval().requires_grad_(False)
    return TrainedNetwork(
        network, config["mean"], config["std"], state["side"], state["step"], state["record"]
    )
