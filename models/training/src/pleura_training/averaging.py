"""An exponential moving average of the weights: the network that is judged and shipped."""

from __future__ import annotations

import copy

import torch
from torch import nn


class AveragedNetwork:
    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.updates += 1
        # Young averages forget faster, or the random start would linger.
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        current = network.state_dict()
        for name, averaged in self.network.state_dict().items():
            if averaged.dtype.is_floating_point:
                averaged.lerp_(current[name], 1 - decay)
            else:
                averaged.copy_(current[name])
