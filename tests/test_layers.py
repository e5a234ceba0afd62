"""Imports run downward only, each heavy library has one home, and starting loads none of them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import xlkpi

ROOT = Path(xlkpi.__file__).parent
SOURCES = sorted(path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts)
#: From the ground up; a module may import its own layer and those below. A new module gets its place here.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"language", "errors", "documents", "yaml_reader", "validation", "cache", "cadence"}),
    frozenset({"formula"}),
    frozenset({"catalogue"}),
    frozenset({"objectives", "smart", "status", "analysis", "sources", "sample", "starter"}),
    frozenset({"scorecard", "alerts", "effects", "experiments", "reviews"}),
    frozenset({"workbook", "workbook_templates"}),
    frozenset({"distribute"}),
    frozenset(
        {
            "udfs",
            "addin",
            "cli",
            "cli_catalogue",
            "cli_check",
            "cli_build",
            "cli_addin",
            "cli_addin_files",
            "cli_distribute",
            "cli_functions",
            "cli_parts",
            "cli_refresh",
            "cli_upgrade",
            "__main__",
        }
    ),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HOMES = {
    "ibis": {"sources"}, "duckdb": {"sources"}, "xlsxwriter": {"workbook"}, "openpyxl": {"workbook"},
    "xlwings": {"udfs", "addin"},
}  # fmt: skip
HEAVY = ("numpy", "pandas", "pydantic", "yaml", "duckdb", "ibis", "xlwings", "pyarrow", "openpyxl", "xlsxwriter")


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """The dotted names that a file imports, anywhere in it, with their lines."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    package = ["xlkpi", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def edges() -> Iterator[tuple[str, str, str]]:
    """(importing part, imported part, where) inside xlkpi."""
    for path in SOURCES:
        for name, line in imports(path):
            parts = name.split(".")
            if parts[0] == "xlkpi" and len(parts) > 1 and package_of(path) != "__init__":
                yield package_of(path), parts[1], f"{path.relative_to(ROOT)}:{line}"


def test_every_module_has_its_place_among_the_layers() -> None:
    assert {package_of(path) for path in SOURCES} - set(LEVEL) - {"__init__"} == set()


def test_imports_run_downward_only() -> None:
    upward = [
        f"{where}: {importer} imports {imported}"
        for importer, imported, where in edges()
        if imported in LEVEL and LEVEL[imported] > LEVEL[importer]
    ]
    assert upward == []


def test_the_parts_of_one_layer_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for importer, imported, _ in edges():
        if importer != imported and LEVEL.get(importer, 0) == LEVEL.get(imported, 0) > 0:
            graph.setdefault(importer, set()).add(imported)
    for start in graph:
        reached, waiting = set[str](), list(graph[start])
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting += graph.get(here, ())
        assert start not in reached, f"{start} reaches itself through {sorted(reached)}"


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_is_imported_in_its_home_only(library: str) -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for name, line in imports(path)
        if name.split(".")[0] == library and package_of(path) not in HOMES[library]
    ]
    assert strays == []


@pytest.mark.parametrize(
    "code",
    [
        "import xlkpi",
        "from xlkpi.cli import run; run(['--help'])",
        "from xlkpi.cli import run; run(['--version'])",
        "from xlkpi.cli import run; run(['kpis', '--help'])",
        "from xlkpi.formula import Formula; Formula.parse('a / b')(a=[1], b=[2])",
        "import xlkpi; xlkpi.Formula.parse('a / b').outcome(a=1, b=2)",
    ],
)
def test_starting_and_single_values_load_nothing_heavy(code: str) -> None:
    subprocess.run([sys.executable, "-c", "from xlkpi.language import texts; texts('en'), texts('fr')"], check=True)
    check = f"import sys\n{code}\nprint('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_the_public_names_are_those_that_the_package_lists() -> None:
    for name in xlkpi.__all__:
        assert getattr(xlkpi, name) is not None
    assert set(xlkpi.__all__) <= set(dir(xlkpi))
    with pytest.raises(AttributeError):
        xlkpi.no_such_name  # noqa: B018  # the access is what is tested
