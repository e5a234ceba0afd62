"""Reading the text of a YAML file: plain data, with the line of every key.

The text is untrusted. Only plain data is read (no tags that build objects), a key may stand only once, aliases
may not multiply a document, and size and depth are bounded. Scalars follow YAML 1.2: ``true`` and ``false`` are
the only booleans, so that a French label ``Non`` stays a word.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml
from yaml.composer import Composer

from xlkpi.documents import Document, Path_, dotted, mistake
from xlkpi.errors import DefinitionError, Place, Problem

MAX_NODES = 2_000_000
#: What aliases may add to what is written.
MAX_REPEATED = 50_000
MAX_DEPTH = 100


def parsed(text: str, file: str) -> Document:
    """The document of YAML text; ``file`` is the name used in messages. Raises DefinitionError, with every problem."""
    node = composed(text, file)
    builder = _Builder(file)
    data = builder.value(node, ())
    if builder.problems:
        raise DefinitionError(builder.problems)
    return Document(data, file, builder.lines)


def composed(text: str, file: str) -> yaml.Node:
    """The tree of YAML text, in which every node knows where it stands. Raises DefinitionError."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as wrong:
        if "nesting depth" in str(wrong.problem):  # libyaml's own limit, in its newer versions
            raise mistake("yaml_too_deep", file, depth=MAX_DEPTH) from None
        raise DefinitionError(_syntax_problem(wrong, text, file)) from None
    except RecursionError:
        raise mistake("yaml_too_deep", file, depth=MAX_DEPTH) from None
    except UnicodeEncodeError:  # half of a surrogate pair
        raise mistake("file_not_utf8", file) from None
    except yaml.YAMLError as wrong:  # control characters and the like: no mark
        raise mistake("yaml_syntax", file, detail=" ".join(str(wrong).split())) from None
    if node is None or node.tag == _STANDARD + "null":
        raise mistake("file_empty", file)
    return node


def _syntax_problem(wrong: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = wrong.problem_mark or wrong.context_mark
    if mark is None:
        return Problem("yaml_syntax", {"detail": str(wrong)}, Place(file=file))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    tab = line[: len(line) - len(line.lstrip())].find("\t")
    code = "yaml_tab" if tab >= 0 else "yaml_syntax"
    column = tab if tab >= 0 else mark.column
    shown = line.replace("\t", "⇥")[:200]
    return Problem(
        code,
        {} if tab >= 0 else {"detail": wrong.problem or wrong.context or ""},
        Place(file=file, line=mark.line + 1, column=column + 1),
        excerpt=f"{shown}\n{' ' * min(column, 200)}^" if shown.strip() else None,
    )


#: libyaml reads where it is there, but Python composes: libyaml's composer crashes on deep nesting.
_BASES: Any = (Composer, yaml.CSafeLoader) if yaml.__with_libyaml__ else (yaml.SafeLoader,)


class _Loader(*_BASES):  # type: ignore[misc]
    """The safe loader with YAML 1.2's idea of what an unquoted scalar is."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own class attribute

    def __init__(self, stream: str) -> None:
        _BASES[-1].__init__(self, stream)
        Composer.__init__(self)


_STANDARD = "tag:yaml.org,2002:"
#: The tags of a list and of a mapping that are just that; any other would build something else.
_PLAIN: dict[type[yaml.Node], set[str]] = {
    yaml.SequenceNode: {_STANDARD + "seq"},
    yaml.MappingNode: {_STANDARD + "map"},
}
_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:timestamp", _DATE, list("0123456789"))


class _Builder:
    """Turns the node tree into data, noting lines and collecting problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []
        self._nodes = self._repeated = 0
        self._seen: set[int] = set()
        self._open: set[int] = set()

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self._nodes += 1
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._nodes > MAX_NODES or self._repeated > MAX_REPEATED:
            raise mistake("yaml_bomb", self.file, nodes=MAX_REPEATED if self._repeated > MAX_REPEATED else MAX_NODES)
        if len(path) > MAX_DEPTH:
            raise mistake("yaml_too_deep", self.file, depth=MAX_DEPTH)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in _PLAIN[type(node)]:
            self._problem("yaml_tag", path, node.start_mark.line + 1, tag=node.tag)
            return None
        if id(node) in self._open:
            raise mistake("yaml_loop", self.file)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return tuple(self.value(item, (*path, i)) for i, item in enumerate(node.value))
            return dict(self._entries(node, path))
        finally:
            self._open.discard(id(node))

    def _entries(self, node: yaml.Node, path: Path_) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem("yaml_key_not_text", path, line)
                continue
            key = key_node.value
            if key_node.tag.removeprefix(_STANDARD) not in ("str", *_SCALARS):
                self._problem("yaml_tag", path, line, tag=key_node.tag)
            elif key == "<<":
                self._problem("yaml_merge_key", path, line)
            elif key in seen:
                self._problem("yaml_duplicate_key", (*path, key), line, key=key, first=seen[key])
            else:
                seen[key] = line
                self.lines[(*path, key)] = line
                yield key, self.value(value_node, (*path, key))

    def _scalar(self, node: yaml.ScalarNode, path: Path_) -> Any:
        kind = node.tag.removeprefix(_STANDARD)
        text = node.value
        if kind == "str":
            return text
        line = node.start_mark.line + 1
        try:
            return _SCALARS[kind](text)
        except KeyError:
            self._problem("yaml_tag", path, line, tag=node.tag)
        except ValueError:
            self._problem("yaml_bad_value", path, line, value=text[:50])
        return None

    def _problem(self, code: str, path: Path_, line: int, **values: Any) -> None:
        self.problems.append(Problem(code, values, Place(file=self.file, line=line, key=dotted(path) or None)))


def _integer(text: str) -> int:
    if len(text) > 300:
        raise ValueError("an absurdly long number")
    return int(text)


def _real(text: str) -> float:
    special = text.lower().lstrip("+-") in (".inf", ".nan")
    value = float(text.lower().replace(".inf", "inf").replace(".nan", "nan") if special else text)
    if math.isinf(value) and not special:
        raise ValueError("a number too large for a double")
    return value


_SCALARS: dict[str, Any] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": _real,
    "timestamp": date.fromisoformat,
}
