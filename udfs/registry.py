"""The registry: every function that stands in cells, made once from the catalogue and ``functions.yaml``.

It imports neither xlwings nor numpy, so that it also runs in WebAssembly; :mod:`xlkpi.udfs.excel` hands it to xlwings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from xlkpi.catalogue import KPI, Catalogue
from xlkpi.language import languages

from .cells import ERROR_NUMBERS
from .settings import catalogue
from .specification import Argument, Function

__all__ = ["ERROR_NUMBERS", "Argument", "Function", "function", "functions"]

FILE = Path(__file__).with_name("functions.yaml")
#: Example cells for the arguments of a KPI.
COLUMNS = "BCDEFGHIJ"


def functions() -> Mapping[str, Function]:
    """All functions by name: the catalogue's KPIs, those of the project in the settings too, then the others."""
    return of_catalogue(catalogue())


def function(name: str) -> Function:
    """A function by its name, in any case. Raises KeyError."""
    return functions()[name.upper()]


_made: list[tuple[Catalogue, dict[str, Function]]] = []


def of_catalogue(kpis: Catalogue) -> Mapping[str, Function]:
    """The registry over a catalogue; made once for the one that is in use."""
    if not _made or _made[0][0] is not kpis:
        made = {kpi.function: _of_kpi(kpi, kpis) for kpi in kpis.functions.values()}
        _made[:] = [(kpis, {**made, **named()})]
    return _made[0][1]


def _of_kpi(kpi: KPI, kpis: Catalogue) -> Function:
    from . import kpis as calls

    adds_rows = kpi.compiled.adds_rows
    words = {name: {code: kpis.describe_input(kpi, name, code) for code in languages()} for name in kpi.inputs}
    arguments = tuple(
        Argument(name, _capital(words[name]), "column" if adds_rows else "number", name not in kpi.compiled.required)
        for name in kpi.inputs
    )
    summary = {code: kpi.definition.get(code) or kpi.label(code) for code in languages()}
    cells = (f"{c}2:{c}13" if adds_rows else f"{c}2" for c in COLUMNS)
    example = f"{kpi.function}({','.join(cell for cell, _ in zip(cells, kpi.inputs, strict=False))})"
    call = partial(calls.rows_to_one if adds_rows else calls.each_cell, kpi)
    shape = "one" if adds_rows else "each"
    return Function(kpi.function, arguments, summary, call, kpi.family, shape, kpi.id, example, kpi.name)  # type: ignore[arg-type]  # a Shape


def _capital(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: words[:1].upper() + words[1:] for code, words in texts.items()}


@lru_cache(maxsize=1)
def named() -> dict[str, Function]:
    """The functions that are not one KPI each."""
    from xlkpi.cache import cached

    def build() -> Any:
        from xlkpi.documents import read

        return read(FILE).data

    made = {}
    for name, entry in cached("functions", [FILE], build).items():
        arguments = tuple(
            Argument(
                argument,
                spec["help"],
                spec.get("kind", "number"),
                spec.get("optional", False),
                spec.get("repeating", False),
                spec.get("default"),
            )
            for argument, spec in entry["arguments"].items()
        )
        call = _late(*entry["run"].rsplit(".", 1))
        made[name] = Function(
            name, arguments, entry["summary"], call, entry["family"], entry["shape"], None, entry["example"],
            entry["title"], size=entry.get("size", {}),
        )  # fmt: skip
    return made


def _late(module: str, name: str) -> Callable[..., Any]:
    """A call that imports its module when it is first made: what a cell does not use, it does not wait for."""

    @cache
    def found() -> Callable[..., Any]:
        called: Callable[..., Any] = getattr(import_module(f"xlkpi.udfs.{module}"), name)
        return called

    def call(*arguments: Any) -> Any:
        return found()(*arguments)

    return call
