"""The six networks of the study (ARCHITECTURES), and the joint ones, by name."""

from __future__ import annotations

from .architecture import Architecture
from .chexnet import ChexnetDenseNet121
from .double_unet import DoubleUnet
from .joint import JointNetwork
from .outlined_joint import OutlinedJoint
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


def build_network(name: str, **options: float | str) -> Architecture:
    """A network with random weights.

    `joint` takes `encoder`, a name of timm; `joint-outlined` also `area` and `level`. Each of the
    study's takes `width`, a factor on all its channels; `unetplusplus` also takes `level` (1..4),
    `double-unet` `blocks` (2 or 4), `chexnet-densenet121` `dropout`, `unetplusplus-efficientnet-b4`
    `depth` (a factor on its encoder's layers).
    """
    networks = ARCHITECTURES | {each.name: each for each in (JointNetwork, OutlinedJoint)}
    if name not in networks:
        raise ValueError(f"no architecture {name!r}; there are {', '.join(networks)}")
    try:
        return networks[name](**options)
    except TypeError as error:
        raise ValueError(f"options of {name}: {str(error).split('__init__() ')[-1]}") from None
