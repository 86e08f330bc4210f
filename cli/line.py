"""`./helpline line …`: the numbers that can be dialled, and what each does."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The numbers that can be dialled, and what each does.")

Number = Annotated[str, typer.Argument(help="As it is dialled, for example 104 or 1800-103-7378.")]
Name = Annotated[str | None, typer.Option(help="What staff call the line.")]
Language = Annotated[str | None, typer.Option(help="The language it begins in; default: the deployment's.")]
Hours = Annotated[str | None, typer.Option(help='For example "mon-sat 09:00-14:00; sun 10:00-12:00", or always.')]
Closed = Annotated[str | None, typer.Option(help="Dates on which it stays closed: 2027-01-26,2027-08-15; or none.")]
Districts = Annotated[str | None, typer.Option(help="Whose callers it is for: bhopal,indore; or all.")]
Ambulance = Annotated[str | None, typer.Option(help="The ambulance's number; default 108.")]
Numbers = Annotated[
    list[str] | None,
    typer.Option("--number", help="Another service's: tele_manas=14416. May be repeated; without a number: none."),
]

MissedCall = Annotated[
    bool | None,
    typer.Option("--missed-call/--answered", help="Never answered, free for the caller, who is called back at once."),
]

QueueLimit = Annotated[
    int | None,
    typer.Option(min=0, max=100_000, help="Of its callers so many may wait at a time; 0: HELPLINE_QUEUE_LIMIT."),
]


@app.callback(invoke_without_command=True)
def lines(context: typer.Context) -> None:
    """List the lines, or add, change and switch one."""
    if context.invoked_subcommand is None:
        from cli.lines.command import show

        raise typer.Exit(show())


@app.command()
def add(
    number: Number,
    flow: Annotated[str, typer.Argument(help="What its callers hear, for example opd_line.")],
    name: Name = None,
    language: Language = None,
    hours: Hours = None,
    closed: Closed = None,
    districts: Districts = None,
    ambulance: Ambulance = None,
    numbers: Numbers = None,
    missed_call: MissedCall = None,
    queue_limit: QueueLimit = None,
) -> None:
    """Make a number a service line. A running helpline answers it at once."""
    from cli.lines.command import add
    from cli.lines.wishes import Wish

    wish = Wish(flow, name, language, hours, closed, districts, ambulance, numbers or (), missed_call, queue_limit)
    raise typer.Exit(add(number, wish))


@app.command()
def change(
    number: Number,
    flow: Annotated[str | None, typer.Option(help="What its callers hear.")] = None,
    name: Name = None,
    language: Language = None,
    hours: Hours = None,
    closed: Closed = None,
    districts: Districts = None,
    ambulance: Ambulance = None,
    numbers: Numbers = None,
    missed_call: MissedCall = None,
    queue_limit: QueueLimit = None,
) -> None:
    """Change what is named here; calls that are going on stay as they began."""
    from cli.lines.command import change
    from cli.lines.wishes import Wish

    wish = Wish(flow, name, language, hours, closed, districts, ambulance, numbers or (), missed_call, queue_limit)
    raise typer.Exit(change(number, wish))


@app.command()
def off(number: Number) -> None:
    """Take a line out of service; it keeps everything but its callers."""
    from cli.lines.command import switch

    raise typer.Exit(switch(number, on=False))


@app.command()
def on(number: Number) -> None:
    """Take a line into service again."""
    from cli.lines.command import switch

    raise typer.Exit(switch(number, on=True))
