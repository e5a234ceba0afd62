"""The plain KPI functions in VBA alone: no Python, for Excel 2016 and later on Windows and on Mac."""

from __future__ import annotations

from collections.abc import Mapping

import xlkpi
from xlkpi.addin.wrappers import descriptions, runtime
from xlkpi.addin.xlam import need_extras, package, this_workbook
from xlkpi.catalogue import KPI, Catalogue
from xlkpi.formula.vba import VbaFunction
from xlkpi.formula.vba import module as printed
from xlkpi.udfs.registry import of_catalogue

#: There is no file of settings without Python: Excel's own language is spoken.
_NO_SETTINGS = """Attribute VB_Name = "xlkpi_settings"
Option Explicit

Public Function GetConfig(ByVal key As String, Optional ByVal default As String = "") As Variant
    GetConfig = default
End Function
"""
MODULE, XLAM = "xlkpi_kpis.bas", "xlkpi_kpis.xlam"


def module(kpis: Mapping[str, KPI]) -> str:
    """The module of the functions of KPIs, as a ``.bas`` file that any workbook can import. Raises FormulaError."""
    functions = [
        VbaFunction(name, kpi.compiled.root, tuple(kpi.inputs), kpi.limits, kpi.formula) for name, kpi in kpis.items()
    ]
    heading = [f"Made by xlkpi {xlkpi.__version__}: {len(functions)} marketing KPIs as functions, without Python."]
    return printed(functions, heading=heading)


def addin(kpis: Catalogue, explained: str | None = None) -> bytes:
    """The same module as an add-in, with the functions' help in *Insert function*.

    ``explained`` is the language of a sheet of tooltips. Raises DefinitionError.
    """
    need_extras()
    described = [function for function in of_catalogue(kpis).values() if function.kpi]
    modules = {
        "xlkpi_kpis": module(kpis.functions),
        "xlkpi_help": descriptions(described),
        "xlkpi_runtime": runtime(),
        "xlkpi_settings": _NO_SETTINGS,
    }
    return package(modules, this_workbook(), explained=(described, explained) if explained else None)
