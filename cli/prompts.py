"""`./helpline prompts …`: what a voice artist records, what came back, and what is still to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="What callers hear: the studio's sheet, its recordings, what is missing.", no_args_is_help=True)

AnyLanguage = Annotated[str, typer.Option(help="For example hi; default: every language.")]


@app.command()
def sheet(
    language: AnyLanguage = "", out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path()
) -> None:
    """Write every sentence to record, with its file name and notes, as CSV and PDF."""
    from cli.studio import sheet

    raise typer.Exit(sheet(language, out))


@app.command("import")
def take_in(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the WAV files.")],
    language: Annotated[str, typer.Option(help="Whose sentences they are; default: HELPLINE_LANGUAGE.")] = "",
) -> None:
    """Judge recordings and keep the good ones; each refused one is told with what to do."""
    from cli.studio import take_in

    raise typer.Exit(take_in(source, language))


@app.command()
def status(language: AnyLanguage = "") -> None:
    """Tell what is recorded, what is missing, and what is stale since its text changed."""
    from cli.studio import status

    raise typer.Exit(status(language))
