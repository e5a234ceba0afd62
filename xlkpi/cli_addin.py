"""``xlkpi addin``: what Excel loads, built, installed and served."""

from __future__ import annotations

import click

from xlkpi.cli_parts import Group, help_option, language_option, option


@click.group("addin", cls=Group, add_help_option=False)
@language_option
@help_option
def addin() -> None:
    """The functions in Excel: build, install or serve them."""


@addin.command("serve", key="addin_serve", add_help_option=False)
@option("--host", key="serve_host", default="127.0.0.1", metavar="ADDRESS")
@option("--port", key="serve_port", default=8000, type=click.IntRange(1, 65535), metavar="PORT")
@option("--certificate", key="serve_certificate", metavar="FILE")
@option("--key", "private", key="serve_key", metavar="FILE")
@language_option
@help_option
def serve(host: str, port: int, certificate: str | None, private: str | None) -> None:
    """Serve the functions to Excel on the web, on a Mac or on Windows."""
    from xlkpi.addin.server import serve as run

    run(host, port, certificate, private)
