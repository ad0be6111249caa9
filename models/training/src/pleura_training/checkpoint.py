"""The averaged network of a training run, or several of them together, ready to predict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .network import ScreeningNetwork
from .pretrained_network import PretrainedScreeningNetwork
from .scales import Retoned, ScaleAveraged


@dataclass(frozen=True)
class TrainedNetwork:
    network: ScreeningNetwork | PretrainedScreeningNetwork | ScaleAveraged
    mean: float
    std: float
    side: int
    step: int
    record: dict


def load_network(path: Path) -> TrainedNetwork:
    state = torch.load(path, map_location="cpu", weights_only=True)
    config = state["config"]
    if "encoder" in config:
        network = PretrainedScreeningNetwork(config["encoder"])
    else:
        network = ScreeningNetwork(config["width"], tuple(config["depths"]))
    network.load_state_dict(state["averaged"])
    network.eval().requires_grad_(False)
    return TrainedNetwork(
        network, config["mean"], config["std"], state["side"], state["step"], state["record"]
    )


def load_networks(paths: list[Path]) -> TrainedNetwork:
    """One network, or the mean of several, each at its own side and tones; the record is the
    first one's."""
    first, *others = members = [load_network(path) for path in paths]
    if not others:
        return first
    tones = (first.mean, first.std)
    looking = [
        (Retoned(member.network, tones, (member.mean, member.std)), member.side)
        if (member.mean, member.std) != tones
        else (member.network, member.side)
        for member in members
    ]
    network = ScaleAveraged(looking).eval()
    return replace(first, network=network, side=network.side)
