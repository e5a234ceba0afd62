"""Spreadsheet engines that value Excel formulas, so that tests can require the same number from all of them.

`ENGINES` lists them. `engine.value(cells)` writes one workbook with all the cells and returns one result per
cell; it costs a few hundred milliseconds plus some microseconds a cell, so hand over thousands at once.

    from tests.engines import Cell, ENGINES
    ENGINES["ironcalc"].value([Cell((1000.0, 400.0), "({0}-{1})/{1}")])     # [1.5]
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from . import embedded, libreoffice
from .book import Block, Cell, ExcelError, Input, Result, Scalar, write_book

__all__ = [
    "ENGINES",
    "Cell",
    "Engine",
    "ExcelError",
    "Input",
    "Result",
    "Scalar",
    "available_engines",
    "require",
    "value_in",
]

REQUIRE = "XLKPI_REQUIRE_ENGINES"
_NO_NAMES: Mapping[str, str] = {}


def require(reason: str) -> NoReturn:
    """Skip the running test because an engine is missing, or fail it where `XLKPI_REQUIRE_ENGINES=1` is set.

    `reason` tells what is missing and how to get it.
    """
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{reason} ({REQUIRE}=1 makes every engine mandatory)", pytrace=False)
    pytest.skip(reason)


@dataclass(frozen=True)
class Engine:
    """One program that values formulas. `lambdas` tells whether it knows LAMBDA and LET."""

    name: str
    lambdas: bool
    available: Callable[[], str | None]
    read: Callable[[Path, Sequence[Block]], list[list[Result]]]

    def value(self, cells: Sequence[Cell], names: Mapping[str, str] = _NO_NAMES) -> list[Result]:
        """The result of every cell's formula, each as one ordinary (not array) formula.

        `names` are workbook-level defined names with their formulas. Skips or fails the test (`require`)
        where the engine is not installed.
        """
        return value_in([self.name], cells, names)[self.name]

    def spill(self, cells: Sequence[Cell], names: Mapping[str, str] = _NO_NAMES) -> list[tuple[Result, ...]]:
        """The results of every cell's formula as a dynamic array over as many rows as its longest input."""
        return [tuple(rows) for rows in _run([self], cells, names, spill=True)[self.name]]


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("libreoffice", False, libreoffice.available, libreoffice.read),
        Engine("ironcalc", True, embedded.ironcalc_available, embedded.ironcalc_read),
        Engine("cellrune", True, embedded.cellrune_available, embedded.cellrune_read),
        Engine("formulon", True, embedded.formulon_available, embedded.formulon_read),
    )
}


def value_in(
    engines: Iterable[str], cells: Sequence[Cell], names: Mapping[str, str] = _NO_NAMES
) -> dict[str, list[Result]]:
    """What `Engine.value` gives for each of the named engines, from one workbook written once."""
    found = _run([ENGINES[name] for name in engines], cells, names, spill=False)
    return {name: [rows[0] for rows in results] for name, results in found.items()}


def _run(
    engines: Sequence[Engine], cells: Sequence[Cell], names: Mapping[str, str], *, spill: bool
) -> dict[str, list[list[Result]]]:
    for engine in engines:
        missing = engine.available()
        if missing is not None:
            require(missing)
    if not cells:
        return {engine.name: [] for engine in engines}
    with tempfile.TemporaryDirectory(prefix="xlkpi-engine-") as folder:
        path = Path(folder, "cells.xlsx")
        blocks = write_book(path, cells, names, spill=spill)
        return {engine.name: engine.read(path, blocks) for engine in engines}


def available_engines() -> list[str]:
    """The names of the engines that can run here, in the order of `ENGINES`."""
    return [name for name, engine in ENGINES.items() if engine.available() is None]
