"""The plain KPI functions in VBA alone: no Python, for Excel 2016 and later on Windows and on Mac."""

from __future__ import annotations

from collections.abc import Mapping

import xlkpi
from xlkpi.addin.xlam import need_extras, package
from xlkpi.catalogue import KPI
from xlkpi.formula.vba import VbaFunction
from xlkpi.formula.vba import module as printed

MODULE, XLAM = "xlkpi_kpis.bas", "xlkpi_kpis.xlam"


def module(kpis: Mapping[str, KPI]) -> str:
    """The module of the functions of KPIs, as a ``.bas`` file that any workbook can import. Raises FormulaError."""
    functions = [
        VbaFunction(name, kpi.compiled.root, tuple(kpi.inputs), kpi.limits, kpi.formula) for name, kpi in kpis.items()
    ]
    heading = [f"Made by xlkpi {xlkpi.__version__}: {len(functions)} marketing KPIs as functions, without Python."]
    return printed(functions, heading=heading)


def addin(kpis: Mapping[str, KPI]) -> bytes:
    """The same module as an add-in."""
    need_extras()
    return package({"xlkpi_kpis": module(kpis)})
