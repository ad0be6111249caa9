"""The six networks of the study, by name."""

from __future__ import annotations

from .architecture import Architecture
from .chexnet import ChexnetDenseNet121
from .double_unet import DoubleUnet
from .unet import Unet
from .unet_xception import UnetXception
from .unetplusplus import UnetPlusPlus
from .unetplusplus_efficientnet import UnetPlusPlusEfficientNet

ARCHITECTURES: dict[str, type[Architecture]] = {
    architecture.name: architecture
    for architecture in (
        ChexnetDenseNet121,
        Unet,
        UnetPlusPlus,
        DoubleUnet,
        UnetPlusPlusEfficientNet,
        UnetXception,
    )
}


def build_network(name: str, **options: float) -> Architecture:
    """A network with random weights. Every one takes `width`, a factor on all its channels.

    `unetplusplus` also takes `level` (1..4), `double-unet` `blocks` (2 or 4), `chexnet-densenet121`
    `dropout`, `unetplusplus-efficientnet-b4` `depth` (a factor on its encoder's layers).
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"no architecture {name!r}; there are {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name](**options)
