"""Values changed in a project's files: the very scalar at its line, and nothing else; comments and layout stay.

>>> from xlkpi.objectives.editing import Change, edited
>>> edited(project, [Change("roi_paid", "target", 3.0)], {}).files  # doctest: +SKIP

What can't be changed so (an alias, a text over several lines) is refused, and the files that would be written are read
as a project once more: it must say what is wanted, and everything else as before.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from xlkpi.documents import Path_, parse
from xlkpi.errors import DefinitionError, Place, Problem
from xlkpi.objectives.decisions import Revision
from xlkpi.objectives.load import load
from xlkpi.objectives.project import Project
from xlkpi.objectives.shorthand import SYNONYMS, Shorthand
from xlkpi.yaml_reader import composed

#: A text that YAML reads as itself without quotes, inside braces too.
_PLAIN = re.compile(r"[^\W\d_](?:[\w .'’-]*\w)?")
_WORDS = {"true", "false", "null"}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Change:
    """A new value of an objective's key; None takes it away."""

    objective: str
    key: str
    value: float | str | date | None


@dataclass(frozen=True)
class Edited:
    """What changed files say: the project, and the bytes of each file before and after."""

    project: Project
    files: Mapping[Path, tuple[bytes, bytes]]


def edited(project: Project, changes: Sequence[Change], revisions: Mapping[str, Revision]) -> Edited:
    """The files of a project with changes, and lines added to its objectives' change logs; nothing is written.

    Raises DefinitionError where a file was changed since the project was read, and where a value is written in a way
    that can't be changed alone.
    """
    by_file: dict[str, list[Change]] = {}
    for change in changes:
        entry = project.written["objectives", change.objective]
        by_file.setdefault(entry.document.file, []).append(change)
    files = {}
    for file, wanted in by_file.items():
        before = Path(file).read_bytes()
        text = before.removeprefix(_BOM).decode("utf-8")
        entry = project.written["objectives", wanted[0].objective]
        if Shorthand(parse(text, file)).expanded() != entry.document.data:
            raise DefinitionError(Problem("edit_changed", {}, Place(file=file)))
        made = _Editor(text, file)
        for change in wanted:
            made.change(project, change)
        for id in dict.fromkeys(change.objective for change in wanted):
            if id in revisions:
                made.log(project, id, revisions[id])
        after = made.text().encode()
        files[Path(file)] = (before, _BOM + after if before.startswith(_BOM) else after)
    return Edited(_verified(project, changes, revisions, {file: after for file, (_, after) in files.items()}), files)


def _verified(
    project: Project, changes: Sequence[Change], revisions: Mapping[str, Revision], files: Mapping[Path, bytes]
) -> Project:
    """The project that the changed files give. Raises DefinitionError where it is not the one that is wanted."""
    wanted: dict[str, dict[str, Any]] = {}
    for change in changes:
        wanted.setdefault(change.objective, {})[change.key] = change.value
    for id, revision in revisions.items():
        wanted[id]["revisions"] = (*project.by_id[id].revisions, revision)
    expected = tuple(replace(o, **wanted.get(o.id, {})) for o in project.objectives)
    with tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        for file in project.files:
            copy = Path(folder) / file.resolve().relative_to(project.folder.resolve())
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(files.get(file, b"") or file.read_bytes())
        main = Path(folder) / project.files[0].resolve().relative_to(project.folder.resolve())
        try:
            found = load(main).objectives
        except DefinitionError as mistake:
            raise _unsafe(project, changes[0]) from mistake
    if found != expected:
        wrong = next((c for c in changes if c.objective in {f.id for f, e in zip(found, expected, strict=False)
                                                             if f != e}), changes[0])  # fmt: skip
        raise _unsafe(project, wrong)
    return replace(project, objectives=expected)


def _unsafe(project: Project, change: Change) -> DefinitionError:
    place = project.place("objectives", change.objective, change.key)
    values = {"key": change.key, "objective": change.objective, "value": written(change.value)}
    return DefinitionError(Problem("edit_unsafe", values, place))


