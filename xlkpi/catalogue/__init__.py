"""The catalogue of KPIs: measures.yaml, and one YAML file per family.

A KPI is one entry in one file; everything else - the Python value, the Excel formula, the LAMBDA, the SQL, the help -
is made from it.
"""

from xlkpi.catalogue.load import catalogue, extended, load_files, load_own
from xlkpi.catalogue.model import KPI, Catalogue, Input, Measure, Source, say

__all__ = [
    "KPI",
    "Catalogue",
    "Input",
    "Measure",
    "Source",
    "catalogue",
    "extended",
    "load_files",
    "load_own",
    "say",
]
