"""Entries of model.json that every bundle states alike: shipped, of the study, made for a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def input_entry(side: int, channels: int, mean: Sequence[float], std: Sequence[float]) -> dict:
    """What the product makes of a prepared image for the network."""
    return {
        "name": "image",
        "rows": side,
        "columns": side,
        "channels": channels,
        "layout": "NCHW",
        "resize": "area-or-bilinear",
        "fit": "stretch",
        "valueRange": [0, 1],
        "mean": list(mean),
        "std": list(std),
    }


def logits_entry() -> dict:
    """One logit, of pneumothorax. @see SNOMED CT"""
    label = {"code": "36118008", "system": "http://snomed.info/sct", "display": "Pneumothorax"}
    return {"name": "logits", "activation": "sigmoid", "labels": [label], "positiveLabel": 0}


def probability_map_entry(grid: int, name: str = "logits") -> dict:
    return {"name": name, "activation": "sigmoid", "rows": grid, "columns": grid}


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
