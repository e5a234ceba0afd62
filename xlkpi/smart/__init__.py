"""SMART, letter by letter: is an objective specific, measurable, attainable, relevant and time-bound?

Each letter gets pass, warning, fail or not checked, with the evidence and what to do about it. The score is
0 to 100: the mean of the letters that could be checked; in a letter a passed check counts 1, a warning a
half, a failure 0, and a letter with a failure has at most a half.

>>> from xlkpi.objectives import load
>>> from xlkpi.smart import check
>>> check(load("project.yaml")).objectives[0].score  # doctest: +SKIP
92
"""

from xlkpi.smart.case import Case
from xlkpi.smart.check import check, check_case
from xlkpi.smart.model import LETTERS, Finding, LetterReport, ObjectiveReport, Report

__all__ = ["LETTERS", "Case", "Finding", "LetterReport", "ObjectiveReport", "Report", "check", "check_case"]
