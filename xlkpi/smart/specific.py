"""S, specific: it says what, for whom or where, and is more than a vague verb."""

from __future__ import annotations

from collections.abc import Iterator

from xlkpi.smart import words
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding


def says_what(case: Case) -> Iterator[Finding]:
    """Something that one can point at is named, beside verbs and words such as performance or results."""
    named = words.concrete(case.title) | words.concrete(case.specific)
    if not named:
        yield case.says("S", "what_missing", "fail", "title", title=case.title)
    else:
        yield case.says("S", "what", "pass", "title", words=_listed(named, case))


def more_than_a_vague_verb(case: Case) -> Iterator[Finding]:
    """A vague verb needs a number: "improve" alone can't be decided to be done."""
    verb = words.vague_verb(case.title)
    if verb is None:
        yield case.says("S", "verb", "pass", "title")
    elif words.numbers(case.title) or words.numbers(case.specific):
        yield case.says("S", "verb_with_number", "pass", "title", verb=words.as_written(verb, case.title))
    else:
        objective = case.objective
        numbered = any(value is not None for value in (objective.target, objective.low, objective.high))
        yield case.says(
            "S", "verb_vague", "warning" if numbered else "fail", "title", verb=words.as_written(verb, case.title)
        )


def says_for_whom_or_where(case: Case) -> Iterator[Finding]:
    """A selection of the data, or words about people or places."""
    where = case.objective.where
    if where:
        listed = "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in where.items())
        yield case.says("S", "scope_data", "pass", "where", where=listed)
    elif words.has_scope(case.specific) or len(words.concrete(case.specific) - words.concrete(case.title)) >= 2:
        yield case.says("S", "scope_words", "pass", "specific", words=case.specific)
    elif words.has_scope(case.title):
        yield case.says("S", "scope_words", "pass", "title", words=case.title)
    else:
        yield case.says("S", "scope_missing", "warning", "specific")


def _listed(named: frozenset[str], case: Case) -> str:
    """The first few of the words, as they are written."""
    text = f"{case.title} {case.specific}"
    return ", ".join(words.as_written(word, text) for word in sorted(named, key=words.words(text).index)[:4])
