"""Command: the comparison table of the networks of the study, docs/architectures.md."""

from __future__ import annotations

import argparse
import copy
import datetime
import gc
import platform
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch.optim.swa_utils import update_bn
from torch.utils.flop_counter import FlopCounterMode

from .architectures import ARCHITECTURES, Architecture, UnetPlusPlus, build_network
from .drawn_set import draw_set
from .golden import draw_tensor
from .onnx_export import Exported, export_onnx
from .short_training import measure_classes, measure_masks, train_briefly

CONFIGS = Path(__file__).parents[2] / "configs"
VARIANTS = {"double-unet": ({"blocks": 2}, {"blocks": 4})}


@dataclass(frozen=True)
class Practice:
    """The short training on drawn chests that every network gets."""

    width: float
    side: int
    images: int
    held_out: int
    steps: int
    rate: float


PRACTICE = Practice(width=0.25, side=64, images=32, held_out=16, steps=50, rate=3e-3)


@dataclass(frozen=True)
class Row:
    """Unit: parameters in millions, gflops of one image (2 per multiply-add), milliseconds.

    `difference` is the largest to PyTorch, `largest` the largest output it is measured against.
    """

    title: str
    side: int
    parameters: float
    gflops: float
    difference: float
    largest: float
    milliseconds: float
    quality: str


def count_gflops(network: Architecture, image: torch.Tensor) -> float:
    shapes_only = copy.deepcopy(network).to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        shapes_only(image.to("meta"))
    return counter.get_total_flops() / 1e9


def measure_norms(network: Architecture, side: int = 128) -> None:
    """Through the norms of a fresh network next to nothing comes that could differ."""
    torch.manual_seed(2)
    drawn = torch.from_numpy(draw_tensor(side, side, network.channels))
    noise = torch.randn(12, network.channels, side, side)
    update_bn((drawn + noise).split(4), network)


def measure_runtime(network: Architecture, side: int, runs: int) -> tuple[float, float, float]:
    """Largest difference to PyTorch, largest output, shortest of several runs of onnxruntime (ms).

    With one thread a run happens in the caller's: its CPU time leaves out what others take.
    """
    module = Exported(network.eval())
    probe = draw_tensor(side, side, network.channels)
    model = export_onnx(module, side, half=False, channels=network.channels).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = [answer.numpy() for answer in module(torch.from_numpy(probe))]
    times = []
    for _ in range(runs):
        started = time.thread_time()
        found = session.run(None, {"image": probe})
        times.append(time.thread_time() - started)
    difference = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
    return difference, max(float(np.abs(a).max()) for a in expected), 1000 * min(times)


def measure_row(network: Architecture, title: str, side: int, quality: str, runs: int) -> Row:
    parameters = sum(weights.numel() for weights in network.parameters()) / 1e6
    gflops = count_gflops(network.eval(), torch.zeros(1, network.channels, side, side))
    return Row(title, side, parameters, gflops, *measure_runtime(network, side, runs), quality)


def practise(name: str, options: dict, practice: Practice) -> list[str]:
    """Quality on held-out drawn chests after the short training, one word per mask."""
    torch.manual_seed(1)
    network = build_network(name, **options | {"width": practice.width})
    drawn = draw_set(practice.images, practice.side, seed=1)
    held_out = draw_set(practice.held_out, practice.side, seed=2)
    train_briefly(network, drawn, practice.steps, practice.rate)
    if network.task == "classification":
        return [f"AUC {measure_classes(network, held_out):.3f}"]
    return [f"{value:.3f}" for value in measure_masks(network, held_out)]


def build_rows(practice: Practice, runs: int) -> tuple[list[Row], list[Row]]:
    """The networks, and the levels of the nested one."""
    rows, levels = [], []
    for name in ARCHITECTURES:
        config = tomllib.loads((CONFIGS / f"{name}.toml").read_text())
        variants = VARIANTS.get(name, ({},))
        for variant in variants:
            options = config["options"] | variant
            torch.manual_seed(1)
            network = build_network(name, **options)
            measure_norms(network)
            quality = practise(name, options, practice)
            title = f"{name}, {variant['blocks']} blocks" if variant else name
            rows.append(measure_row(network, title, config["side"], quality[-1], runs))
            print(rows[-1], flush=True)
            if isinstance(network, UnetPlusPlus):
                for level in range(1, network.level):
                    kept = network.pruned(level)
                    levels.append(
                        measure_row(kept, f"L{level}", config["side"], quality[level - 1], runs)
                    )
                    print(levels[-1], flush=True)
                levels.append(Row(f"L{network.level}", *list(vars(rows[-1]).values())[1:]))
            del network
            gc.collect()
    return rows, levels


