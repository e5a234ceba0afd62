"""A theme's logo: a small PNG or JPEG inside the project's folder, for the band of pages."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from struct import error as struct_error

from xlkpi.errors import DefinitionError, Place, Problem

#: What a logo may weigh; it is written once, however many pages show it.
MAX_BYTES = 500_000
#: The box on the band, in pixels.
WIDTH, HEIGHT = 170, 46
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True)
class Logo:
    """A picture's bytes, and how it fits the band: its scale, and its size in pixels after it."""

    data: bytes
    scale: float
    width: float
    height: float


def read_logo(name: str, folder: Path, place: Place) -> Logo:
    """Read a logo. Raises DefinitionError where it is absent, too large, no PNG or JPEG, or outside the folder."""
    from xlsxwriter.exceptions import UndefinedImageSize, UnsupportedImageFormat
    from xlsxwriter.image import Image

    def wrong(code: str) -> DefinitionError:
        return DefinitionError(Problem(code, {"file": name, "kilobytes": MAX_BYTES // 1000}, place))

    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():  # links are followed first
            raise wrong("logo_outside")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):  # ValueError: a null byte in the path
        raise wrong("logo_missing") from None
    if len(data) > MAX_BYTES:
        raise wrong("logo_large")
    if not data.startswith(_STARTS):
        raise wrong("logo_format")
    try:
        image = Image(BytesIO(data))
        wide = image._width * 96 / image._x_dpi
        high = image._height * 96 / image._y_dpi
    except (UnsupportedImageFormat, UndefinedImageSize, IndexError, ValueError, ZeroDivisionError, struct_error):
        raise wrong("logo_format") from None
    if not (0 < wide < 20_000 and 0 < high < 20_000):
        raise wrong("logo_format")
    scale = min(WIDTH / wide, HEIGHT / high)
    return Logo(data, scale, wide * scale, high * scale)
