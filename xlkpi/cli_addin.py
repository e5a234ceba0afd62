"""``xlkpi addin``: what Excel loads, built, installed and served."""

from __future__ import annotations

from pathlib import Path

import click

from xlkpi.cli_parts import Group, help_option, json_option, language_option, option, own_option


@click.group("addin", cls=Group, add_help_option=False)
@language_option
@help_option
def addin() -> None:
    """The functions in Excel: build, install or serve them."""


@addin.command("build", add_help_option=False, key="addin_build")
@option("--out", "-o", "out", key="addin_out", type=click.Path(readable=False), metavar="DIR", default=".")
@option("--vba-only", key="vba_only", is_flag=True)
@option("--tooltips", key="tooltips", is_flag=True)
@own_option
@json_option
@language_option
@help_option
def build(out: str, vba_only: bool, tooltips: bool, own: str | None, as_json: bool) -> None:
    """Make the add-in without Excel."""
    from xlkpi import cli_addin_files as files

    made = files.build(Path(out), own, vba_only=vba_only, tooltips=tooltips)
    click.echo(files.as_json(made) if as_json else files.built_text(made))


@addin.command("install", add_help_option=False, key="addin_install")
@option("--folder", key="addin_folder", type=click.Path(readable=False), metavar="DIR")
@option("--vba-only", key="vba_only", is_flag=True)
@option("--tooltips", key="tooltips", is_flag=True)
@own_option
@json_option
@language_option
@help_option
def install(folder: str | None, vba_only: bool, tooltips: bool, own: str | None, as_json: bool) -> None:
    """Place the add-in where Excel loads it."""
    from xlkpi import cli_addin_files as files

    language = click.get_current_context().meta.get("xlkpi.language")
    place = Path(folder) if folder else None
    made = files.install(place, own, language, vba_only=vba_only, tooltips=tooltips)
    click.echo(files.as_json(made) if as_json else files.installed_text(made))


@addin.command("lite", add_help_option=False, key="addin_lite")
@option("--out", "-o", "out", key="addin_out", type=click.Path(readable=False), metavar="DIR", default=".")
@own_option
@json_option
@language_option
@help_option
def lite(out: str, own: str | None, as_json: bool) -> None:
    """Write what goes into xlwings Lite."""
    from xlkpi import cli_addin_files as files

    made = files.lite(Path(out), own)
    click.echo(files.as_json(made) if as_json else files.lite_text(made))


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


@addin.command("doctor", key="addin_doctor", add_help_option=False)
@option("--folder", key="doctor_folder", type=click.Path(readable=False), metavar="DIR")
@option("--port", key="doctor_port", default=8000, type=click.IntRange(1, 65535), metavar="PORT")
@json_option
@language_option
@help_option
def doctor(folder: str | None, port: int, as_json: bool) -> int:
    """Look at what stands between Excel and the functions."""
    import json

    from xlkpi.addin import doctor as examining
    from xlkpi.addin.machine import Machine

    findings = examining.examine(Machine.here(Path(folder) if folder else None), port)
    well = examining.is_well(findings)
    if as_json:
        told = {"well": well, "findings": [finding.as_json() for finding in findings]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo(examining.as_text(findings))
    return 0 if well else 1