def format_table(rows: list[Row]) -> str:
    head = (
        "| network | side | parameters (M) | GFLOPs | CPU (ms) | max abs error (of) "
        "| Dice, drawn |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n"
    )
    return head + "".join(
        f"| {row.title} | {row.side} | {row.parameters:.2f} | {row.gflops:.1f} | "
        f"{row.milliseconds:.0f} | {row.difference:.1e} ({row.largest:.1f}) | {row.quality} |\n"
        for row in rows
    )


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":")[1].strip() if names else model
    return f"{platform.system()} {platform.machine()}, {model}"


PAGE = """# The networks of the study, compared

Written by `python -m pleura_training.compare_architectures --out docs/architectures.md`; not edited
by hand. {date}; {machine}; torch {torch}, onnxruntime {onnxruntime}.

{table}
- **Side** is the configuration's (`models/training/configs/*.toml`); everything but the last column
  is at full width.
- **GFLOPs**: `torch.utils.flop_counter`, one image; a multiply-add counts as 2 FLOPs, so this is
  twice the MACs. Convolutions and matrix products only.
- **CPU**: onnxruntime, float32, one thread, one image, CPU time of the thread, the shortest of
  {runs} runs. Other work ran on the machine: compare the rows, not the milliseconds.
- **Max abs error (of)**: largest difference of any output between onnxruntime and PyTorch in
  float32, and the largest output; random weights, norms measured on noisy drawn chests so that a
  signal comes through. What chexnet-densenet121 shows is in its activation map, whose values have
  no bound (its logits: 5e-5 of 55). `finish` refuses more than 1e-4 for trained weights.
- **Dice, drawn**: a quarter of the width, {practice.side} pixels, {practice.images} drawn chests,
  {practice.steps} steps of Adam at {practice.rate}, batches of 8, then the norms measured again;
  on {practice.held_out} other drawn chests, those with air (the classifier: AUC over all). One
  seed. It tells that the network learns. It says nothing of radiographs of patients, and the
  differences between rows are not a ranking.

## The nested U-Net, pruned

One training with deep supervision, equal weights; each level is exported by itself.
The time is settled here; in so short a training a level can lag behind, so what each loses in Dice
has to be measured on radiographs.

{levels}
## How each differs from its paper

| network | choice |
|---|---|
| chexnet-densenet121 | the study's head (ReLU in each dense layer, then batch norm, dropout 0.4); \
the class activation map is Grad-CAM, worked out in the forward graph |
| unet | padded convolutions, bilinear enlargement, batch norm |
| unetplusplus | bilinear enlargement |
| double-unet | VGG19 with batch norm; 2 blocks end it after its third stage; the paper's 4 \
blocks use all five |
| unetplusplus-efficientnet-b4 | torchvision's encoder from 1/2 down; nodes of 32 to 256 channels; \
no deep supervision |
| unet-xception | all convolutions padded, so that sizes halve exactly |

All weights start random: no weights of others come with the project. `chexnet-densenet121` reads
the user's own file (`load_chexnet_weights`: Keras `.h5` or PyTorch `.pth.tar`, 14 outputs with
their label order; `load_imagenet_weights`).

## From weights to a bundle

    python -m pleura_training.finish --weights $RUN/weights.pt --data $DATA --out bundles

`--level 2` prunes the nested U-Net. Tiny bundles of every network lie in
`test/fixtures/architectures`, made by
`python -m pleura_training.make_architecture_fixtures --out test/fixtures/architectures` and
`npx biome check --write test/fixtures/architectures`; they remember eight drawn chests and are of
no use for patients.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows, levels = build_rows(PRACTICE, arguments.runs)
    arguments.out.write_text(
        PAGE.format(
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            machine=machine(),
            torch=torch.__version__.split("+")[0],
            onnxruntime=onnxruntime.__version__,
            table=format_table(rows),
            levels=format_table(levels),
            runs=arguments.runs,
            practice=PRACTICE,
        )
    )


if __name__ == "__main__":
    main()
