"""Recognising a platform by the columns of its exports, and saying why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from xlkpi.sources.headers import normal
from xlkpi.sources.preset import Export, preset, presets
from xlkpi.sources.source import fail


@dataclass(frozen=True)
class Match:
    """A preset's export that fits a table: the headers that tell it, and how many columns it knows."""

    preset: str
    export: str
    headers: tuple[str, ...]
    known: int
    columns: int

    @property
    def found(self) -> Export:
        """The export's definition."""
        return preset(self.preset).exports[self.export]


def detect(names: Sequence[str], only: str | None = None, file: str | None = None) -> Match:
    """The preset (or, with ``only``, the export of that preset) that the columns of a table belong to.

    Raises SourceError when none fits, or when two fit equally well.
    """
    named = {normal(name): name for name in names if name}
    ids = [only] if only else list(presets())
    fitting = [
        m for id_ in ids for key, export in preset(id_).exports.items() if (m := _match(id_, key, export, named))
    ]
    matches = [m for m in fitting if _is_named(m.found, file)]
    matches.sort(key=lambda m: -m.known)
    shown = ", ".join(list(named.values())[:12])
    if fitting and not matches:
        patterns = [name for m in fitting for name in m.found.named]
        fail("preset_named", file, preset=preset(fitting[0].preset).name, names=", ".join(patterns))
    if not matches:
        if only:
            fail(
                "preset_differs",
                file,
                key="preset",
                preset=preset(only).name,
                wanted=_wanted(only, named),
                columns=shown,
            )
        fail("preset_none", file, key="preset", columns=shown, known=", ".join(presets()))
    if len(matches) > 1 and matches[0].known == matches[1].known:
        first, second = matches[:2]
        if first.preset != second.preset:
            fail("preset_open", file, key="preset", first=first.preset, second=second.preset)
    return matches[0]


def _match(id_: str, key: str, export: Export, named: dict[str, str]) -> Match | None:
    telling = []
    for group in export.recognise:
        hit = next((header for name in group if (header := _hit(normal(name), named))), None)
        if hit is None:
            return None
        telling.append(hit)
    aliases = {
        normal(n)
        for t in export.columns
        for n in (*export.column(t).names, *export.column(t).rate, *export.column(t).minus)
    }
    aliases |= {normal(n) for n in (*export.ratios, *export.ignore)}
    if export.period:
        aliases |= {normal(n) for n in (*export.period.start, *export.period.end)}
    return Match(id_, key, tuple(dict.fromkeys(telling)), sum(1 for n in named if n in aliases), len(named))


def _is_named(export: Export, file: str | None) -> bool:
    """Whether a file or table has a name by which the export is told apart from others of the same columns."""
    name = PurePosixPath(file or "").name.lower()
    return not export.named or any(fnmatchcase(name, pattern) for pattern in export.named)


def _hit(wanted: str, named: dict[str, str]) -> str | None:
    if "*" in wanted:
        return next((header for name, header in named.items() if fnmatchcase(name, wanted)), None)
    return named.get(wanted)


def _wanted(id_: str, named: dict[str, str]) -> str:
    """The headers that the nearest export of a preset has and the table has not."""
    lacking: list[list[str]] = [
        [group[0] for group in export.recognise if not any(_hit(normal(name), named) for name in group)]
        for export in preset(id_).exports.values()
    ]
    fewest = min(lacking, key=len)
    return ", ".join(fewest)
