"""The weights that a training run has kept, ready to predict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from .architectures import Architecture, build_network
from .plan import Plan, build_plan
from .run_record import save_checkpoint


@dataclass(frozen=True)
class Trained:
    """`step`: of training; `record`: what `run.json` said when they were kept."""

    network: Architecture
    plan: Plan
    step: int
    record: dict


def save_trained(path: Path, weights: dict, plan: Plan, step: int, record: dict) -> None:
    """Shape: a state dict of the network that the plan builds."""
    state = {"plan": asdict(plan), "weights": weights, "step": step, "record": record}
    save_checkpoint(path, state)


def load_trained(path: Path) -> Trained:
    """Raises ValueError when the file holds something else."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or "plan" not in state:
        raise ValueError(f"{path} holds no weights of `train`: give a run's weights.pt")
    plan = build_plan(state["plan"], path.name)
    network = build_network(plan.name, **plan.options)
    network.load_state_dict(state["weights"])
    network.eval().requires_grad_(False)
    return Trained(network, plan, state["step"], state["record"])
