"""The command: results, exit codes, and every error in words, in the language of the user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import xlkpi
from xlkpi.cli import run

Captured = pytest.CaptureFixture[str]
OWN = """kpis:
  mine: {name: X, unit: currency, direction: lower, formula: cost/clicks, example: {cost: 6, clicks: 3, result: 2}}
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    monkeypatch.delenv("XLKPI_DEBUG", raising=False)


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if k not in ("XLKPI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")}
    env = {**kept, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run([sys.executable, "-m", "xlkpi.cli", *arguments], capture_output=True, env=env, timeout=60)


def shown(captured: Captured, *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    out, err = captured.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_the_list_shows_every_kpi_with_its_call(capsys: Captured) -> None:
    code, out, err = shown(capsys, "kpis")
    assert (code, err) == (0, "")
    for id in xlkpi.catalogue():
        assert f"  {id} " in out
    assert "=KPI_ROI(B2,C2)" in out


@pytest.mark.parametrize(
    "words", [["coût", "acquisition"], ["COUT"], ["cout acquisition"], ["Coût d’acquisition"], ["cout d'acquisition"]]
)
def test_search_works_without_accents_and_case(words: list[str], capsys: Captured) -> None:
    code, out, _ = shown(capsys, "kpis", *words)
    assert code == 0
    assert "  cac " in out


def test_a_family_is_listed_alone(capsys: Captured) -> None:
    found = json.loads(shown(capsys, "kpis", "--family", "seo", "--json")[1])
    assert {kpi["family"] for kpi in found} == {"seo"}


def test_a_search_without_a_result_says_so_and_is_an_empty_list_in_json(capsys: Captured) -> None:
    code, out, err = shown(capsys, "kpis", "zzzz")
    assert (code, out) == (0, "")
    assert "zzzz" in err
    assert shown(capsys, "kpis", "zzzz", "--json")[:2] == (0, "[]\n")


def test_a_kpi_is_shown_as_both_excels_show_it(capsys: Captured) -> None:
    for language, native in (("en", "=IF(ISNUMBER(B2)"), ("fr", "=SI(ESTNUM(B2)")):
        code, out, _ = shown(capsys, "kpi", "roi", "--language", language)
        assert code == 0
        assert "=KPI_ROI(B2;C2)" in out
        assert "=KPI_ROI(B2,C2)" in out
        assert native in out


@pytest.mark.parametrize("kpi", xlkpi.catalogue())
def test_every_kpi_is_shown_in_both_languages_and_as_json(kpi: str, capsys: Captured) -> None:
    for language in ("fr", "en"):
        assert shown(capsys, "kpi", kpi, "--language", language)[0] == 0
        code, out, _ = shown(capsys, "kpi", kpi, "--json", "--language", language)
        found: dict[str, Any] = json.loads(out)
        assert code == 0
        assert found["id"] == kpi
        assert found["name"] == xlkpi.catalogue()[kpi].label(language)
        assert set(found["calls"]) == set(found["formulas"]) == {"fr", "en"}
        assert found["excel"].startswith("=")


def test_own_kpis_stand_beside_the_catalogues(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    code, out, _ = shown(capsys, "kpi", "mine", "--file", str(tmp_path / "own.yaml"))
    assert code == 0
    assert "€6.00 / 3" in out or "6 / 3 = €2.00" in out


@pytest.mark.parametrize(
    ("arguments", "code", "french", "english"),
    [
        (["kpiss"], 2, "Vouliez-vous dire «\u00a0kpis\u00a0»\u202f?", "Did you mean 'kpis'?"),
        (["zzz"], 2, "la commande «\u00a0zzz\u00a0» n’existe pas", "there is no command 'zzz'"),
        (["kpis", "--fam"], 2, "l’option --fam n’existe pas", "there is no option --fam"),
        (["-x"], 2, "l’option -x n’existe pas", "there is no option -x"),
        (["kpis", "--family"], 2, "--family demande une valeur", "--family needs a value"),
        (["kpis", "--json=5"], 2, "--json ne prend pas de valeur", "--json takes no value"),
        (["kpis", "--family", "zzz"], 2, "la famille «\u00a0zzz\u00a0» n’existe pas", "there is no family 'zzz'"),
        (["kpis", "--language", "de"], 2, "--language prend l’une des valeurs", "--language takes one of"),
        (["kpi"], 2, "ID manque", "ID is missing"),
        (["kpi", "roi", "cpa"], 2, "«\u00a0cpa\u00a0» est un argument de trop", "'cpa' is one argument too many"),
        ([], 2, "Utilisation\u00a0:", "Usage:"),
        (["kpi", "roii"], 1, "vouliez-vous dire «\u00a0roi\u00a0»", "did you mean 'roi'?"),
        (["kpi", ""], 1, "n’existe pas", "there is no"),
        (["kpis", "--file", "nowhere.yaml"], 1, "le fichier n’existe pas", "the file does not exist"),
        (["kpis", "--file", "."], 1, "ne peut pas être lu", "can't be read"),
        (["refresh", "."], 1, "ne peut pas être", "can't be"),
        (["refresh", "x.xlsx", "--backups", "-1"], 2, "un nombre entier de 0 à 99", "a whole number from 0 to 99"),
        (["refresh", "x.xlsx", "--who", "Ana"], 2, "--who va avec --accept-targets", "--who is for --accept-targets"),
        (["upgrade", "x.xlsx", "--leave-behind", "--backups", "0"], 2, "n’en fait pas", "makes none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_a_mistake_is_told_in_the_users_language(
    arguments: list[str], code: int, french: str, english: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, words in (("fr", french), ("en", english)):
        monkeypatch.setenv("XLKPI_LANGUAGE", language)
        found, out, err = shown(capsys, *arguments)
        assert (found, out) == (code, "")
        assert words in err


def test_mistakes_are_data_with_json(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "own.yaml").write_text(OWN.replace("currency", "euros").replace("lower", "down"), encoding="utf-8")
    code, out, err = shown(capsys, "kpis", "--file", str(tmp_path / "own.yaml"), "--json")
    found = json.loads(out)["problems"]
    assert code == 1
    assert [(p["key"], p["line"]) for p in found] == [("kpis.mine.unit", 2), ("kpis.mine.direction", 2)]
    assert all(p["wrong"] and p["fix"] and p["file"] for p in found)
    assert "own.yaml:2" in err


def test_the_language_of_one_run_is_not_the_next_ones(capsys: Captured) -> None:
    assert "Coût" in shown(capsys, "kpis", "cpa", "--language", "fr")[1]
    assert "Coût" not in shown(capsys, "kpis", "cpa")[1]


def test_a_language_before_the_command_holds_too(capsys: Captured) -> None:
    assert "Coût" in shown(capsys, "--language", "fr", "kpis", "cpa")[1]


def test_help_and_version_are_there(capsys: Captured) -> None:
    assert shown(capsys, "--version") == (0, f"xlkpi {xlkpi.__version__}\n", "")
    for arguments in (["--help"], ["-h"], ["kpis", "--help"], ["kpi", "-h"]):
        code, out, _ = shown(capsys, *arguments)
        assert code == 0
        assert "--language" in out


def test_an_unexpected_error_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("xlkpi.cli._catalogue", fail)
    code, out, err = shown(capsys, "kpis")
    assert (code, out) == (1, "")
    assert "ZeroDivisionError: deep inside" in err


@pytest.mark.parametrize(
    ("locale", "words"), [("fr_CA.UTF-8", "Commandes"), ("C.UTF-8", "Commands"), ("en_US.UTF-8", "Commands")]
)
def test_the_command_speaks_the_systems_language(locale: str, words: str) -> None:
    done = command("--help", LANG=locale)
    assert done.returncode == 0
    assert words in done.stdout.decode()


def test_a_console_that_lacks_characters_gets_the_nearest_ones() -> None:
    done = command("kpi", "ctr", LANG="fr_FR.UTF-8", PYTHONIOENCODING="cp1252")
    out = done.stdout.decode("cp1252")
    assert done.returncode == 0
    assert "450 / 36 000 = 1,25 %" in out
    assert "Définition" in out
    assert "\ufffd" not in out
    assert "?%" not in out


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
@pytest.mark.parametrize("arguments", [["kpis"], ["kpis", "--json"], ["--help"]])
def test_a_reader_that_has_had_enough_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "xlkpi.cli", *arguments], stdout=writing, stderr=subprocess.PIPE, env=environment
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 0


def test_arguments_that_are_no_unicode_are_no_traceback() -> None:
    done = command(*(os.fsdecode(a) for a in (b"kpi", b"\xff\xfe")), LANG="fr_FR.UTF-8")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--help", "--language", "fr"],
        ["build", "--help", "--language=fr"],
        ["build", "--nope", "--language", "fr"],
    ],
)
def test_the_language_counts_wherever_it_stands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(words)
    told = capsys.readouterr()
    assert "Utilisation" in told.out or "Mauvaise utilisation" in told.err
