"""Where the cells of some rows stand, told for a megabyte at once and not cell by cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import reference

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

#: Two signs of each cell, and the eight with which one begins whose address is told first.
_CELL, _OPENING, _ADDRESS = (int.from_bytes(signs, "little") for signs in (b"<c", b"<c r", b'="'))
_OPENED = 8
_NINE = ord("9")
#: Signs after these in which a cell's opening ends: the rest of its address, its format and its type are short.
_REACH = 48


class CellPlaces:
    """Tells rows whose cells all stand in some columns, and in each row one with a content in the column ``mark``.

    Columns are numbered from 1. Imports numpy, and so isn't for small tables.
    """

    def __init__(self, columns: Iterable[int], mark: int) -> None:
        self._usual, self._mark = _beginnings(columns), _beginnings([mark])

    def only(self, xml: bytes, marks: int) -> bool:
        """Whether all cells stand there, so many marks with a content among them.

        False, too, for cells that are written in another way than Excel, XlsxWriter, openpyxl and xlkpi do.
        """
        import numpy as np

        padded = xml + bytes(_OPENED + _REACH)
        pairs = (np.frombuffer(padded, "<u2", len(xml) // 2, shift) == _CELL for shift in (0, 1))
        at = np.concatenate([np.flatnonzero(found) * 2 + shift for shift, found in enumerate(pairs)])
        opened = np.ndarray((len(xml),), "<u8", padded, strides=(1,))[at]
        begins = opened.view("<u2")[3::4]
        if not ((opened.view("<u4")[::2] == _OPENING).all() and (opened.view("<u2")[2::4] == _ADDRESS).all()):
            return False
        if not self._usual[begins].all():
            return False
        follows = np.ndarray((len(xml), _REACH), np.uint8, padded, _OPENED, (1, 1))
        two_letters = at[begins >> 8 > _NINE]
        if (follows[two_letters, 0] > _NINE).any():  # they are three
            return False
        marked = follows[at[self._mark[begins]]]
        end = (marked == ord(">")).argmax(axis=1)[:, None]
        ended, before = (np.take_along_axis(marked, place, axis=1) for place in (end, np.maximum(end - 1, 0)))
        return len(marked) == marks and bool(((ended == ord(">")) & (before != ord("/"))).all())


def _beginnings(columns: Iterable[int]) -> Flags:
    """The first two signs of addresses in columns of one letter or two; of no columns beyond."""
    import numpy as np

    known = np.zeros(1 << 16, np.bool_)
    for number in columns:
        letters = reference(0, number - 1)[:-1]
        ends = b"123456789" if len(letters) == 1 else b"" if len(letters) > 2 else letters[1:]
        for end in ends:
            known[letters[0] | end << 8] = True
    return known
