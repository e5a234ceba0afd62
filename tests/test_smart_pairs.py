"""Vague objectives and their good versions, as plain text."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from xlkpi.documents import read
from xlkpi.objectives import load
from xlkpi.smart import check

PAIRS = read(Path(__file__).parent / "fixtures" / "smart_pairs.yaml").data
TODAY = date(2026, 2, 1)


def checked(objective, language, folder):
    """The report of one objective, written as somebody writes it."""
    import yaml

    project = {
        "xlkpi": 1, "name": "Test", "language": language,
        "sources": {"figures": {"path": "data/*.csv", "preset": "auto"}},
        "objectives": [{"id": "tested", **objective}],
    }  # fmt: skip
    file = folder / "project.yaml"
    file.write_text(yaml.safe_dump(_plain(project), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return check(load(file), today=TODAY).objectives[0]


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["vague"]["title"])
def test_a_vague_objective_fails_where_it_should(pair, tmp_path):
    report = checked(pair["vague"], pair["language"], tmp_path)
    failing = "".join(letter for letter, found in report.letters.items() if found.verdict == "fail")
    codes = {finding.code for finding in report.findings}
    assert failing == pair["fails"]
    assert set(pair["says"]) - codes == set()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["good"]["title"])
def test_its_good_version_passes(pair, tmp_path):
    report = checked(pair["good"], pair["language"], tmp_path)
    told = [(f.code, f.evidence("en")) for f in report.findings if f.verdict in ("fail", "warning")]
    assert told == []
    assert report.score == 100


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["good"]["title"])
def test_the_good_version_scores_far_better(pair, tmp_path):
    vague = checked(pair["vague"], pair["language"], tmp_path).score
    assert checked(pair["good"], pair["language"], tmp_path).score - vague >= 15


def test_there_are_twelve_pairs_in_both_languages():
    assert len(PAIRS) == 12
    assert {pair["language"] for pair in PAIRS} == {"fr", "en"}
