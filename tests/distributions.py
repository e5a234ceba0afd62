"""A small project of two teams for the tests of packages, and every text that a package holds."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from xlkpi.objectives import Project, load

TODAY = date(2026, 7, 6)  # a Monday
YAML = """
xlkpi: 1
name: Maison Témoin
language: fr
sources:
  north_ads: {path: north.csv, preset: none, date: day, measures: {cost: cost, revenue: sales}, dimensions: [channel]}
  visits:
    {path: visits.csv, preset: none, date: day, measures: {sessions: visits, orders: orders}, dimensions: [channel]}
kpis:
  north_return:
    name: {fr: Rendement du Nord, en: Return of the North}
    formula: revenue / cost
    unit: times
    direction: higher
    example: {revenue: 10, cost: 5, result: 2}
  south_rate:
    name: {fr: Taux du Sud, en: Rate of the South}
    formula: orders / sessions
    unit: percent
    direction: higher
    example: {orders: 1, sessions: 10, result: 0.1}
objectives:
  - id: nord
    title: {fr: Rendre 4 fois la mise <b>au Nord</b>, en: Return 4 times the stake <b>in the North</b>}
    kpi: north_return
    kind: increase
    baseline: 2
    target: 4
    start: 2026-01-01
    due: 2026-12-31
    cadence: monthly
    level: strategic
    team: Équipe Nord
    owner: Capitaine Boréal
    where: {channel: [aurora]}
    guards: [sud]
    decision: {fr: Déplacer le budget polaire, en: Move the polar budget}
    actions: [{task: Compter les igloos, owner: Capitaine Boréal, due: 2026-08-01}]
  - id: sud
    title: {fr: Convertir 9 % des visites du Sud, en: Convert 9% of the visits of the South}
    kpi: south_rate
    kind: increase
    baseline: 0.08
    target: 0.2
    start: 2026-01-01
    due: 2026-12-31
    cadence: monthly
    team: Équipe Sud
    owner: Pilote Austral
    where: {channel: [mistral]}
    parent: nord
    decision: {fr: Revoir la page des palmiers, en: Rework the page of palms}
"""
AUDIENCES = """
audiences:
  nord:
    team: Équipe Nord
    recipients: [a@example.org, Bé <b@example.org>]
    cadence: weekly
    formats: [workbook, html, mail]
  sud: {team: Équipe Sud, recipients: c@example.org, formats: [values_only, html, mail], language: en}
"""
#: What only the one team may find in its package.
NORTH = (
    "nord", "au Nord", "in the North", "Rendement", "Return of", "north", "Capitaine", "aurora", "Équipe Nord",
    "polaire", "polar", "igloos", "a@example.org",
)  # fmt: skip
SOUTH = ("Sud", "South", "south_rate", "Pilote Austral", "mistral", "palmiers", "palms", "visits.csv", "c@example.org")


def project(folder: Path, audiences: str = AUDIENCES) -> Project:
    """The project, written into a folder and loaded; the north does well, the south badly."""
    folder.mkdir(parents=True, exist_ok=True)
    day, north, south = date(2025, 10, 1), ["day,channel,cost,sales"], ["day,channel,visits,orders"]
    while day < TODAY:
        month = (day.year - 2025) * 12 + day.month - 10
        north.append(f"{day},aurora,{10},{20 + 3 * month + day.day % 3}")
        south.append(f"{day},mistral,{100 + day.day},{7 - month // 3}")
        south.append(f"{day},boussole,{300},{20}")
        day += timedelta(days=1)
    (folder / "north.csv").write_text("\n".join(north), encoding="utf-8")
    (folder / "visits.csv").write_text("\n".join(south), encoding="utf-8")
    path = folder / "maison.yaml"
    path.write_text(YAML.lstrip() + audiences, encoding="utf-8")
    return load(path)


def texts(folder: Path) -> dict[str, str]:
    """Every text in the files of a folder: the parts of workbooks, of mails with what they attach, and PDFs."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found |= dict(_texts(path.relative_to(folder).as_posix(), path.read_bytes(), path))
    return found


def _texts(name: str, content: bytes, path: Path | None = None) -> Iterator[tuple[str, str]]:
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for part in package.namelist():
                yield f"{name}!{part}", part + package.read(part).decode("utf-8", "replace")
    elif name.endswith(".eml"):
        mail = message_from_bytes(content, policy=default)
        yield f"{name}!headers", "\n".join(f"{key}: {value}" for key, value in mail.items())
        for piece in mail.walk():
            if piece.get_content_maintype() == "text":
                yield f"{name}!{piece.get_content_type()}", piece.get_content()
            elif (attached := piece.get_filename()) is not None:
                yield from _texts(f"{name}!{attached}", piece.get_content())
    elif name.endswith(".pdf"):
        if path is not None and shutil.which("pdftotext"):
            done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
            yield name, done.stdout.decode("utf-8", "replace")
    else:
        yield name, content.decode("utf-8")
