"""Judge the image and its mirror image together: two opinions of one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .network import ScreeningNetwork
from .scales import ScaleAveraged


class MirrorAveraged(nn.Module):
    """The same outputs as the network, averaged over the image and its mirror image.

    Twice the work; on validation worth about 0.02 of AUC and of Dice.
    """

    def __init__(self, network: ScreeningNetwork | ScaleAveraged) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # One pass of a doubled batch, so that the exported file holds the weights once.
        outputs = self.network(torch.cat((image, image.flip(3))))
        logits, *maps = (output.reshape(2, -1, *output.shape[1:]) for output in outputs)
        averaged = [
            (plain + mirrored.flip(3)) / 2 for plain, mirrored in (pair.unbind(0) for pair in maps)
        ]
        return logits.mean(0), averaged[0], averaged[1]
