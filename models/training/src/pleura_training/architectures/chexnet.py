"""The classifier of the study: DenseNet121 as in CheXNet, with a deeper head."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import DenseNet

from .architecture import IMAGENET_MEAN, IMAGENET_STD, Architecture, scaled

DEPTHS = (6, 12, 24, 16)
HEAD = (1024, 512, 64)


class ClassificationHead(nn.Module):
    """pooled -> 1024 -> ReLU -> BN -> dropout -> 512 -> ReLU -> BN -> dropout -> 64 -> ReLU -> 1.

    The activation belongs to the dense layer, the norm comes after it, as in Keras.
    """

    def __init__(self, inputs: int, width: float, dropout: float) -> None:
        super().__init__()
        first, second, third = (scaled(channels, width) for channels in HEAD)
        self.dense = nn.ModuleList(
            [nn.Linear(inputs, first), nn.Linear(first, second), nn.Linear(second, third)]
        )
        self.norms = nn.ModuleList([nn.BatchNorm1d(first), nn.BatchNorm1d(second)])
        self.last = nn.Linear(third, 1)
        self.dropout = dropout

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [N, 1] and their gradient by `pooled`, of the same shape as it.

        The gradient of a head of lines and ReLUs is a product of its weights, so it can leave in
        the same graph, without a backward pass. Norms and dropout count as in evaluation.
        """
        current, open_gates = pooled, []
        for number, dense in enumerate(self.dense):
            current = F.relu(dense(current))
            open_gates.append((current > 0).to(current.dtype))
            if number < len(self.norms):
                current = F.dropout(self.norms[number](current), self.dropout, self.training)
        gradient = self.last.weight
        for number in reversed(range(len(self.dense))):
            if number < len(self.norms):
                norm = self.norms[number]
                gradient = gradient * (norm.weight / torch.sqrt(norm.running_var + norm.eps))
            gradient = (gradient * open_gates[number]) @ self.dense[number].weight
        return self.last(current), gradient.detach()


class ChexnetDenseNet121(Architecture):
    """Rajpurkar et al., 2017. The class activation map is Grad-CAM before its ReLU:
    features weighted by the gradient of the logit by their mean."""

    name = "chexnet-densenet121"
    task = "classification"
    channels = 3
    side = 512
    multiple = 32
    activation_stride = 32

    def __init__(self, width: float = 1.0, dropout: float = 0.4) -> None:
        super().__init__()
        self.mean, self.std = list(IMAGENET_MEAN), list(IMAGENET_STD)
        backbone = DenseNet(scaled(32, width), DEPTHS, scaled(64, width), num_classes=1)
        self.features = backbone.features
        self.head = ClassificationHead(backbone.classifier.in_features, width, dropout)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = F.relu(self.features(image))
        logits, gradient = self.head(features.mean((2, 3)))
        activation = (features * gradient[:, :, None, None]).sum(1, keepdim=True)
        return logits, activation
