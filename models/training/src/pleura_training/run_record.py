"""What a training run leaves behind, so that it can be resumed, compared and believed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import torch


def current_commit() -> str:
    """Commit of the training code; `-dirty` when this package differs from it."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ("git", *words), cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("-dirty" if git("status", "--porcelain", ".") else "")
    except (subprocess.CalledProcessError, FileNotFoundError):
        return "unknown"


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_record(folder: Path, record: dict) -> None:
    (folder / "run.json").write_text(json.dumps(record, indent=1) + "\n")


def append_metrics(folder: Path, row: dict) -> None:
    with open(folder / "metrics.jsonl", "a") as file:
        file.write(json.dumps(row) + "\n")


def write_metrics(folder: Path, rows: list[dict]) -> None:
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def read_metrics(folder: Path) -> list[dict]:
    path = folder / "metrics.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def save_checkpoint(path: Path, state: dict) -> None:
    """Written beside, then renamed: a kill leaves the old checkpoint or the new, never half."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)
