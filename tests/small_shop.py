"""A project so small that a test can build and refresh its workbook many times, with data that change."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from xlkpi.objectives import load
from xlkpi.workbook.build import build_workbook

HEADERS = ("jour", "canal", "ca", "depense", "commandes")
#: What the sheets are named in the workbook that is built.
DATA, SERIES, TARGETS, NOTES, ACTIONS = "Données", "Séries", "Cibles", "Notes", "Actions"
FIRST = "Tableau de bord"
OBJECTIVES: dict[str, dict[str, Any]] = {
    "revenue": {
        "title": "Vendre pour 20 000 € en un an", "kpi": "revenue_total", "kind": "reach", "target": 20_000,
        "level": "strategic",
    },
    "basket": {
        "title": "Un panier moyen de 55 €", "kpi": "aov", "kind": "increase", "baseline": 45, "target": 55,
        "actions": [{"task": "Des lots de trois", "owner": "Ben", "due": "2026-05-31"}],
    },
    "orders": {"title": "400 commandes <en un an> & plus", "kpi": "sales_total", "kind": "reach", "target": 400},
    "roas": {"title": "Un ROAS au-dessus de 4", "kpi": "roas", "kind": "stay_above", "low": 4},
}  # fmt: skip


@dataclass
class Shop:
    """The project and its data in a folder; ``write`` puts both on disk as they are by now."""

    folder: Path
    months: int = 6
    channels: list[str] = field(default_factory=lambda: ["web", "boutique"])
    objectives: list[str] = field(default_factory=lambda: ["revenue", "basket"])
    factor: float = 1.0

    @property
    def project(self) -> Path:
        return self.folder / "projet.yaml"

    @property
    def workbook(self) -> Path:
        return self.folder / "tableau.xlsx"

    def write(self) -> None:
        objectives = [
            {
                "id": id, "specific": "La boutique en ligne", "start": "2026-01-01", "due": "2026-12-31",
                "cadence": "monthly", "owner": "Ana", "level": "operational", "primary": True, **OBJECTIVES[id],
            }
            for id in self.objectives
        ]  # fmt: skip
        source = {
            "path": "ventes.csv", "date": "jour", "dimensions": {"channel": "canal"},
            "measures": {"revenue": "ca", "spend": "depense", "orders": "commandes"},
        }  # fmt: skip
        project = {
            "xlkpi": 1, "name": "Petite boutique", "language": "fr", "currency": "EUR", "sources": {"ventes": source},
            "objectives": objectives,
        }  # fmt: skip
        self.project.write_text(yaml.safe_dump(project, allow_unicode=True, sort_keys=False), encoding="utf-8")
        with (self.folder / "ventes.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADERS)
            for month in range(self.months):
                day = f"{2025 + (9 + month) // 12}-{(9 + month) % 12 + 1:02d}-15"
                for number, channel in enumerate(self.channels, start=1):
                    revenue = round((900 + 110 * month + 40 * number) * self.factor, 2)
                    rows.writerow([day, channel, revenue, 150 + 10 * month, 18 + month + number])

    def copied(self, folder: Path) -> Shop:
        """The same project, with the workbook as it is by now, in a folder of its own."""
        made = replace(self, folder=folder, channels=list(self.channels), objectives=list(self.objectives))
        made.write()
        made.workbook.write_bytes(self.workbook.read_bytes())
        return made

    def build(self, path: Path | None = None) -> Path:
        from xlkpi.scorecard import scorecard

        self.write()
        build_workbook(scorecard(load(self.project)), path or self.workbook, language="fr")
        return path or self.workbook
