"""Reading a project file and all that it includes; every mistake of every file is told at once."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from xlkpi.catalogue import Catalogue, catalogue, extended
from xlkpi.documents import Document, read
from xlkpi.errors import DefinitionError, Place, Problem
from xlkpi.objectives.alert_rules import rule_problems
from xlkpi.objectives.decisions import Experiment, JournalEntry
from xlkpi.objectives.model import Goal, IncludedFile, Objective, ProjectFile, SourceEntry
from xlkpi.objectives.project import Project, Written
from xlkpi.objectives.references import context_problems, journal_problems, reference_problems
from xlkpi.objectives.shorthand import Shorthand, Unedited
from xlkpi.validation import validated

MAX_FILES = 500


def load(path: Path | str) -> Project:
    """The project of a YAML file and the files that it includes.

    A folder stands for the ``project.yaml`` in it. Raises DefinitionError with every problem found, in all
    files.
    """
    path = Path(path)
    if os.path.isdir(path):  # noqa: PTH112  # False, and no error, for a path that can't exist
        path = path / "project.yaml"
    loader = _Loader(path)
    loader.read(path, ())
    return loader.project()


class _Loader:
    def __init__(self, path: Path) -> None:
        self.main = path
        self.folder = path.parent
        self.problems: list[Problem] = []
        self.seen: dict[Path, str] = {}
        self.settings: ProjectFile | None = None
        self.documents: list[Document] = []
        self.written: dict[tuple[str, str], Written] = {}
        self.entries: list[tuple[str, str, Written]] = []
        self.objectives: list[Objective] = []
        self.sources: dict[str, SourceEntry] = {}
        self.goals: dict[str, Goal] = {}
        self.experiments: list[Experiment] = []
        self.journal: list[JournalEntry] = []
        self.unedited: dict[str | None, list[tuple[str, Place]]] = defaultdict(list)

    def read(self, path: Path, chain: tuple[Path, ...]) -> None:
        """Read a file and what it includes; ``chain`` is the files that led here."""
        try:
            document = read(path)
        except DefinitionError as mistake:
            self.problems += mistake.problems
            return
        self.seen[path.resolve()] = str(path)
        shorthand = Shorthand(document)
        data, document = shorthand.expanded(), shorthand.document
        self.problems += shorthand.problems
        document = type(document)(data, document.file, document.lines, document.moved)
        self.documents.append(document)
        if isinstance(data, dict):
            self._note_entries(data, document)
            self._note_unedited(data, shorthand.unedited)
        model: Any = ProjectFile if not chain else IncludedFile
        try:
            made = validated(model, data, document)
        except DefinitionError as mistake:
            self.problems += _one_each(mistake.problems)
        else:
            if isinstance(made, ProjectFile):
                self.settings = made
            self.objectives += made.objectives
            self.sources.update(made.sources)
            self.goals.update(made.goals)
            self.experiments += made.experiments
            self.journal += made.journal
        included = data.get("include") if isinstance(data, dict) else None
        for i, name in enumerate(included if isinstance(included, tuple) else ()):
            if isinstance(name, str):
                self._include(name, document.place(("include", i)), (*chain, path))

    def _include(self, name: str, place: Place, chain: tuple[Path, ...]) -> None:
        for found in self._matches(name, place):
            real = Path(os.path.realpath(found))  # a link that leads to itself is no error, but no file either
            if not real.is_relative_to(self.folder.resolve()):
                self.problems.append(Problem("include_outside", {"name": name}, place))
            elif real in {file.resolve() for file in chain}:
                names = [file.name for file in chain[[f.resolve() for f in chain].index(real) :]]
                self.problems.append(Problem("include_loop", {"chain": " → ".join([*names, found.name])}, place))
            elif real in self.seen:
                self.problems.append(Problem("include_twice", {"name": name}, place))
            elif len(self.seen) >= MAX_FILES:
                self.problems.append(Problem("include_many", {"most": MAX_FILES}, place))
                return
            elif not os.path.isfile(found):  # noqa: PTH113  # no error for a name that is too long
                self.problems.append(Problem("include_missing", {"name": name, "folder": str(self.folder)}, place))
            else:
                self.read(found, chain)

    def _matches(self, name: str, place: Place) -> list[Path]:
        """The files that an include names; patterns such as ``objectives/*.yaml`` in the order of their
        names.
        """
        if "\0" in name:
            self.problems.append(
                Problem("include_missing", {"name": name.replace("\0", "␀"), "folder": str(self.folder)}, place)
            )
            return []
        if "*" not in name and "?" not in name:
            return [self.folder / name]
        if Path(name).is_absolute() or ".." in Path(name).parts:
            self.problems.append(Problem("include_outside", {"name": name}, place))
            return []
        found = sorted(self.folder.glob(name))
        if not found:
            self.problems.append(Problem("include_missing", {"name": name, "folder": str(self.folder)}, place))
        return [file for file in found if file.resolve() != self.main.resolve()]

    def _note_entries(self, data: dict[str, Any], document: Document) -> None:
        """Remember where entries are written; a name may be used once in all files."""
        for section, name, path in _named(data):
            entry = Written(document, path)
            self.entries.append((section, name, entry))
            first = self.written.setdefault((section, name), entry)
            if first is entry:
                continue
            at = (*path, "id") if section in ("objectives", "experiments") else path
            values = {"name": name, "first": first.document.place(first.path).text()}
            self.problems.append(Problem("project_duplicate", values, document.place(at)))

    def _note_unedited(self, data: dict[str, Any], found: list[Unedited]) -> None:
        objectives = data.get("objectives")
        for item in found:
            id, keys = None, item.path
            if keys[:1] == ("objectives",) and isinstance(objectives, tuple) and len(keys) > 1:
                raw = objectives[keys[1]] if isinstance(keys[1], int) and keys[1] < len(objectives) else None
                name = raw.get("id") if isinstance(raw, dict) else None
                id, keys = (name if isinstance(name, str) else None), keys[2:]
            self.unedited[id].append((str(keys[0]) if keys else "", item.place))

    def project(self) -> Project:
        """The whole, once every file was read. Raises DefinitionError."""
        known = self._catalogue()
        self.problems += reference_problems(self.entries, known, complete=not self.problems)
        if self.documents:
            self.problems += context_problems(self.documents[0], self.entries, known, self.documents)
        ids = {name for section, name, _ in self.entries if section == "objectives"}
        for document in self.documents:
            if _mapping(document.data, "alerts"):
                self.problems += rule_problems(document.data["alerts"], document, known, ids)
            self.problems += journal_problems(document, ids)
        if self.problems or self.settings is None:
            raise DefinitionError(self.problems)
        apart = {"xlkpi", "include", "sources", "measures", "kpis", "goals", "objectives", "experiments", "journal"}
        settings = {f.name: getattr(self.settings, f.name) for f in fields(ProjectFile) if f.name not in apart}
        return Project(
            **settings,
            folder=self.folder,
            files=tuple(Path(name) for name in self.seen.values()),
            objectives=tuple(self.objectives),
            catalogue=known,
            sources=self.sources,
            goals=self.goals,
            experiments=tuple(self.experiments),
            journal=tuple(self.journal),
            own_kpis=tuple(name for section, name in self.written if section == "kpis"),
            unedited={id: tuple(places) for id, places in self.unedited.items()},
            written=self.written,
            main=self.documents[0],
        )

    def _catalogue(self) -> Catalogue:
        known = catalogue()
        for section in ("measures", "kpis"):  # a KPI may use the measures of every file
            for document in self.documents:
                if _mapping(document.data, section):
                    own = Document({section: document.data[section]}, document.file, document.lines)
                    try:
                        known = extended(known, own)
                    except DefinitionError as mistake:
                        self.problems += mistake.problems
        return known


def _named(data: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """Section, name and path of all entries of a file."""
    for section in ("sources", "measures", "kpis", "goals", "audiences"):
        if _mapping(data, section):
            yield from ((section, name, (section, name)) for name in data[section])
    for section in ("objectives", "experiments"):
        entries = data.get(section)
        for i, raw in enumerate(entries if isinstance(entries, tuple) else ()):
            if isinstance(raw, dict) and isinstance(raw.get("id"), str | date):  # to the models a date is its text
                yield section, str(raw["id"]), (section, i)


def _mapping(data: Any, key: str) -> bool:
    return isinstance(data, dict) and isinstance(data.get(key), dict)


def _one_each(problems: tuple[Problem, ...]) -> Iterator[Problem]:
    """One problem per key: a value that may be one of several kinds is told once."""
    told = set()
    for problem in problems:
        at = (problem.place.file, problem.place.line, problem.place.key)
        if problem.code == "key_missing" or at not in told:
            yield problem
        told.add(at)
