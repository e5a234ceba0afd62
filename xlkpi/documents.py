"""What a YAML file that a person wrote says, with the line of every key kept for error messages.

PyYAML is imported only when a file is read (:mod:`xlkpi.yaml_reader`): what was kept of one needs none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlkpi.errors import DefinitionError, Place, Problem

MAX_BYTES = 20_000_000

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file's data (dicts, tuples, text, numbers, booleans, dates, None) and where each value stands."""

    data: Any
    file: str
    lines: dict[Path_, int] = field(default_factory=dict)

    def place(self, path: Path_ = ()) -> Place:
        """File, line and key of a value; the nearest known parent where the value itself is absent."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Place(file=self.file, line=self.lines.get(known), key=dotted(path) or None)


def dotted(path: Path_) -> str:
    """``("objectives", 0, "target")`` as people write it: ``objectives[1].target``."""
    out = ""
    for part in path:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


def read(path: Path | str) -> Document:
    """Read a YAML file in UTF-8.

    Raises DefinitionError when the file is missing, too large, not UTF-8, or not plain YAML.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # a device or a pipe has no size to ask for
        if len(content) > MAX_BYTES:
            raise mistake("file_too_large", str(path), megabytes=MAX_BYTES // 1_000_000)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise mistake("file_not_found", str(path)) from None
    except UnicodeDecodeError:
        raise mistake("file_not_utf8", str(path)) from None
    except OSError as problem:
        raise mistake("file_unreadable", str(path), reason=problem.strerror or type(problem).__name__) from None
    except ValueError:  # a null byte in the path
        raise mistake("file_not_found", str(path).replace("\0", "␀")) from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Parse YAML text; ``file`` is the name used in messages. Raises DefinitionError, with every problem found."""
    if len(text) > MAX_BYTES:
        raise mistake("file_too_large", file, megabytes=MAX_BYTES // 1_000_000)
    from xlkpi.yaml_reader import parsed

    return parsed(text, file)


def mistake(code: str, file: str, **values: Any) -> DefinitionError:
    """A mistake of a whole file."""
    return DefinitionError(Problem(code, values, Place(file=file)))
