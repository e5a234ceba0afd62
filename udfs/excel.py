"""The functions as xlwings knows them: the registry with ``@func``, ``@arg`` and ``@ret``, for every runtime.

Arguments arrive as the runtime has them (``raw``), since :mod:`xlkpi.udfs.cells` reads all forms the same way and
xlwings' own conversion costs more than the functions do. An error leaves as its text: Office.js runtimes make a real
error of it, and the VBA wrappers of the classic add-in do so with ``CVErr`` and :data:`ERROR_NUMBERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any

from xlkpi.formula import NoData

from .cells import returned
from .registry import Function, functions
from .settings import settings

Decorator = Callable[..., Any]


@lru_cache(maxsize=1)
def registered() -> dict[str, Callable[..., Any]]:
    """Every function of the registry, decorated by xlwings for the runtime that it runs in."""
    import xlwings

    raw_result = xlwings.func.__module__ == "xlwings.udfs"  # classic; elsewhere xlwings makes errors of our texts
    language = settings().language
    return {
        name: decorated(function, xlwings.func, xlwings.arg, xlwings.ret, raw_result=raw_result, language=language)
        for name, function in functions().items()
    }


def decorated(
    function: Function,
    func: Decorator,
    arg: Decorator,
    ret: Decorator,
    *,
    raw_result: bool = False,
    language: str | None = None,
) -> Callable[..., Any]:
    """One function for xlwings, with the texts of a language; ``raw_result`` where the runtime takes plain values."""
    made: Callable[..., Any] = plain(function, language)
    for argument in function.arguments:
        made = arg(argument.name, convert="raw", doc=argument.description(language))(made)
    if raw_result:
        made = ret(convert="raw")(made)
    return func(category=function.category)(made)  # type: ignore[no-any-return]  # the same callable


def plain(function: Function, language: str | None = None) -> Callable[..., Any]:
    """The function with Excel's name, arguments and description, as xlwings inspects them."""

    def call(*arguments: Any) -> Any:
        return returned(function.call(*arguments), _text)

    call.__name__ = call.__qualname__ = function.name
    call.__doc__ = function.description(language)
    call.__module__ = __name__
    call.__signature__ = _signature(function)  # type: ignore[attr-defined]  # what `inspect.signature` looks for
    return call


def _text(error: NoData) -> str:
    return error.value


def _signature(function: Function) -> Signature:
    return Signature(
        [
            Parameter(a.name, Parameter.VAR_POSITIONAL)
            if a.repeating
            else Parameter(
                a.name, Parameter.POSITIONAL_OR_KEYWORD, default=a.default if a.optional else Parameter.empty
            )
            for a in function.arguments
        ]
    )
