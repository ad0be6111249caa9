"""A progress bar where a person watches, silence where a log is written."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm


def progress(items: Iterable, title: str, initial: int = 0, total: int | None = None) -> Iterable:
    return tqdm(
        items,
        desc=title,
        initial=initial,
        total=total,
        disable=not sys.stderr.isatty(),
        leave=False,
    )
