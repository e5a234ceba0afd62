"""Values changed in a project file: the scalar at its line and nothing else, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlkpi.errors import DefinitionError
from xlkpi.language import languages
from xlkpi.objectives import load
from xlkpi.objectives.decisions import Revision
from xlkpi.objectives.editing import Change, edited

HEAD = "# les objectifs de l’été\nxlkpi: 1\nname: Boutique\n"
LOG = Revision(date(2026, 3, 10), 2.5, 3.0, dict.fromkeys(languages(), 'a: better "year"'), "Ana")


def changed(folder: Path, text: str, *changes: Change, **revisions: Revision) -> str:
    """The text of a project file with changes."""
    path = folder / "project.yaml"
    path.write_bytes(text.encode())
    ((before, after),) = edited(load(path), changes, revisions).files.values()
    assert before == text.encode()
    assert path.read_bytes() == before
    path.write_bytes(after)
    load(path)
    return after.decode()


BLOCK = (
    HEAD
    + """objectives:
  - id: roi_paid   # the ROI
    title: Atteindre   250 %
    kind:  increase
    target: 2.5    # since January

    due: 2026-12-31
    owner: 'Ana'   # of ads
# the others
  - {id: other, title: Autre, target: 4}
"""
)


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("target", 3.0, "target: 2.5    #", "target: 3    #"),
        ("target", 2.125, "target: 2.5    #", "target: 2.125    #"),
        ("target", None, "target: 2.5    #", "target: null    #"),
        ("due", date(2027, 1, 31), "due: 2026-12-31", "due: 2027-01-31"),
        ("owner", "Zoé: ads", "owner: 'Ana'   #", 'owner: "Zoé: ads"   #'),
        ("owner", "Léa Petit", "owner: 'Ana'   #", "owner: Léa Petit   #"),
        ("baseline", 1.8, "# since January\n", "# since January\n    baseline: 1.8\n"),
    ],
)
def test_only_the_scalar_changes(tmp_path: Path, key: str, value: float | str | date, old: str, new: str) -> None:
    assert changed(tmp_path, BLOCK, Change("roi_paid", key, value)) == BLOCK.replace(old, new)


def test_braces_line_ends_synonyms_and_bytes_at_the_start_stay(tmp_path: Path) -> None:
    text = "\ufeff" + HEAD.replace("\n", "\r\n") + "objectives:\r\n  - {id: o, title: 't, é', deadline: 2026-12-31}"
    found = changed(tmp_path, text, Change("o", "due", date(2027, 1, 1)), Change("o", "target", 1e-05))
    assert found == text.replace("2026-12-31", "2027-01-01").replace("id: o", "id: o, target: 1e-05")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("    revisions:\n      - {date: 2026-01-01, old: 2, new: 2.5, why: w}  # first\n# end\n", "      - "),
        ("    revisions:\n    - date: 2026-01-01\n      old: 2\n      new: 2.5\n      why: w\n\n\n# end\n", "    - "),
    ],
)
def test_a_line_is_added_to_the_change_log(tmp_path: Path, given: str, line: str) -> None:
    text = HEAD + "objectives:\n  - id: o\n    title: t\n    target: 2.5\n" + given
    found = changed(tmp_path, text, Change("o", "target", 3.0), o=LOG)
    new = line + '{date: 2026-03-10, old: 2.5, new: 3, why: "a: better \\"year\\"", who: Ana}'
    assert [line for line in found.splitlines() if line not in text.splitlines()] == ["    target: 3", new]
    assert found.endswith("# end\n")


def test_a_change_log_begins_below_the_target_or_in_its_braces(tmp_path: Path) -> None:
    line = '{date: 2026-03-10, old: 2.5, new: 3, why: "a: better \\"year\\"", who: Ana}'
    found = changed(tmp_path, BLOCK, Change("roi_paid", "target", 3.0), roi_paid=LOG)
    assert f"target: 3    # since January\n    revisions:\n      - {line}\n" in found
    found = changed(tmp_path, BLOCK, Change("other", "target", 3.0), other=replace(LOG, old=4.0))
    assert f"target: 3, revisions: [{line.replace('2.5', '4')}]}}" in found


@pytest.mark.parametrize(
    "lines",
    [
        "  - {id: o, title: t, target: &goal 2.5}\n  - {id: p, title: u, target: *goal}\n",
        "  - {id: p, title: u, target: &goal 2.5}\n  - {id: o, title: t, target: *goal}\n",
        "  - id: o\n    title: t\n    owner: Ana\n      Petit\n    target: 2.5\n",
        "  - id: o\n    title: t\n    owner: >\n      Ana\n    target: 2.5\n",
    ],
)
def test_what_can_not_be_changed_alone_is_refused_at_its_line(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(HEAD + "objectives:\n" + lines, encoding="utf-8")
    key = "owner" if "owner" in lines else "target"
    with pytest.raises(DefinitionError) as refused:
        edited(load(path), [Change("o", key, "Zoé" if key == "owner" else 3.0)], {})
    assert refused.value.problems[0].code == "edit_unsafe"
    assert refused.value.problems[0].place.line is not None


def test_a_file_that_was_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    project = load(path)
    path.write_text(BLOCK.replace("2.5 ", "2.6 "), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        edited(project, [Change("roi_paid", "target", 3.0)], {})
    assert refused.value.problems[0].code == "edit_changed"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.floats(-1e12, 1e12).map(lambda x: float(f"{x:.15g}")), st.text(min_size=1, max_size=30))
def test_every_value_reads_as_itself_or_is_refused(tmp_path: Path, number: float, words: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    wanted = [Change("roi_paid", "target", number), Change("other", "owner", words)]
    code = ""
    try:
        path.write_bytes(next(iter(edited(load(path), wanted, {}).files.values()))[1])
    except DefinitionError as refused:
        code = refused.problems[0].code
    if code:  # a text of blanks, or one that no YAML holds
        assert code == "edit_unsafe"
    else:
        assert load(path).by_id["roi_paid"].target == number
        assert load(path).by_id["other"].owner == words
