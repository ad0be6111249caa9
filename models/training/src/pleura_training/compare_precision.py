"""Command: what the bundles lose and gain as float32, with half-stored weights, and as int8."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from .bundle_session import BundleSession, ClassifierSession, SegmenterSession
from .dataset import Collected, load_collected
from .half_storage import store_weights_as_half
from .metrics import area_under_curve, bootstrap_interval, dice, mean_or_nan
from .mirror import Mirrored
from .onnx_export import Exported, export_onnx
from .progress import progress
from .trained import load_trained

CALIBRATION_IMAGES = 64
"""Radiographs of the training side that int8 takes its ranges from."""


@dataclass(frozen=True)
class Row:
    """Unit: megabytes; milliseconds of one image on one thread."""

    task: str
    precision: str
    size: float
    milliseconds: float
    metric: str
    value: float
    interval: tuple[float, float]


class TrainingImages(CalibrationDataReader):
    def __init__(self, session: BundleSession, images: list[np.ndarray]) -> None:
        name = session.bundle["input"]["name"]
        self.feeds = iter([{name: session.prepare(image)} for image in images])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.feeds, None)


def write_variants(module, bundle: Path, out: Path, images: list[np.ndarray]) -> dict[str, Path]:
    """A folder for each precision: the bundle's model.json beside another model.onnx."""
    session = BundleSession(bundle)
    side, name = session.bundle["input"]["rows"], session.bundle["file"]
    folders = {kind: out / kind for kind in ("float32", "float16 storage", "int8")}
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "model.json").write_text(json.dumps(session.bundle))
    channels = session.bundle["input"]["channels"]
    model = export_onnx(module, side, half=False, channels=channels)
    onnx.save(model, str(folders["float32"] / name))
    onnx.save(store_weights_as_half(model), str(folders["float16 storage"] / name))
    quantize_static(
        folders["float32"] / name,
        folders["int8"] / name,
        TrainingImages(session, images),
        quant_format=QuantFormat.QDQ,
        # The rest costs next to nothing, and the joint decoder's sums come out misshapen.
        op_types_to_quantize=["Conv", "Gemm", "MatMul"],
        per_channel=True,
        # 7 bits: without VNNI two 8-bit products may overflow the 16 bits they are summed in.
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return folders


def measure(
    task: str, folder: Path, collected: Collected, places: np.ndarray
) -> tuple[str, float, tuple[float, float]]:
    """AUC of the classifier, or Dice of the positives; bootstrap over images."""
    labels = collected.labels(places)
    if task == "classification":
        classifier = ClassifierSession(folder)
        found = np.array(
            [classifier.probability(collected.images[p]) for p in progress(places, folder.name)]
        )
        rows, metric = np.arange(len(places)), "AUC"

        def statistic(chosen: np.ndarray) -> float:
            return area_under_curve(found[chosen], labels[chosen])
    else:
        segmenter = SegmenterSession(folder)
        positives = places[[collected.rows[place].has_mask for place in places]]
        overlaps = np.array(
            [
                dice(segmenter.mask(collected.images[p]), collected.masks[p] > 0)
                for p in progress(positives, folder.name)
            ]
        )
        rows, metric = np.arange(len(positives)), "Dice of the positives"

        def statistic(chosen: np.ndarray) -> float:
            return mean_or_nan(overlaps[chosen])

    return metric, statistic(rows), bootstrap_interval(statistic, rows.astype(str))


def time_together(folders: dict[str, Path], image: np.ndarray, rounds: int) -> dict[str, float]:
    """Median milliseconds of each. One after the other, round by round: a busy machine hits all."""
    sessions = {kind: BundleSession(folder, threads=1) for kind, folder in folders.items()}
    taken: dict[str, list[float]] = {kind: [] for kind in folders}
    for _ in range(rounds):
        for kind, session in sessions.items():
            tensor = session.prepare(image)
            started = time.perf_counter()
            session.session.run(None, {session.bundle["input"]["name"]: tensor})
            taken[kind].append(1000 * (time.perf_counter() - started))
    return {kind: float(np.median(times[2:])) for kind, times in taken.items()}


def table_of(rows: list[Row]) -> str:
    head = "| bundle | weights | MB | ms, one thread | metric | value (95 % interval) |"
    lines = [head, "|---|---|---|---|---|---|"]
    for row in rows:
        low, high = row.interval
        lines.append(
            f"| {row.task} | {row.precision} | {row.size:.1f} | {row.milliseconds:.0f} "
            f"| {row.metric} | {row.value:.3f} ({low:.3f}–{high:.3f}) |"
        )
    return "\n".join(lines)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder made by `collect`")
    parser.add_argument("--weights", type=Path, required=True, help="those the bundles came from")
    parser.add_argument("--bundles", type=Path, required=True, help="folder made by `finish`")
    parser.add_argument("--rounds", type=int, default=22, help="of the timing, two are not counted")
    arguments = parser.parse_args(words)
    collected = load_collected(arguments.data)
    places, known = collected.places("validation"), collected.places("train")
    spread = known[np.linspace(0, len(known) - 1, CALIBRATION_IMAGES).astype(int)]
    images = [collected.images[place] for place in spread]
    choice = json.loads((arguments.bundles / "choice.json").read_text())
    network = load_trained(arguments.weights).network
    network = Mirrored(network) if choice["mirror"] else network
    module = Exported(network, choice.get("calibration", {}).get("shift", 0.0))
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for folder in sorted(path.parent for path in arguments.bundles.glob("*/model.json")):
            task = json.loads((folder / "model.json").read_text())["task"]
            folders = write_variants(module, folder, Path(work) / task, images)
            milliseconds = time_together(folders, images[0], arguments.rounds)
            for kind, variant in folders.items():
                size = (variant / "model.onnx").stat().st_size / 1e6
                found = measure(task, variant, collected, places)
                rows.append(Row(folder.name, kind, size, milliseconds[kind], *found))
    print(table_of(rows))


if __name__ == "__main__":
    main()
