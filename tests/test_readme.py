"""The README tells the truth: its commands run, and print what it shows."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path

import pytest

import xlkpi
from tests import test_proof_catalogue, test_proof_random
from tests.project import ROOT, attempt, fresh_copy, run
from xlkpi.cli import cli
from xlkpi.formula.tree import FUNCTIONS

README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = "[…]\n"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def command_with(end: str) -> str:
    """The one command line of the README that ends so."""
    found = [line for block in blocks("sh") for line in block.splitlines() if line.endswith(end)]
    assert len(found) == 1, found
    return found[0]


def shown(printed: str, expected: str) -> bool:
    """Whether an output is what the README shows of it: its beginning and, after each […], whole lines further on."""
    first, *pieces = expected.split(ELSEWHERE)
    if not printed.startswith(first) or (not pieces and printed != first):
        return False
    at = len(first)
    for piece in filter(None, pieces):
        at = printed.find("\n" + piece, at - 1)
        if at < 0:
            return False
        at += len(piece) + 1
    return expected.endswith(ELSEWHERE) or at == len(printed)


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.partition("\n")[0].removeprefix("$ "))
def test_commands_print_what_the_readme_shows(block: str, tmp_path: Path) -> None:
    for yaml in blocks("yaml"):
        tmp_path.joinpath(yaml.splitlines()[0].removeprefix("# ")).write_text(yaml, encoding="utf-8")
    before, *sessions = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert before == ""
    for session in sessions:
        line, _, expected = session.partition("\n")
        program, *arguments = shlex.split(line)
        assert program == "xlkpi"
        printed = attempt([sys.executable, "-m", "xlkpi", *arguments], tmp_path).stdout
        assert shown(printed, expected), printed


def test_python_answers_as_the_readme_shows() -> None:
    assert blocks("python")
    for number, block in enumerate(blocks("python")):
        example = doctest.DocTestParser().get_doctest(block, {}, f"README.md, example {number + 1}", "README.md", 0)
        told: list[str] = []
        doctest.DocTestRunner().run(example, out=told.append)
        assert "".join(told) == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the first command's Windows spelling needs PowerShell")
def test_the_first_command_works_in_a_fresh_copy(tmp_path: Path) -> None:
    copy = fresh_copy(tmp_path / "xlkpi")
    environment = {"LANG": "fr_FR.UTF-8", "LC_ALL": ""}
    printed = run("bash", "-c", command_with("xlkpi demo"), cwd=copy, environment=environment)
    assert "10 objectifs" in printed
    assert (copy / "xlkpi-demo" / "boutique.xlsx").stat().st_size > 100_000
    assert "=KPI_ROI(B2;C2)" in run(".venv/bin/xlkpi", "kpi", "roi", cwd=copy, environment=environment)


def test_continuous_integration_ends_with_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == command_with(".venv/bin/pytest")


def test_the_windows_spelling_does_the_same() -> None:
    for line, end in zip("".join(blocks("powershell")).splitlines(), ("xlkpi demo", ".venv/bin/pytest"), strict=True):
        assert line.replace("\\Scripts\\", "/bin/").replace("; ", " && ").replace(
            "py -m", "python3 -m"
        ) == command_with(end)


def test_every_command_function_and_number_of_the_readme_is_right() -> None:
    assert set(re.findall(r"^\| `xlkpi ([a-z]+)", README, re.MULTILINE)) == set(cli.commands)
    functions = re.search(r"^\| functions \| (.*) \|$", README, re.MULTILINE)
    assert functions is not None
    assert functions[1].replace("`", "").split() == sorted(FUNCTIONS)
    assert f"{len(xlkpi.catalogue())} KPIs" in README
    assert f"on {test_proof_catalogue.CASES} generated inputs" in README
    assert f"{test_proof_random.FORMULAS:,} random formulas" in README


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("a\nb\nc\n", "b\n[…]\n"), ("a\nb\nc\n", "a\nb\n"), ("a\nb\nc\n", "a\n[…]\nd\n"), ("a\nbb\nc\n", "a\n[…]\nb\n")],
)
def test_an_output_that_differs_is_noticed(printed: str, expected: str) -> None:
    assert not shown(printed, expected)
    assert shown(printed, "a\n[…]\nc\n")
