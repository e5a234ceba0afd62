"""The wheel, the source distribution and the editable installation hold everything and behave alike."""

from __future__ import annotations

import json
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import xlkpi
from tests.project import ROOT, attempt, fresh_copy, run, scripts, shipped_files
from xlkpi.sources.connection import ENGINES

PACKAGES = sorted(
    path.removesuffix("/__init__.py").replace("/", ".") for path in shipped_files() if path.endswith("/__init__.py")
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh_copy(tmp_path_factory.mktemp("source") / "xlkpi")


@pytest.fixture(scope="module")
def built(source: Path) -> Path:
    """The folder with the source distribution, and the wheel that is built from it."""
    have_setuptools = int(version("setuptools").split(".")[0]) >= 77
    run(sys.executable, "-m", "build", *(["--no-isolation"] if have_setuptools else []), cwd=source)
    return source / "dist"


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new virtual environment with the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    run(scripts(folder) / "pip", "install", "-q", next(built.glob("*.whl")), cwd=folder)
    return scripts(folder)


def test_pyproject_lists_every_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(settings["tool"]["setuptools"]["packages"]) == PACKAGES


def test_every_database_has_the_extra_that_messages_name() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {engine.extra for engine in ENGINES.values()} - settings["project"]["optional-dependencies"].keys() == set()


def test_the_wheel_holds_every_file_of_every_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert sorted(held) == sorted(shipped_files())


def test_the_source_distribution_holds_every_file_of_every_package(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert {*shipped_files().values(), "pyproject.toml", "README.md", "LICENSE"} - held == set()


def test_the_wheel_works_without_the_development_dependencies(environment: Path, tmp_path: Path) -> None:
    tools = "import importlib.util as u; print([n for n in ('pytest', 'hypothesis', 'ibis') if u.find_spec(n)])"
    assert run(environment / "python", "-c", tools, cwd=tmp_path) == "[]\n"
    assert run(environment / "xlkpi", "--version", cwd=tmp_path) == f"xlkpi {xlkpi.__version__}\n"
    roi = json.loads(run(environment / "xlkpi", "kpi", "roi", "--json", cwd=tmp_path))
    assert (roi["id"], roi["example"]["result"]) == ("roi", 1.5)


def test_sources_without_the_libraries_that_read_them_say_what_to_install(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("day,revenue\n2026-01-01,10\n", encoding="utf-8")
    (tmp_path / "project.yaml").write_text(
        """xlkpi: 1
name: Shop
sources:
  shop: {path: sales.csv, date: day, measures: {revenue: revenue}}
objectives:
  - {id: sales, title: Sell more, kpi: revenue_total, kind: increase, baseline: 1, target: 2,
     start: 2026-01-01, due: 2026-12-31}
""",
        encoding="utf-8",
    )
    done = attempt([environment / "xlkpi", "check", "project.yaml", "--language", "en"], tmp_path)
    assert done.returncode == 1
    assert 'pip install "xlkpi[sources]"' in done.stdout
    assert "Sell more" in done.stdout


def test_the_command_and_python_m_print_the_same(environment: Path, tmp_path: Path) -> None:
    listed = run(environment / "python", "-m", "xlkpi", "kpis", "--json", cwd=tmp_path)
    assert listed == run(environment / "xlkpi", "kpis", "--json", cwd=tmp_path)
    assert {kpi["id"] for kpi in json.loads(listed)} == set(xlkpi.catalogue())


def test_an_editable_installation_behaves_like_the_wheel(environment: Path, source: Path, tmp_path: Path) -> None:
    wheel = _behaviour(environment, tmp_path)
    run(environment / "pip", "install", "-q", "--no-deps", "--force-reinstall", "-e", source, cwd=tmp_path)
    editable = _behaviour(environment, tmp_path)
    assert editable.pop("home") == str(source / "xlkpi")
    assert wheel.pop("home") != str(source / "xlkpi")
    assert editable == wheel


def _behaviour(commands: Path, cwd: Path) -> dict[str, object]:
    """What an installation can import, the data files that it finds, and what its command prints."""
    look = f"""
import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
def lacks(name):
    try:
        import_module(name)
    except ModuleNotFoundError as mistake:
        return mistake.name
def data(name):
    return sorted(path.name for path in Path(find_spec(name).submodule_search_locations[0]).glob("*.yaml"))
packages = {PACKAGES}
print(json.dumps({{
    "home": find_spec("xlkpi").submodule_search_locations[0],
    "data": {{name: data(name) for name in packages}},
    "lacks": {{name: lacks(name) for name in packages}},
}}))
"""
    found = json.loads(run(commands / "python", "-c", look, cwd=cwd))
    assert {*found["lacks"].values()} <= {None, "xlsxwriter"}  # of the extra that writes workbooks
    assert found["data"]["xlkpi.catalogue"]
    return {**found, "kpis": run(commands / "xlkpi", "kpis", "--json", cwd=cwd)}
