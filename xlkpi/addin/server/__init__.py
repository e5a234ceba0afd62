"""xlwings Server with our functions, manifest and task pane, on this machine alone unless users are authenticated."""

from __future__ import annotations

from xlkpi.addin.server.run import serve

__all__ = ["serve"]
