"""Command: radiographs and their annotations become a data set to train on.

The product's own `pleura prepare-dataset` decodes and prepares them, so that training and serving
see the same pixels, and splits them by patient.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .dataset import (
    PREPARED_SIDE,
    Collected,
    in_sides,
    load_collected,
    pack_prepared,
    read_prepared,
)

GRID = "1024x1024"
"""Of the competition's run lengths, whatever the size of the image."""
USED_SOME = 2
"""Exit code of `pleura prepare-dataset` when it left some files out, with reasons."""


@dataclass(frozen=True)
class Source:
    """`words`: the folder and the annotations, as `pleura prepare-dataset` takes them."""

    words: list[str]
    labels: Path | None = None


def collect(
    pleura: str, sources: list[Source], out: Path, side: int, split: Path | None = None
) -> Collected:
    """Prepares once and packs once: what an earlier call has finished is kept.

    Without a split file the preparation splits each source by patient.
    Raises ValueError when the side is not there to be reduced to, other data lie in `out`, or the
    split does not fit; RuntimeError when a preparation failed.
    """
    if not 32 <= side <= PREPARED_SIDE:
        raise ValueError(f"--side is {side}; prepared images have {PREPARED_SIDE}: give 32 to that")
    out.mkdir(parents=True, exist_ok=True)
    parts = [*(shlex.join(source.words) for source in sources), f"--side {side}"]
    if split is not None:
        parts.append(f"--split {hashlib.sha256(split.read_bytes()).hexdigest()}")
    asked, made_of = " ".join(parts), out / "made-of.txt"
    if made_of.exists() and made_of.read_text() != asked:
        raise ValueError(
            f"{out} was made of other data ({made_of.read_text()}). Give another --out, or delete "
            "it."
        )
    made_of.write_text(asked)
    if (out / "index.json").exists():
        return load_collected(out)
    entries = []
    for number, source in enumerate(sources):
        prepared = out / ("prepared" if len(sources) == 1 else f"prepared-{number + 1}")
        prepare(pleura, source.words, prepared)
        entries += read_prepared(prepared, source.labels)
    if split is not None:
        entries = in_sides(entries, json.loads(split.read_text())["sides"])
    return pack_prepared(entries, out, side)


def prepare(pleura: str, words: list[str], prepared: Path) -> None:
    if (prepared / "done").exists():
        return
    command = [*shlex.split(pleura), "prepare-dataset", *words]
    command += ["--out", str(prepared), "--sizes", str(PREPARED_SIDE)]
    try:
        ended = subprocess.run(command, check=False)
    except FileNotFoundError:
        raise RuntimeError(
            f"{command[0]} is not there. Give --pleura how the product is started, such as "
            "'node dist/lib/cli/main.js' after npm ci."
        ) from None
    if ended.returncode not in (0, USED_SOME):
        raise RuntimeError(f"{shlex.join(command)} ended with {ended.returncode}")
    (prepared / "done").touch()


def sources_of(arguments: argparse.Namespace) -> list[Source]:
    if arguments.folders:
        return [folder_source(folder) for folder in arguments.folders]
    return [Source(source_words(arguments), arguments.labels)]


def folder_source(folder: Path) -> Source:
    """A folder with images/, index.csv and train-rle.csv on the competition's grid."""
    labels = folder / "index.csv"
    for part in (folder / "images", labels, folder / "train-rle.csv"):
        if not part.exists():
            raise ValueError(f"{part} is not there: --folders takes what holds all three")
    words = [str(folder / "images"), "--labels", str(labels)]
    return Source([*words, "--rle", str(folder / "train-rle.csv"), "--rle-shape", GRID], labels)


def source_words(arguments: argparse.Namespace) -> list[str]:
    if arguments.siim:
        folder = arguments.siim / "dicom-images-train"
        table = arguments.siim / "train-rle.csv"
        for part in (folder, table):
            if not part.exists():
                raise ValueError(f"{part} is not there: --siim takes the competition's folder")
        return [str(folder), "--rle", str(table)]
    words = [str(arguments.images)]
    for option in ("labels", "rle", "rle_shape", "where"):
        given = getattr(arguments, option)
        if given is not None:
            words += [f"--{option.replace('_', '-')}", str(given)]
    return words


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--siim", type=Path, help="folder with dicom-images-train/ and train-rle.csv"
    )
    source.add_argument(
        "--folders",
        type=Path,
        nargs="+",
        help="several data sets as one: folders with images/, index.csv and train-rle.csv",
    )
    source.add_argument("--images", type=Path, help="folder with DICOM, PNG or JPEG files")
    parser.add_argument("--labels", type=Path, help="with --images: id, label, patient, …")
    parser.add_argument("--rle", type=Path, help="with --images: ImageId, EncodedPixels")
    parser.add_argument("--rle-shape", help="with --rle: grid of the run lengths, as 1024x1024")
    parser.add_argument("--where", help="with --labels: only these rows, as split=silver")
    parser.add_argument("--out", type=Path, required=True, help="folder of the data set")
    parser.add_argument(
        "--split", type=Path, help="json with the ids of each side; others are left out"
    )
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--pleura", default="npx pleura", help="how the product is started")
    arguments = parser.parse_args(words)
    try:
        found = collect(
            arguments.pleura, sources_of(arguments), arguments.out, arguments.side, arguments.split
        )
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        parser.error(str(error))
    counts = Counter((row.split, row.label) for row in found.rows)
    for split in dict.fromkeys(row.split for row in found.rows):
        print(f"{split}: {counts[split, 0]} without, {counts[split, 1]} with pneumothorax")
    print(f"digest {found.digest[:16]}")


if __name__ == "__main__":
    main()
