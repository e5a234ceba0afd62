"""The ``xlkpi`` command: a thin skin over the library.

Exit codes: 0 done, 1 the input has errors, 2 wrong usage. Results go to standard output, messages to standard error.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

import xlkpi
from xlkpi.cli_addin import addin
from xlkpi.cli_parts import Group, help_option, json_option, language_option, option, own_option, version
from xlkpi.errors import InputError, XlkpiError
from xlkpi.language import current, text, use


@click.group("xlkpi", cls=Group, add_help_option=False, invoke_without_command=False)
@language_option
@option("--version", key="version", is_flag=True, is_eager=True, expose_value=False, callback=version)
@help_option
def cli() -> None:
    """Marketing KPIs and SMART objectives for Excel."""


@cli.command("kpis", add_help_option=False)
@click.argument("words", nargs=-1, metavar="[TEXT]")
@option("--family", key="family")
@own_option
@json_option
@language_option
@help_option
def kpis(words: Sequence[str], family: str | None, own: str | None, as_json: bool) -> None:
    """List and search the catalogue."""
    from xlkpi.cli_catalogue import kpis_as_json, kpis_as_text

    catalogue = _catalogue(own)
    if family and not catalogue.search(family=family):
        families = ", ".join(sorted(catalogue.families))
        raise click.UsageError(f"{text('usage.family', name=family)} {text('usage.known', known=families)}")
    found = catalogue.search(" ".join(words), family)
    if as_json:
        _print_json(kpis_as_json(found, catalogue))
    elif found:
        click.echo(kpis_as_text(found, catalogue))
    else:
        click.echo(text("kpis.none", words=" ".join(words)), err=True)


@cli.command("kpi", add_help_option=False)
@click.argument("id", metavar="ID")
@own_option
@json_option
@language_option
@help_option
def kpi(id: str, own: str | None, as_json: bool) -> None:
    """Show everything about one KPI."""
    from xlkpi.cli_catalogue import kpi_as_json, kpi_as_text

    catalogue = _catalogue(own)
    found = catalogue.find(id)
    if as_json:
        _print_json(kpi_as_json(found, catalogue))
    else:
        click.echo(kpi_as_text(found, catalogue))


@cli.command("new", add_help_option=False)
@click.argument("folder", metavar="DIR", type=click.Path(readable=False))
@option("--template", key="template")
@language_option
@help_option
def new(folder: str, template: str | None) -> None:
    """Write a starter project."""
    from xlkpi.starter import new_project

    file = str(new_project(folder, template))
    path = f'"{file}"' if " " in file else file  # as a shell takes it
    click.echo(text("starter.written", file=file, path=path, mark=text("starter.fill_in")))


@cli.command("check", add_help_option=False)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@option("--no-data", key="no_data", is_flag=True)
@option("--set-aside", key="set_aside", type=click.Path(readable=False), metavar="CSV")
@json_option
@language_option
@help_option
def check(file: str, no_data: bool, set_aside: str | None, as_json: bool) -> int:
    """Check objectives and sources."""
    from xlkpi.cli_check import check_as_json, check_as_text, checked

    result = checked(file, with_data=not no_data)
    if set_aside:
        result.write_set_aside(set_aside)
    if as_json:
        _print_json(check_as_json(result))
    else:
        click.echo(check_as_text(result))
    return 0 if result.ok else 1


@cli.command("build", add_help_option=False)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@option("--out", "-o", "out", key="out", type=click.Path(readable=False), metavar="XLSX")
@option("--as-of", "as_of", key="as_of", metavar="DATE")
@option("--template", key="layout")
@json_option
@language_option
@help_option
def build(file: str, out: str | None, as_of: str | None, template: str | None, as_json: bool) -> None:
    """Build the scorecard workbook of a project."""
    from xlkpi import cli_build

    written = cli_build.build(file, out, as_of, _chosen_language(), template)
    if as_json:
        _print_json(cli_build.as_json(written))
    else:
        click.echo(cli_build.as_text(written))


@cli.command("refresh", add_help_option=False)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(readable=False))
@option("--project", key="project", type=click.Path(readable=False), metavar="FILE")
@option("--dry-run", key="refresh_dry_run", is_flag=True)
@option("--as-of", "as_of", key="as_of", metavar="DATE")
@option("--backups", key="backups", type=click.IntRange(0, 99), metavar="N")
@option("--due", key="refresh_due", is_flag=True)
@option("--accept-targets", "accept_targets", key="accept_targets", is_flag=True)
@option("--who", key="who", metavar="NAME")
@option("--why", key="why", metavar="TEXT")
@json_option
@language_option
@help_option
def refresh(workbook: str, as_json: bool, **given: Any) -> None:
    """Refresh a scorecard workbook in its place."""
    from xlkpi import cli_refresh

    done = cli_refresh.refresh(workbook, **given)
    if as_json:
        _print_json(done.as_json())
    else:
        click.echo(cli_refresh.as_text(done))


@cli.command("upgrade", add_help_option=False)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(readable=False))
@option("--project", key="project", type=click.Path(readable=False), metavar="FILE")
@option("--dry-run", key="refresh_dry_run", is_flag=True)
@option("--as-of", "as_of", key="as_of", metavar="DATE")
@option("--backups", key="backups", type=click.IntRange(0, 99), metavar="N")
@option("--leave-behind", "leave", key="leave_behind", is_flag=True)
@json_option
@language_option
@help_option
def upgrade(workbook: str, as_json: bool, **given: Any) -> None:
    """Make a workbook of an older version one of this version."""
    from xlkpi import cli_upgrade

    done = cli_upgrade.upgrade(workbook, **given)
    if as_json:
        _print_json(done.as_json())
    else:
        click.echo(cli_upgrade.as_text(done))


@cli.command("demo", add_help_option=False)
@click.argument("folder", metavar="[DIR]", type=click.Path(readable=False), default="xlkpi-demo")
@json_option
@language_option
@help_option
def demo(folder: str, as_json: bool) -> None:
    """Write sample exports and build their scorecard."""
    from xlkpi import cli_build

    written = cli_build.demo(folder, current())
    if as_json:
        _print_json(cli_build.as_json(written))
    else:
        click.echo(cli_build.as_text(written))


@cli.command("distribute", add_help_option=False)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@option("--audience", "names", key="audience", multiple=True, metavar="NAME")
@option("--due", key="due", is_flag=True)
@option("--out", "-o", "out", key="packages", type=click.Path(readable=False), metavar="DIR")
@option("--as-of", "as_of", key="as_of", metavar="DATE")
@option("--dry-run", key="dry_run", is_flag=True)
@option("--send", key="send", is_flag=True)
@option("--resend", "resend", key="resend", multiple=True, metavar="ADDRESS")
@json_option
@language_option
@help_option
def distribute(
    file: str, names: Sequence[str], due: bool, out: str | None, as_of: str | None, dry_run: bool, send: bool,
    resend: Sequence[str], as_json: bool,
) -> int:  # fmt: skip
    """Make each audience its package."""
    from xlkpi import cli_distribute

    made = cli_distribute.distribute(file, out, names, due=due, dry_run=dry_run, send=send, as_of=as_of, resend=resend)
    if as_json:
        _print_json(cli_distribute.as_json(made))
    else:
        click.echo(cli_distribute.as_text(made, dry_run=dry_run, send=send))
    if not made.ok:
        click.echo(cli_distribute.problems_as_text(made), err=True)
    return 0 if made.ok else 1


@cli.command("schedule", add_help_option=False)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@option("--at", key="at", metavar="HH:MM", default="07:00")
@option("--system", key="system", type=click.Choice(["cron", "windows"]))
@option("--out", "-o", "out", key="packages", type=click.Path(readable=False), metavar="DIR")
@option("--send", key="send_line", is_flag=True)
@json_option
@language_option
@help_option
def schedule(file: str, at: str, system: str | None, out: str | None, send: bool, as_json: bool) -> None:
    """Print the line for cron or Windows Task Scheduler."""
    from xlkpi import cli_distribute

    line, lines = cli_distribute.schedule(file, out, at, system, send=send)
    if as_json:
        _print_json(lines)
        return
    click.echo(line)
    click.echo(text(f"distribute.schedule_{'windows' if line.startswith('schtasks') else 'cron'}"), err=True)
    if send:
        click.echo(text("distribute.schedule_secrets"), err=True)


@cli.command("functions", add_help_option=False)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(readable=False))
@own_option
@option("--remove", key="remove", is_flag=True)
@json_option
@language_option
@help_option
def functions(workbook: str, own: str | None, remove: bool, as_json: bool) -> None:
    """Add the functions to a workbook as LAMBDA names."""
    from xlkpi import cli_functions

    changed = cli_functions.functions(workbook, {} if remove else _catalogue(own).functions)
    if as_json:
        _print_json(cli_functions.as_json(workbook, changed))
    else:
        click.echo(cli_functions.as_text(workbook, changed))


@cli.command("schema", add_help_option=False)
@language_option
@help_option
def schema() -> None:
    """Print the JSON Schema of a project file."""
    from xlkpi.objectives import schema as project_schema

    _print_json(project_schema())


cli.add_command(addin)


def _chosen_language() -> str | None:
    """The language that the command line names; None where it names none."""
    chosen: str | None = click.get_current_context().meta.get("xlkpi.language")
    return chosen


def _catalogue(own: str | None) -> xlkpi.Catalogue:
    from xlkpi.catalogue import catalogue, load_own

    return load_own(own) if own else catalogue()


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; every error is told in words."""
    with use(None):  # a --language of this run is not the next one's
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        return int(cli.main(arguments, prog_name="xlkpi", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as mistake:
        click.echo(mistake.format_message(), err=True)
        return 2
    except click.UsageError as mistake:
        click.echo(text("usage.error", detail=_usage(mistake)), err=True)
        where = mistake.ctx.command_path if mistake.ctx else "xlkpi"
        click.echo("  → " + text("usage.help", command=where), err=True)
        return 2
    except XlkpiError as mistake:
        _tell(mistake, "--json" in (arguments if arguments is not None else sys.argv))
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo(text("usage.aborted"), err=True)
        return 130
    except (BrokenPipeError, SystemExit):  # the reader, such as `head`, has had enough; click exits for it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as mistake:
        if os.environ.get("XLKPI_DEBUG"):
            raise
        click.echo(text("usage.unexpected", error=f"{type(mistake).__name__}: {mistake}"), err=True)
        return 1


def _tell(mistake: XlkpiError, as_json: bool) -> None:
    click.echo(mistake.text(), err=True)
    if as_json and isinstance(mistake, InputError):
        _print_json({"problems": [problem.as_json() for problem in mistake.problems]})


def _usage(mistake: click.UsageError) -> str:
    """A usage error in the user's language."""
    if isinstance(mistake, click.NoSuchOption):
        return text("usage.option", name=mistake.option_name)
    if isinstance(mistake, click.BadOptionUsage):
        needs = "requires" in mistake.message
        return text("usage.value_missing" if needs else "usage.value_extra", name=mistake.option_name)
    if isinstance(mistake, click.MissingParameter) and mistake.param is not None:
        return text(
            "usage.missing", name=mistake.param.make_metavar(mistake.ctx) if mistake.ctx else mistake.param.name
        )
    if isinstance(mistake, click.BadParameter) and isinstance(getattr(mistake.param, "type", None), click.Choice):
        choices = ", ".join(mistake.param.type.choices)  # type: ignore[union-attr]  # a Choice, as just checked
        return text("usage.choice", name=mistake.param.opts[0], known=choices)  # type: ignore[union-attr]
    if isinstance(mistake, click.BadParameter) and isinstance(
        bounds := getattr(mistake.param, "type", None), click.IntRange
    ):
        return text("usage.range", name=mistake.param.opts[0], first=bounds.min, last=bounds.max)  # type: ignore[union-attr]
    if type(mistake) is click.UsageError and mistake.ctx and "extra argument" in mistake.message:
        return text("usage.extra", name=mistake.message.split("(")[-1].rstrip(")."))
    return mistake.format_message()


#: What stands for a typographic character where a console lacks it; letters lose their accents.
_NEAREST = {
    "\u202f": " ", "\u00a0": " ", "’": "'", "«": '"', "»": '"', "–": "-", "−": "-", "…": "...", "·": "-", "•": "*",
    "→": "->", "×": "x", "≤": "<=", "≥": ">=", "≠": "<>", "★": "*", "✓": "+", "✗": "x", "▲": "!", "€": "EUR",
    "£": "GBP",
}  # fmt: skip


def _nearest_characters(mistake: UnicodeError) -> tuple[str, int]:
    import unicodedata

    assert isinstance(mistake, UnicodeEncodeError)  # only output is written with it
    lacking = mistake.object[mistake.start : mistake.end]
    plain = (_NEAREST.get(c) or unicodedata.normalize("NFKD", c)[0] for c in lacking)
    return "".join(p if p.isascii() else "?" for p in plain), mistake.end


codecs.register_error("xlkpi", _nearest_characters)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="xlkpi")  # a console that lacks a character shows the nearest one
    sys.exit(run())


if __name__ == "__main__":
    main()
