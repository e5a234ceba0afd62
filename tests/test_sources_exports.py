"""Exports of the platforms, in French and English, read from messy files to the numbers they hold."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from xlkpi.documents import read as read_yaml
from xlkpi.sources import Reading, Source, read

FOLDER = Path(__file__).parent / "fixtures" / "exports"
EXPECTED = read_yaml(FOLDER / "expected.yaml").data


def reading(name: str, **keys: object) -> Reading:
    return read(Source(path=str(FOLDER / name), **keys), salt=b"test")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_gives_the_numbers_that_it_holds(name: str) -> None:
    expected = EXPECTED[name]
    found = reading(name)
    about = found.report.files[0]
    measures = [f for f in found.table.schema if pa.types.is_floating(f.type)]
    sums = {f.name: pc.sum(found.table[f.name]).as_py() for f in measures}
    assert f"{about.preset}/{about.export}" == expected["preset"]
    assert sums == pytest.approx(expected["sums"])
    assert found.table.num_rows == expected["rows"]
    assert [about.first, about.last] == list(expected["days"])
    assert {a.reason: a.count for a in about.aside} == expected.get("aside", {})
    assert set(found.table["currency"].to_pylist()) == {expected.get("currency")}


def test_every_export_of_the_folder_has_its_expected_numbers() -> None:
    names = {path.name for path in FOLDER.glob("*.csv")}
    assert names - set(EXPECTED) == {"search_console_requetes.csv"}  # without dates: see the archive's test
