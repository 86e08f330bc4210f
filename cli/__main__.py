"""`./helpline COMMAND`: every command, and nothing else; what they do is in the modules of their names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import flows, line, prompts, report, templates

app = typer.Typer(
    help="Paramarsh: a health helpline on Asterisk. Begin with `./helpline demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(flows.app, name="flows")
app.add_typer(line.app, name="line")
app.add_typer(prompts.app, name="prompts")
app.add_typer(report.app, name="report")
app.add_typer(templates.app, name="templates")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the one call.")] = False, json: AsJson = False
) -> None:
    """Watch and hear one real call from dialling to SMS; then try it yourself."""
    from cli.demo.command import demo

    raise typer.Exit(demo(once, json))


@app.command()
def up(
    only: Annotated[list[str] | None, typer.Option(help="asterisk, controller or web; default: all.")] = None,
) -> None:
    """Run the helpline until Ctrl-C."""
    from cli.up import up

    raise typer.Exit(up(only or ()))


@app.command()
def call(
    key: Annotated[list[str] | None, typer.Option(help="Keys to press, in order; may be repeated.")] = None,
    number: Annotated[str, typer.Option(help="Who calls.")] = "+919876543210",
    dial: Annotated[str, typer.Option(help="What is dialled.")] = "104",
    seconds: Annotated[float, typer.Option(help="How long to listen after the last key.")] = 20.0,
) -> None:
    """A simulated patient calls a running helpline and tells what was heard."""
    from cli.call import call

    raise typer.Exit(call(key or (), number, dial, seconds))


@app.command()
def admin(username: Annotated[str, typer.Argument(help="The account's name.")] = "admin") -> None:
    """Make an administrator's account, or give it a new password."""
    from cli.admin import admin

    raise typer.Exit(admin(username))


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="pincodes, centres, opds, hubs, spokes, doctors; or samples (no file).")],
    file: Annotated[Path | None, typer.Argument(help="A CSV file (docs/directory.md has its columns).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at every row and write nothing.")] = False,
) -> None:
    """Take in a department's list of places, OPDs, hubs, spokes or doctors."""
    from cli.importing import import_file

    raise typer.Exit(import_file(kind, file, dry_run))


@app.command()
def check() -> None:
    """Look over everything the helpline needs; each line says ok or what to do."""
    from cli.check import check

    raise typer.Exit(check())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Under a minute, no telephones.")] = False,  # noqa: PT028
) -> None:
    """Check style, types, layers and behaviour. Further arguments go to pytest."""
    from cli.test import test

    raise typer.Exit(test(fast, context.args))


@app.command()
def why(
    call: Annotated[str, typer.Argument(help="The call's id, its first letters, or the number that called.")],
    json: AsJson = False,
) -> None:
    """Explain why a caller got that doctor, or none."""
    from cli.why import why

    raise typer.Exit(why(call, json))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="call, caller, routing")],
    json: AsJson = False,
    quick: Annotated[bool, typer.Option("--quick", help="A short run: whether it works.")] = False,
    part: Annotated[str | None, typer.Option("--part", help="Of routing: decision, freed, waiting, day")] = None,
) -> None:
    """Measure, beside a peer in the same run."""
    from cli.bench import bench

    raise typer.Exit(bench(name, json=json, quick=quick, part=part))


@app.command()
def soak(
    seed: Annotated[int, typer.Option(help="The same seed repeats the same plan.")] = 1,
    minutes: Annotated[float, typer.Option(help="How long people call.")] = 2.0,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would happen, and do nothing.")] = False,
    folder: Annotated[Path | None, typer.Option(help="A new folder that keeps logs and records.")] = None,
) -> None:
    """Let random callers, doctors and faults loose on a helpline of its own, and hold it to its rules."""
    from cli.soak.command import soak

    raise typer.Exit(soak(seed, minutes, plan, folder))


@app.command()
def lock() -> None:
    """Write the lists of locked packages anew from what mirror and index offer today."""
    from cli import lock as locks
    from cli.runtime import RuntimeUnavailable
    from cli.runtime.progress import say

    try:
        locks.refresh()
    except RuntimeUnavailable as problem:
        say(str(problem))
        raise typer.Exit(1) from None


if __name__ == "__main__":
    sys.exit(app(prog_name="./helpline"))
