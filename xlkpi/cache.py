"""Parsed data kept beside its source, the way Python keeps bytecode: JSON in ``__pycache__``.

YAML takes long to read and validate, and the first cell that Excel calculates waits for it. The key covers the
content of the sources and of the code beside them, so that an edit is never missed; where the folder can't be
written, everything works, only slower.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any


def cached(name: str, sources: Sequence[Path], build: Callable[[], Any], code: Sequence[Path] = ()) -> Any:
    """What ``build`` returns (plain JSON data), from the cache while ``sources`` and ``code`` are unchanged."""
    digest = blake2b(digest_size=16)
    for path in (*sources, *code):
        content = path.read_bytes()
        digest.update(b"%d:" % len(content) + content)
    key = digest.hexdigest()
    file = sources[0].parent / "__pycache__" / f"{name}.json"
    try:
        kept = json.loads(file.read_bytes())
        if kept["key"] == key:
            return kept["data"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no cache yet, or a torn or foreign one: it is made anew
    data = build()
    _keep(file, {"key": key, "data": data})
    return data


def _keep(file: Path, content: Any) -> None:
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(exist_ok=True)
        partial.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        partial.replace(file)
    except OSError:
        pass  # a read-only installation works without a cache
