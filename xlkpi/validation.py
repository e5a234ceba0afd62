"""Checking plain data against a dataclass, with every mistake told at its line and in the reader's words.

The dataclasses are the models: pydantic reads their annotations, strictly, and is imported only here, when a
file is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from xlkpi.errors import DefinitionError, Problem

if TYPE_CHECKING:
    from xlkpi.documents import Document, Path_

T = TypeVar("T")

#: What every model is checked with: unknown keys are mistakes, and "12" is not 12.
STRICT: dict[str, Any] = {"extra": "forbid", "strict": True, "arbitrary_types_allowed": True}


@lru_cache(maxsize=64)
def _adapter(model: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def json_schema(model: Any) -> dict[str, Any]:
    """The JSON Schema of a model, for editors."""
    schema: dict[str, Any] = _adapter(model).json_schema()
    return schema


def validated(model: type[T], data: Any, document: Document, path: Path_ = ()) -> T:
    """The model made from plain data that stands at ``path`` of a document.

    Raises DefinitionError with all problems, each at its line.
    """
    from pydantic import ValidationError

    try:
        # Through JSON, since only there does a strict model take a mapping for a dataclass and a list for a tuple.
        made: T = _adapter(cast(Any, model)).validate_json(json.dumps(data, default=str))
    except ValidationError as mistakes:
        found = [_problem(model, item, data) for item in mistakes.errors(include_url=False)]
        commas = {where for where, problem in found if problem.code == "decimal_comma"}
        found = [(where, p) for where, p in found if where not in commas or p.code == "decimal_comma"]
        # of a value that may be of several types, what is wrong inside it tells more than that it is of no other
        paths = {where for where, _ in found}
        inside = {where[:size] for where in paths for size in range(len(where))}
        found = [(where, p) for where, p in found if where not in inside or not p.code.startswith("want_")]
        unique: dict[Any, tuple[Path_, Problem]] = {}
        for where, problem in found:  # of the types that a value may have, the first is told
            told = "want" if problem.code.startswith("want_") else (problem.code, str(problem.values))
            unique.setdefault((where, told), (where, problem))
        raise DefinitionError(
            problem.at(**_known(document, (*path, *where))) for where, problem in unique.values()
        ) from None
    return made


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody probably meant, or None."""
    import difflib

    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def _known(document: Document, path: Path_) -> dict[str, Any]:
    place = document.place(path)
    return {"file": place.file, "line": place.line, "key": place.key}


_WANTED = {
    "string_type": "text", "int_type": "whole_number", "float_type": "number", "bool_type": "true_or_false",
    "date_type": "date", "date_from_datetime_parsing": "date", "date_parsing": "date",
    "list_type": "list", "tuple_type": "list", "dict_type": "mapping", "dataclass_type": "mapping",
    "int_from_float": "whole_number", "mapping_type": "mapping", "set_type": "list",
}  # fmt: skip


def _problem(model: Any, item: Any, data: Any) -> tuple[Path_, Problem]:
    """A pydantic error as one of ours, with the path where it stands in the file."""
    kind, given = item["type"], item.get("input")
    absent = kind in ("missing", "missing_argument")
    path = _path(item["loc"][:-1] if absent else item["loc"], data) + (item["loc"][-1:] if absent else ())
    if absent:
        return path[:-1], Problem("key_missing", {"key": str(path[-1])})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        key = str(path[-1])
        known = _keys(model, path[:-1])
        meant = nearest(key, known)
        if meant:
            return path, Problem("key_unknown_nearest", {"key": key, "nearest": meant})
        return path, Problem("key_unknown", {"key": key, "known": ", ".join(known)})
    if kind in ("literal_error", "enum"):
        expected = item["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
        meant = nearest(str(given), expected.split(", "))
        code = "value_not_listed_nearest" if meant else "value_not_listed"
        return path, Problem(code, {"value": _short(given), "known": expected, "nearest": meant or ""})
    if kind in _WANTED:
        wanted = _WANTED[kind]
        if wanted in ("number", "whole_number") and _decimal_comma(given):
            return path, Problem("decimal_comma", {"value": given, "number": str(given).replace(",", ".")})
        return path, Problem(f"want_{wanted}", {"value": _short(given)})
    if kind == "value_error" and isinstance(item["ctx"]["error"], _ComplaintError):
        complaint = item["ctx"]["error"]
        return path, Problem(complaint.code, complaint.values)
    bounds = {"ge", "gt", "le", "lt"} & set(item.get("ctx", {}))
    if bounds:
        bound = bounds.pop()
        return path, Problem(f"bound_{bound}", {"value": _short(given), "bound": item["ctx"][bound]})
    return path, Problem("value_refused", {"value": _short(given), "detail": item["msg"]})


class _ComplaintError(ValueError):
    def __init__(self, code: str, values: dict[str, Any]) -> None:
        self.code, self.values = code, values
        super().__init__(code)


def complaint(code: str, **values: Any) -> ValueError:
    """What a model's ``__post_init__`` raises: a problem code that is told at the model's line."""
    return _ComplaintError(code, values)


def need_words(key: str, words: Mapping[str, str]) -> None:
    """Raise a complaint where the text under a key says nothing."""
    if not any(word.strip() for word in words.values()):
        raise complaint("words_missing", key=key)


def _path(location: Sequence[Any], data: Any) -> Path_:
    """Pydantic's location without the branches of unions: what is no key of the data there."""
    path: list[str | int] = []
    for part in location:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        ):
            path.append(part)
            data = data[part]
    return tuple(path)


def _decimal_comma(given: Any) -> bool:
    return isinstance(given, str) and given.count(",") == 1 and given.replace(",", "").lstrip("-+").isdigit()


def _short(value: Any) -> str:
    shown = value if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _keys(model: Any, path: Sequence[Any]) -> list[str]:
    """The keys that a model has at a path, to propose the nearest."""
    for model_ in _models(model):
        if not path:
            return [f.name for f in fields(model_)]
        hints = get_type_hints(model_)
        if path[0] in hints:
            found = _keys(hints[path[0]], path[1:])
            if found:
                return found
    if path and (inner := _inner(model)) is not None:
        return _keys(inner, path[1:])
    return []


def _models(model: Any) -> list[Any]:
    if is_dataclass(model):
        return [model]
    if get_origin(model) in (Union, UnionType):
        return [m for option in get_args(model) for m in _models(option)]
    return []


def _inner(model: Any) -> Any:
    """What a list or a mapping of models holds."""
    if get_origin(model) in (Union, UnionType):
        return next((i for option in get_args(model) if (i := _inner(option)) is not None), None)
    if get_origin(model) in (list, tuple, dict) and get_args(model):
        arguments = [a for a in get_args(model) if a is not Ellipsis]
        return arguments[-1]
    return None
