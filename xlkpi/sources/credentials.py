"""Secrets of connections: where they come from, and how they are kept out of all that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from xlkpi.errors import Place, Problem, SourceError

#: A name that stands for a secret.
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_KEY = re.compile(r"(?:pass|pwd|secret|token|key|credential)(?!.*_(?:file|path)$)", re.IGNORECASE)
#: What stands before a secret in the messages of drivers, whatever they were given.
_SECRET_IN_TEXT = re.compile(r"((?:password|pwd|token|secret|passphrase)\w*['\"]?\s*[=:]\s*)(\S+)", re.IGNORECASE)
_SHORTEST = 3  # shorter values would blank out ordinary letters of a message
_HIDDEN = "•••"


class Secrets:
    """Names that stand for secrets, and what must not be shown because it came from them."""

    def __init__(self, environment: Mapping[str, str], file: Mapping[str, str]) -> None:
        self._environment, self._file = environment, file
        self._used: set[str] = set()

    def __repr__(self) -> str:
        return "Secrets()"

    def value(self, name: str, place: Place) -> str:
        """What a name stands for. Raises SourceError where it stands for nothing."""
        found = self._environment.get(name) or self._file.get(name)
        if not found:
            raise SourceError(Problem("source_secret_missing", {"name": name}, place))
        self._used.add(found)
        return found

    def fill(self, template: str, place: Place) -> str:
        """The address with values put in; those in its user, password and options are escaped."""
        start = template.find("://") + 3
        at = template.rfind("@", start)
        question = template.find("?", start)

        def put(match: re.Match[str]) -> str:
            value = self.value(match[1], place)
            escaped = match.start() < at or (question >= 0 and match.start() > question)
            return quote(value, safe="") if escaped else value

        return VARIABLE.sub(put, template)

    def add_parts(self, url: str) -> None:
        """The secret parts of an address that is a secret as a whole."""
        parts = urlsplit(url)
        options = [v for k, v in parse_qsl(parts.query) if _SECRET_KEY.search(k)]
        self._used |= {v for v in (parts.password, parts.netloc, *options) if v}

    def hide(self, text: str) -> str:
        """A text without any secret that was used, in plain or escaped form."""
        forms = {
            f for v in self._used for f in (v, quote(v, safe=""), quote_plus(v), unquote(v), repr(v)[1:-1], v.strip())
        }
        for secret in sorted((f for f in forms if len(f) >= _SHORTEST), key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return _SECRET_IN_TEXT.sub(rf"\g<1>{_HIDDEN}", text)


def read_secrets(path: Path | str | None, place: Place) -> Mapping[str, str]:
    """The names and values of a secrets file; none without a file. Raises SourceError that quotes nothing of it."""
    if path is None:
        return {}
    from xlkpi.documents import read
    from xlkpi.errors import InputError

    file = Path(path)
    try:
        data = read(file).data or {}
    except (InputError, OSError):  # its own message may quote a line of the file
        data = None
    if not isinstance(data, Mapping) or any(isinstance(v, Mapping | tuple) for v in data.values()):
        raise SourceError(Problem("source_secrets_file", {"file": file.name}, place))
    return {str(name): str(value) for name, value in data.items() if value is not None}


def written_secret(template: str) -> str | None:
    """Which part of an address holds a secret in clear."""
    parts = urlsplit(template)
    if parts.password and not VARIABLE.search(parts.password):
        return "password"
    return next((k for k, v in parse_qsl(parts.query) if _SECRET_KEY.search(k) and not VARIABLE.search(v)), None)


def masked(template: str) -> str:
    """The address with names in place of the secrets that are written in it: what to write instead."""
    hidden = re.sub(r"(://[^/@:]*:).*@", r"\1${PASSWORD}@", template)

    def name(option: re.Match[str]) -> str:
        return f"{option[1]}${{SECRET}}" if _SECRET_KEY.search(option[2]) else option[0]

    return re.sub(r"([?&]([^=&]*)=)([^&]*)", name, hidden)
