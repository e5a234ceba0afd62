"""``xlkpi addin``: what Excel loads, built, installed and served."""

from __future__ import annotations

import click

from xlkpi.cli_parts import Group, help_option, language_option


@click.group("addin", cls=Group, add_help_option=False)
@language_option
@help_option
def addin() -> None:
    """The functions in Excel: build, install or serve them."""
