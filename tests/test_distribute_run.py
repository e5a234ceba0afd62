"""The commands: who gets what, what is due, what stands in the manifest, and what happens when one fails."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from tests.distributions import AUDIENCES, TODAY, YAML, project, texts
from xlkpi.cli import run
from xlkpi.distribute import package
from xlkpi.distribute.audiences import audiences, period
from xlkpi.distribute.digest import digest
from xlkpi.distribute.manifest import read_manifest
from xlkpi.distribute.run import distribute
from xlkpi.distribute.schedule import command, line
from xlkpi.errors import DefinitionError
from xlkpi.objectives import Audience, Project, load

PAGES = AUDIENCES.replace("workbook, html, mail", "html").replace("values_only, html, mail", "html")


@pytest.fixture
def known(tmp_path: Path) -> Project:
    return project(tmp_path / "un dossier", PAGES)


def test_the_manifest_tells_what_was_made_for_whom(known: Project, tmp_path: Path) -> None:
    made = distribute(known, tmp_path / "out", today=TODAY)
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    north = told["audiences"]["nord"]
    assert told["project"] == "Maison Témoin"
    assert north["period"] == ["2026-06-29", "2026-07-05"]
    assert told["audiences"]["sud"]["period"] == ["2026-06-01", "2026-06-30"]
    assert (north["cadence"], north["as_of"], north["team"]) == ("weekly", "2026-07-05", ["Équipe Nord"])
    assert north["recipients"] == ["a@example.org", "Bé <b@example.org>"]
    for outcome in made.outcomes:
        for path, file in zip(outcome.files, told["audiences"][outcome.id]["files"], strict=True):
            assert path == tmp_path / "out" / file["name"]
            assert sha256(path.read_bytes()).hexdigest() == file["sha256"]
    assert not list((tmp_path / "out").glob(".xlkpi-*"))


def test_only_what_is_due_is_made_and_once_for_a_period(known: Project, tmp_path: Path) -> None:
    def states(today: date) -> list[str]:
        return [outcome.state for outcome in distribute(known, tmp_path, due=True, today=today).outcomes]

    assert states(TODAY) == ["made", "made"]
    assert states(TODAY) == ["not_due", "not_due"]
    assert states(date(2026, 7, 12)) == ["not_due", "not_due"]
    assert states(date(2026, 7, 15)) == ["made", "not_due"], "a Monday that was missed is made up for"
    assert states(date(2026, 8, 1)) == ["made", "made"]


@pytest.mark.parametrize(
    ("cadence", "today", "expected"),
    [
        ("daily", date(2026, 3, 1), (date(2026, 2, 28), date(2026, 2, 28))),
        ("weekly", date(2026, 3, 2), (date(2026, 2, 23), date(2026, 3, 1))),
        ("weekly", date(2026, 3, 1), (date(2026, 2, 16), date(2026, 2, 22))),
        ("monthly", date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 28))),
        ("quarterly", date(2026, 3, 31), (date(2025, 10, 1), date(2025, 12, 31))),
        ("yearly", date(2026, 1, 1), (date(2025, 1, 1), date(2025, 12, 31))),
    ],
)
def test_the_period_is_the_last_one_that_is_complete(
    known: Project, cadence: str, today: date, expected: tuple[date, date]
) -> None:
    audience = Audience(cadence=cadence)  # type: ignore[arg-type]  # one of the codes
    found = period(audience, known, today)
    assert (found.start, found.end) == expected


def test_an_audience_that_fails_leaves_the_others_theirs(
    known: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "nord").parent.mkdir()
    (out / "nord").write_bytes(b"a file where a folder belongs")
    made = distribute(known, out, today=TODAY)
    assert [outcome.state for outcome in made.outcomes] == ["failed", "made"]
    assert list(read_manifest(out).audiences) == ["sud"]
    assert run(["distribute", str(known.files[0]), "-o", str(out), "--language", "fr"]) == 1
    told = capsys.readouterr()
    assert "nord\u00a0: rien ne peut être écrit dans" in told.err
    assert "sud-2026-07-05.html" in told.out


def test_a_mistake_of_ours_is_told_and_stops_nobody(
    known: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = digest

    def failing(*arguments: object) -> object:
        if "Équipe Nord" in arguments[1].team:  # type: ignore[attr-defined]  # an Audience
            raise KeyError("lost")
        return real(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr("xlkpi.distribute.package.digest", failing)
    made = distribute(known, tmp_path, today=TODAY)
    assert [outcome.state for outcome in made.outcomes] == ["failed", "made"]
    assert "KeyError" in made.outcomes[0].problems[0].text("en")


def test_a_dry_run_makes_nothing_and_reads_no_data(
    known: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (known.folder / "north.csv").unlink()
    assert run(["distribute", str(known.files[0]), "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(a["id"], a["state"], a["objectives"]) for a in told["audiences"]] == [
        ("nord", "planned", 1), ("sud", "planned", 1),
    ]  # fmt: skip
    assert not (known.folder / "distribution").exists()


@pytest.mark.parametrize("name", ["sud", "Équipe Sud"])
def test_one_audience_is_chosen_by_id_or_name(known: Project, name: str) -> None:
    assert run(["distribute", str(known.files[0]), "--audience", name, "--language", "en"]) == 0
    assert [path.name for path in (known.folder / "distribution").iterdir() if path.is_dir()] == ["sud"]


def test_an_unknown_audience_is_told_with_the_nearest(known: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["distribute", str(known.files[0]), "--audience", "sid", "--language", "fr"]) == 1
    assert "vouliez-vous dire «\u00a0sud\u00a0»" in capsys.readouterr().err


def test_without_audiences_each_team_is_one(tmp_path: Path) -> None:
    teams = audiences(project(tmp_path, ""))
    assert {id: audience.team for id, audience in teams.items()} == {
        "equipe_nord": ("Équipe Nord",), "equipe_sud": ("Équipe Sud",),
    }  # fmt: skip


def test_without_audiences_and_teams_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("xlkpi: 1\nname: A\nobjectives: [{id: a, title: A}]\n", encoding="utf-8")
    assert run(["distribute", str(path), "--language", "en"]) == 1
    assert "the project names no audience" in capsys.readouterr().err


def test_a_damaged_manifest_is_left_alone(known: Project, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = known.folder / "distribution" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text('{"xlkpi": 1, "audiences": {"nord": 3}}', encoding="utf-8")
    assert run(["distribute", str(known.files[0]), "--language", "en"]) == 1
    assert "can't be read" in capsys.readouterr().err
    assert manifest.read_text(encoding="utf-8").endswith("3}}")
    assert list(manifest.parent.iterdir()) == [manifest]


def test_a_missing_libreoffice_is_told_and_the_rest_is_made(
    known: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "office", lambda: None)
    north = replace(known.audiences["nord"], formats=("pdf", "html"))
    made = distribute(replace(known, audiences={"nord": north}), tmp_path, today=TODAY)
    assert made.ok
    assert made.outcomes[0].notes == ("no_office",)
    assert [path.suffix for path in made.outcomes[0].files] == [".html"]


def test_the_same_data_make_the_same_page_and_workbook(known: Project, tmp_path: Path) -> None:
    north = replace(known.audiences["nord"], formats=("workbook", "values_only", "html"))
    once, again = (
        distribute(replace(known, audiences={"nord": north}), tmp_path / name, today=TODAY).outcomes[0].files
        for name in ("once", "again")
    )
    assert [path.name for path in once] == [path.name for path in again]
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]
    said = texts(tmp_path / "once" / "nord")
    asking = {name.partition("!")[0] for name, words in said.items() if " jaune" in words}
    assert asking == {once[0].name}, "a copy of values asks nobody to type"
    assert {name.partition("!")[0] for name, words in said.items() if ">sur<" in words} == {once[0].name}


@pytest.mark.parametrize(
    ("audience", "line", "told"),
    [
        ("{recipients: [\"a@b.org\\nBcc: x@y.org\"]}", 1, "saut de ligne"),
        ("{recipients: [\"a@b.org\\r\"]}", 1, "saut de ligne"),
        ("{recipients: [a.b.org]}", 1, "n’est pas une adresse"),
        ("{recipients: [\"a@b.org, c@d.org\"]}", 1, "n’est pas une adresse"),
        ("{recipients: [\"A <a@b.org>, <c@d.org>\"]}", 1, "n’est pas une adresse"),
        ("{team: Équipe Nrod}", 1, "vouliez-vous dire «\u00a0Équipe Nord\u00a0»"),
        ("{team: Équipe Sud, level: strategic}", 1, "ne verrait aucun objectif"),
        ("{formats: []}", 1, "ne recevrait aucun fichier"),
        ("{formats: [pfd]}", 1, "vouliez-vous dire «\u00a0pdf\u00a0»"),
        ("{cadence: hourly}", 1, "n’est pas une valeur possible"),
        ("{langage: fr}", 1, "vouliez-vous dire «\u00a0language\u00a0»"),
        ("{language: de}", 1, "de"),
        ("everybody", 1, "des clés avec leurs valeurs"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_audience_is_told_at_its_line(audience: str, line: int, told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    start = YAML.lstrip() + "audiences:\n"
    path.write_text(start + f"  x: {audience}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as mistake:
        load(path)
    assert told in mistake.value.text("fr")
    assert {problem.place.line for problem in mistake.value.problems} == {start.count("\n") + line}


@pytest.mark.parametrize("id", ["../out", "é", "a b", "1st"])
def test_an_audience_can_not_name_a_folder_elsewhere(id: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(YAML.lstrip() + f'audiences:\n  "{id}": {{}}\n', encoding="utf-8")
    with pytest.raises(DefinitionError) as mistake:
        load(path)
    assert [problem.code for problem in mistake.value.problems] == ["audience_id"]


# --- xlkpi schedule --------------------------------------------------------------------------------------------------


def test_the_line_for_cron_runs_this_interpreter_from_anywhere(
    known: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schedule", str(known.files[0]), "--at", "6:30", "--system", "cron", "--language", "fr"]) == 0
    told = capsys.readouterr()
    fields, rest = told.out.split(" * * * ")
    words = shlex.split(rest)
    assert fields == "30 6"
    assert words[:4] == [sys.executable, "-m", "xlkpi", "distribute"]
    assert words[4] == str(known.files[0].absolute())
    assert words[5:8] == ["--due", "--language", "fr"]
    assert "crontab -e" in told.err


def test_spaces_quotes_and_percent_signs_in_paths_are_kept() -> None:
    words = command(Path("/data/l'été 100%/p.yaml"), None, "fr", python="/opt/my python/bin/python")
    assert line("cron", words) == (
        "0 7 * * * '/opt/my python/bin/python' -m xlkpi distribute "
        "'/data/l'\"'\"'été 100\\%/p.yaml' --due --language fr"
    )


def test_the_line_for_windows_is_quoted_twice() -> None:
    words = [r"C:\Program Files\Python\python.exe", "-m", "xlkpi", "distribute", r"C:\Mes docs\p.yaml", "--due"]
    assert line("windows", words, at="07:05", name='Maison "A/B" 50%') == (
        r'schtasks /Create /F /SC DAILY /ST 07:05 /TN "xlkpi Maison A B 50" '
        r'/TR "\"C:\Program Files\Python\python.exe\" -m xlkpi distribute \"C:\Mes docs\p.yaml\" --due"'
    )


@pytest.mark.parametrize(
    ("system", "words", "at", "code"),
    [
        ("cron", ["python"], "25:00", "schedule_time"), ("cron", ["python"], "7h", "schedule_time"),
        ("cron", ["python", "a\nb"], "07:00", "schedule_path"),
        ("windows", ["python", "x" * 300], "07:00", "schedule_long"),
    ],
)  # fmt: skip
def test_what_no_system_could_run_is_told(system: str, words: list[str], at: str, code: str) -> None:
    with pytest.raises(DefinitionError) as mistake:
        line(system, words, at=at)
    assert [problem.code for problem in mistake.value.problems] == [code]


def test_the_lines_for_all_systems_come_as_json(known: Project, capsys: pytest.CaptureFixture[str]) -> None:
    run(["schedule", str(known.files[0]), "--send", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert set(told) <= {"cron", "windows"}
    assert all("--due --send" in words for words in told.values())
