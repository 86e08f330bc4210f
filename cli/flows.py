"""`./helpline flows …`: check, try, draw and describe the voice menus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.runtime.progress import say
from config.errors import ConfigError
from config.settings import Settings, load_settings

app = typer.Typer(help="The voice menus: check them, try them, draw them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The flow's name.")]


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Flows by name, or files; default: all.")] = None,
) -> None:
    """Look for everything that is wrong with the flows; each line has file, line and what to do."""
    from cli.flow_faults import check

    raise typer.Exit(check(_settings(), names or ()))


@app.command()
def simulate(
    name: Annotated[str, typer.Argument(help="The flow's name.")] = "",
    script: Annotated[Path | None, typer.Option(help="Play this story instead of asking for keys.")] = None,
    language: Annotated[str, typer.Option(help="The language the call begins in.")] = "hi",
    speak: Annotated[bool, typer.Option("--speak", help="Play the prompts aloud, too.")] = False,
    golden: Annotated[
        bool, typer.Option("--update-golden", help="Write the transcripts beside the flow (or all flows) anew.")
    ] = False,
) -> None:
    """Play a flow in the terminal; the keyboard is the keypad."""
    from cli.simulator import command

    if golden:
        raise typer.Exit(command.update_golden(_settings(), name))
    raise typer.Exit(command.simulate(_settings(), name, script, language, speak))


@app.command()
def draw(
    name: Name,
    language: Annotated[str, typer.Option(help="hi or en.")] = "hi",
    out: Annotated[Path | None, typer.Option(help="The SVG file; default: NAME.LANGUAGE.svg.")] = None,
) -> None:
    """Draw a flow as an SVG for people who do not read YAML."""
    from cli.drawing.command import draw_command

    raise typer.Exit(draw_command(name, language, out))


@app.command()
def schema() -> None:
    """Write flows/schema.json, with which editors complete what one types."""
    from cli.flow_schema import write

    raise typer.Exit(write())


def _settings() -> Settings:
    try:
        return load_settings()
    except ConfigError as error:
        say(str(error))
        raise typer.Exit(1) from None
