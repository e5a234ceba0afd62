"""What the commands are made of: help pages in the user's language, and the options that several share."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import click

import xlkpi
from xlkpi.language import languages, set_language, text


class Help:
    """Help pages in the user's language: click's own words are English."""

    def format_help(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        command = context.command
        pieces = " ".join(command.collect_usage_pieces(context))
        formatter.write_usage(context.command_path, pieces, prefix=text("help.usage") + " ")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_help_of(command))
        if isinstance(command, click.Group):
            rows = [(name, _help_of(command.commands[name])) for name in command.commands]
            with formatter.section(text("help.commands")):
                formatter.write_dl(rows)
        options = [p.get_help_record(context) for p in command.get_params(context) if isinstance(p, click.Option)]
        with formatter.section(text("help.options")):
            formatter.write_dl([row for row in options if row])


def _help_of(command: click.Command) -> str:
    return text(f"help.command.{getattr(command, 'key', None) or command.name}")


class Command(Help, click.Command):
    """A command; ``key`` names its help text where another command has the same name."""

    def __init__(self, *arguments: Any, key: str | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.key = key

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The language is known before anything else is told, wherever it stands."""
        words = [word for piece in args for word in piece.split("=", 1)]
        for word, value in pairwise(words):
            if word == "--language" and value in languages():
                set_language(value)
        return super().parse_args(ctx, args)


class Group(Help, click.Group):
    """A group that proposes the nearest command for one that does not exist."""

    command_class = Command

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name not in self.commands:
            from xlkpi.validation import nearest

            meant = nearest(name, self.commands)
            known = ", ".join(self.commands)
            hint = text("usage.nearest", nearest=meant) if meant else text("usage.known", known=known)
            raise click.UsageError(f"{text('usage.command', name=name)} {hint}", context)
        return super().resolve_command(context, args)


def option(*names: str, key: str, **settings: Any) -> Callable[[Any], Any]:
    """An option whose help is the text ``help.option.<key>``, looked up when help is shown."""

    class Option(click.Option):
        def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
            self.help = text(f"help.option.{key}")
            return super().get_help_record(context)

    return click.option(*names, cls=Option, **settings)


def _speak(context: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value:
        set_language(value)
        context.meta["xlkpi.language"] = value
    return value


def version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"xlkpi {xlkpi.__version__}")
        context.exit()


def _show_help(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(context.get_help())
        context.exit()


language_option = option(
    "--language", key="language", type=click.Choice(languages()), expose_value=False, is_eager=True, callback=_speak
)
json_option = option("--json", "as_json", key="json", is_flag=True)
own_option = option("--file", "own", key="file", type=click.Path(readable=False))
help_option = option("--help", "-h", key="help", is_flag=True, is_eager=True, expose_value=False, callback=_show_help)
