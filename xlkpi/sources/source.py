"""What somebody says about a source: where it is, and what its columns mean when that is not plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

from xlkpi.errors import Place, Problem, SourceError

#: Called while bytes are read, with those of the file read so far and its size.
Progress = Callable[[Path, int, int], None]


@dataclass(frozen=True)
class Limits:
    """The sizes beyond which a file is refused, in bytes; ``ratio``: how often a packed file may grow."""

    file: int = 4_000_000_000
    unpacked: int = 4_000_000_000
    members: int = 1_000
    ratio: int = 1_000


@dataclass(frozen=True)
class Source:
    """One source of the project file, with every choice that an export can leave open.

    ``path``: a file, a folder, a pattern, or several. ``preset``: a platform's id, ``auto`` (the default where no
    ``measures`` are given) or ``none``. ``measures``: measure id -> column, or 1 to count rows. ``dimensions``: names
    of columns, or dimension -> column. ``keep`` and ``hash`` name personal columns, ``drop`` any column to leave out.
    ``member``: which files of a zip. ``header``: the row of the column names, from 1. ``decimal``: "," or ".", or
    column -> mark. ``dates``: ``day_first`` or ``month_first``. ``timezone``: the one in which moments become days
    (they have to tell their own). ``covers``: what a row's date stands for (``day``, ``week``, ``month``).
    ``duplicates``: ``drop``, ``keep`` or ``error``. ``overlap``: what to do with the same day and dimensions in two
    files with other numbers: ``error``, ``first``, ``last`` (by file name) or ``add``.
    """

    path: str | tuple[str, ...] | None = None
    preset: str | None = None
    date: str | None = None
    measures: Mapping[str, Any] = field(default_factory=dict)
    dimensions: Mapping[str, str] | tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    hash: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    member: str | None = None
    sheet: str | int | None = None
    table: str | None = None
    range: str | None = None
    header: int | None = None
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | Mapping[str, str] | None = None
    dates: str | None = None
    covers: str | None = None
    currency: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    timezone: str | None = None
    duplicates: str | None = None
    overlap: str = "error"

    @classmethod
    def of(cls, entry: Any) -> Source:
        """From a mapping or any object with the same keys; single names become tuples, None the default."""
        given = entry if isinstance(entry, Mapping) else vars(entry)
        known = {f.name: given.get(f.name) for f in fields(cls)}
        taken = {name: value for name, value in known.items() if value is not None}
        for name in ("keep", "drop", "hash", "key", "dimensions"):
            if name in taken:
                taken[name] = _names(taken[name])
        if isinstance(taken.get("measures"), list | tuple):
            taken["measures"] = {name: name for name in taken["measures"]}
        return cls(**taken)

    def decimal_of(self, column: str) -> str | None:
        """The decimal mark that the reader of this source was told for a column."""
        if isinstance(self.decimal, Mapping):
            return self.decimal.get(column)
        return self.decimal


def _names(given: Any) -> Any:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return given
    return tuple(given) if isinstance(given, Iterable) else ()


def need(library: str) -> None:
    """Raise SourceError, with what to install, when a library that reading needs is not there."""
    from importlib.util import find_spec

    try:
        found = find_spec(library) is not None
    except ValueError:  # taken out of sys.modules on purpose
        found = False
    if not found:
        fail("library", library=library)


def fail(code: str, file: str | None = None, *, key: str | None = None, **values: Any) -> NoReturn:
    """Raise a SourceError with the texts of ``problem.source_<code>``."""
    raise SourceError(Problem(f"source_{code}", values, Place(file=file, key=key)))
