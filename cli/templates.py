"""`./helpline templates …`: the wordings of messages, and their registration with the operators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The wordings of messages, and their registration with the operators.")

Sheet = Annotated[Path, typer.Argument(help="A CSV file.")]
Values = Annotated[list[str] | None, typer.Argument(help='name=value …, such as doctor="Dr Anita"; else samples.')]


@app.callback(invoke_without_command=True)
def templates(context: typer.Context) -> None:
    """The wordings of messages, and their registration with the operators."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_() -> None:
    """Every wording, what it costs, and whether it is registered."""
    from cli.wordings import run, show_all

    raise typer.Exit(run(show_all))


@app.command()
def sheet(file: Sheet) -> None:
    """Write the sheet for the operators' portal; the ids they give go into its column dlt_template_id."""
    from cli.wordings import run, write_sheet

    raise typer.Exit(run(write_sheet(file)))


@app.command()
def register(file: Sheet) -> None:
    """Take in the sheet with its ids. Good rows are kept; each faulty one is told by its line."""
    from cli.wordings import run, take_sheet

    raise typer.Exit(run(take_sheet(file), writing=True))


@app.command()
def preview(
    template: Annotated[str, typer.Argument(help="Its id, such as advice_slip.")],
    values: Values = None,
    language: Annotated[str, typer.Option(help="hi or en.")] = "hi",
) -> None:
    """Show a message as it would go out, with encoding and parts, or why it would be refused."""
    from cli.wordings import preview, run

    raise typer.Exit(run(preview(template, language, values or ())))