class _Editor:
    """The text of a file with replacements at places of its tree."""

    def __init__(self, text: str, file: str) -> None:
        self.before = text
        self.root = composed(text, file)
        self.end = "\r\n" if "\r\n" in text else "\n"
        self.edits: dict[tuple[int, int], list[str]] = {}
        self._shared = _shared(self.root)

    def text(self) -> str:
        """The text with every change, the last one first."""
        text = self.before
        for (start, end), pieces in sorted(self.edits.items(), reverse=True):
            text = text[:start] + "".join(pieces) + text[end:]
        return text

    def change(self, project: Project, change: Change) -> None:
        mapping = self._mapping(project, change)
        found = _entry(mapping, change.key)
        if found is not None:
            value = found[1]
            if not self._alone(value):
                raise _unsafe(project, change)
            self.edits[value.start_mark.index, value.end_mark.index] = [written(change.value)]
        elif change.value is not None:
            self._insert(project, change, mapping, change.key, written(change.value))

    def log(self, project: Project, objective: str, revision: Revision) -> None:
        """Add a line to an objective's change log, after the last one."""
        change = Change(objective, "revisions", None)
        mapping = self._mapping(project, change)
        given: dict[str, Any] = {"date": revision.date, "old": revision.old, "new": revision.new}
        given |= {"why": next(iter(revision.why.values())), **({"who": revision.who} if revision.who else {})}
        line = "{" + ", ".join(f"{key}: {written(value)}" for key, value in given.items()) + "}"
        found = _entry(mapping, "revisions")
        if found is None:
            in_line = bool(mapping.flow_style)
            self._insert(project, change, mapping, "revisions", f"[{line}]" if in_line else f"\0- {line}")
            return
        listed = found[1]
        if not isinstance(listed, yaml.SequenceNode) or id(listed) in self._shared or not listed.value:
            raise _unsafe(project, change)
        last = listed.value[-1]
        if listed.flow_style:
            self._put(_end(last), f", {line}")
            return
        begin = self.before.rfind("\n", 0, last.start_mark.index) + 1
        indent = re.match(r"([ ]*)- ", self.before[begin:])
        if indent is None:
            raise _unsafe(project, change)
        self._line_after(_end(last), f"{indent[1]}- {line}")

    def _mapping(self, project: Project, change: Change) -> yaml.MappingNode:
        """The node of an objective."""
        node = self.root
        for part in _path(project, change.objective):
            if isinstance(part, int):
                node = node.value[part]
            else:
                node = next(value for key, value in node.value if key.value == part)
            if id(node) in self._shared:
                raise _unsafe(project, change)
        if not isinstance(node, yaml.MappingNode):
            raise _unsafe(project, change)
        return node

    def _alone(self, node: yaml.Node) -> bool:
        """Whether a value is a scalar on one line that nothing else refers to."""
        start, end = node.start_mark, node.end_mark
        raw = self.before[start.index : end.index]
        is_here = isinstance(node, yaml.ScalarNode) and start.line == end.line and id(node) not in self._shared
        return is_here and raw != "" and raw[0] not in "&*!|>"

    def _insert(self, project: Project, change: Change, mapping: yaml.MappingNode, key: str, value: str) -> None:
        """A new key after the target, or after the id where there is none; a value after a zero stands on a line."""
        at = _entry(mapping, "target") or _entry(mapping, "id")
        if at is None or not self._alone(at[1]):
            raise _unsafe(project, change)
        if mapping.flow_style:
            self._put(at[1].end_mark.index, f", {key}: {value}")
            return
        indent = " " * at[0].start_mark.column
        below = f"{key}:{self.end}{indent}  {value[1:]}" if value[0] == "\0" else f"{key}: {value}"
        self._line_after(at[1].end_mark.index, indent + below)

    def _put(self, at: int, piece: str) -> None:
        self.edits.setdefault((at, at), []).append(piece)

    def _line_after(self, at: int, line: str) -> None:
        """A line below the one of a place."""
        end = self.before.find("\n", at)
        if end < 0:
            self._put(len(self.before), f"{self.end}{line}")
        else:
            self._put(end + 1, f"{line}{self.end}")


def written(value: Any) -> str:
    """A value as YAML text that reads as itself everywhere."""
    if value is None:
        return "null"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else json.dumps(value, ensure_ascii=False)


def _path(project: Project, id: str) -> Path_:
    return project.written["objectives", id].path


def _entry(mapping: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value of an entry, by its name or by a synonym."""
    return next(((k, v) for k, v in mapping.value if SYNONYMS.get(k.value, k.value) == key), None)


def _end(node: yaml.Node) -> int:
    """Where the last scalar of a node ends: a block's own end is that of the comments after it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _shared(root: yaml.Node) -> set[int]:
    """The nodes that stand in more than one place, through aliases."""
    seen: set[int] = set()
    found: set[int] = set()
    waiting: list[yaml.Node] = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            found.add(id(node))
            continue
        seen.add(id(node))
        parts: Iterable[Any] = () if isinstance(node, yaml.ScalarNode) else node.value
        for part in parts:
            waiting += part if isinstance(part, tuple) else (part,)
    return found


__all__ = ["Change", "Edited", "edited", "written"]
