"""What every network of the study tells about itself."""

from __future__ import annotations

from torch import nn

IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]


class Architecture(nn.Module):
    """A network over square radiographs.

    Shape: image [N, channels, H, W], float32, `(pixel / 255 - mean) / std` per channel (grey is
    repeated for three). A classifier answers (logits [N, 1], class_activation_map [N, 1, h, w]); a
    segmenter answers a list of mask logits [N, 1, H, W], the best one last; a joint network answers
    (logits, class_activation_map, mask logits).
    """

    name: str
    task: str
    channels: int
    side: int
    mean: list[float]
    std: list[float]
    multiple: int
    """Both sides of the image must be multiples of this."""
    activation_stride: int
    """Pixels of the image to one of the class-activation map."""
    mask_stride = 1
    """Pixels of the image to one of the masks."""

    @property
    def classifies(self) -> bool:
        return self.task in ("classification", "joint")

    @property
    def segments(self) -> bool:
        return self.task in ("segmentation", "joint")

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What may come with weights of others, and the heads, which know nothing."""
        return list(self.parameters()), []

    def title(self) -> str:
        """For model.json."""
        parameters = sum(weights.numel() for weights in self.parameters()) / 1e6
        return f"{self.name}, {parameters:.2f} M parameters"


def scaled(channels: int, width: float) -> int:
    """Channels of a layer at a fraction of the full width; multiples of 4, at least 4."""
    return max(4, round(channels * width / 4) * 4)
