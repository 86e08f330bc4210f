"""What a soak tells people: its plan, how it went, and each broken rule with the timelines of all three views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from cli.soak.matching import Matched, same_number
from cli.soak.plan import Plan
from cli.soak.views import Run, Violation


def show_plan(plan: Plan, console: Console) -> None:
    """Everything that will happen, in the order of time."""
    order = "patient first" if plan.patient_first else "doctor first"
    console.print(f"seed {plan.seed}, {plan.seconds:g} s, callbacks {order}")
    for doctor in plan.doctors:
        does = " ".join(reaction.kind for reaction in doctor.reactions[:10])
        console.print(
            f"doctor {doctor.number} {doctor.level} for {', '.join(doctor.categories)}: {does} …", soft_wrap=True
        )
    for at, told in sorted(_happenings(plan)):
        console.print(f"{at:7.2f}  {told}", soft_wrap=True)


def _happenings(plan: Plan) -> Iterator[tuple[float, str]]:
    for caller in plan.callers:
        steps = " ".join(f"{step.after:g}s {step.keys or step.do}" for step in caller.steps)
        again = "" if caller.again is None else f", again after {caller.again:g} s"
        yield (
            caller.at,
            f"{caller.number} calls {caller.line} ({caller.kind}): {steps}; stays {caller.patience:g} s{again}",
        )
    for doctor in plan.doctors:
        yield from ((change.at, f"{doctor.number} duty {change.duty}") for change in doctor.duty)
    yield from ((fault.at, f"FAULT {fault.kind} {fault.seconds:g} s") for fault in plan.faults)


def show(plan: Plan, run: Run, found: list[Violation], console: Console) -> None:
    """The table, and below it what was wrong."""
    for violation in found:
        _explain(plan, run, violation, console)
    calls = run.records.calls
    table = Table(title=f"soak, seed {plan.seed}, {plan.seconds:g} s", show_header=False)
    rows = {
        "calls at the telephones": sum(not leg.incoming for leg in run.legs),
        "calls on record": len(calls),
        "results": ", ".join(f"{kind} {n}" for kind, n in Counter(str(call.result) for call in calls).most_common()),
        "talks": sum(len(call.entries("call.bridged")) for call in calls),
        "offers": ", ".join(
            f"{kind} {n}" for kind, n in Counter(str(o.result) for call in calls for o in call.offers).most_common()
        ),
        "keys in talks": sum(len(call.entries("talk.key")) for call in calls),
        "callbacks": ", ".join(f"{state} {n}" for state, n in Counter(r.state for r in run.records.requests).items()),
        "faults": ", ".join(f"{kind} {n}" for kind, n in Counter(fault.kind for fault in run.faults).items()),
        "telephones' calls that the witness saw": f"{_matched(run)} of {len(run.legs)}",
        "longest silence heard": f"{_longest_silence(run):.1f} s",
        "this machine stood still": f"{sum(stall.end - stall.start for stall in run.stalls):.1f} s",
        "violations": len(found),
    }
    for name, value in rows.items():
        table.add_row(name, str(value))
    console.print(table)


def _matched(run: Run) -> int:
    matched = Matched(run)
    return sum(matched.channel_of(leg) is not None for leg in run.legs)


def _longest_silence(run: Run) -> float:
    return max((one.end - one.start for leg in run.legs for one in leg.silences), default=0.0)


def _explain(plan: Plan, run: Run, violation: Violation, console: Console) -> None:
    call = next((call for call in run.records.calls if call.id == violation.call), None)
    console.print(
        f"\nVIOLATION ({violation.rule}) at {violation.at:.1f} s, seed {plan.seed}: {violation.told}", style="bold"
    )
    console.print(f"call {violation.call or 'unknown'}")
    start, end = violation.at - 20, violation.at + 20
    if call is not None:
        start, end = call.arrived - 2, (call.ended or violation.at) + 8
        start, end = min(start, violation.at - 5), max(end, violation.at + 5)
    numbers = violation.numbers | ({call.caller} if call is not None and call.caller else frozenset())
    lines = sorted([*_witnessed(run, numbers), *_faults(run)])
    console.print("  as telephones and witness saw it:")
    _print([line for line in lines if start <= line[0] <= end], console)
    if call is not None:
        console.print("  as the journal has it:")
        _print([(entry.at, f"{entry.kind} {dict(entry.data)}") for entry in call.journal], console)


def _witnessed(run: Run, numbers: frozenset[str]) -> Iterator[tuple[float, str]]:
    matched = Matched(run)
    for leg in run.legs:
        if not any(same_number(leg.number, number) for number in numbers):
            continue
        who = leg.number
        yield leg.began, f"{who} {'is rung' if leg.incoming else f'dials {leg.other}'}"
        if leg.answered is not None:
            yield leg.answered, f"{who} answered"
        yield leg.ended, f"{who} over, {'put down' if leg.ended_here else 'ended by the other side'}"
        yield from ((at, f"{who} presses {key}") for key, at in leg.pressed)
        yield from ((one.start, f"{who} hears nothing for {one.end - one.start:.1f} s") for one in leg.silences)
        channel = matched.channel_of(leg)
        if leg.vanished is not None:
            yield leg.vanished, f"{who} loses its network"
        if channel is None:
            continue
        yield channel.born, f"witness: {who} is {channel.name} {channel.id}"
        if channel.died is not None:
            yield channel.died, f"witness: {who} is gone"
        for stay in run.seen.stays:
            if stay.channel == channel.id:
                yield stay.entered, f"witness: {who} enters bridge {stay.bridge[:8]}"
                if stay.left is not None:
                    yield stay.left, f"witness: {who} leaves bridge {stay.bridge[:8]}"
    for duty in run.duties:
        if duty.number in numbers:
            yield duty.asked, f"{duty.number} duty {duty.duty}{'' if duty.known is not None else ' (in doubt)'}"


def _faults(run: Run) -> Iterator[tuple[float, str]]:
    for fault in run.faults:
        yield fault.span.start, f"FAULT {fault.kind}"
        yield fault.span.end, f"mended: {fault.kind}"


def _print(lines: list[tuple[float, str]], console: Console) -> None:
    for at, told in lines:
        console.print(f"    {at:8.2f}  {told}", soft_wrap=True, markup=False, highlight=False)
