"""The averaged network of a training run, or several of them together, ready to predict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .network import ScreeningNetwork
from .scales import ScaleAveraged


@dataclass(frozen=True)
class TrainedNetwork:
    network: ScreeningNetwork | ScaleAveraged
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


def load_networks(paths: list[Path]) -> TrainedNetwork:
    """One network, or the mean of several, each at its own side; the record is the first one's."""
    first, *others = members = [load_network(path) for path in paths]
    if not others:
        return first
    if len({(member.mean, member.std) for member in members}) > 1:
        raise ValueError("the checkpoints were trained with different mean or std")
    network = ScaleAveraged([(member.network, member.side) for member in members]).eval()
    return replace(first, network=network, side=network.side)
