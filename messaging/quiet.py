"""When a promotional message may not go out: TRAI bars it from 21 to 9 o'clock. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

PROMOTIONAL = "promotional"
Hours = tuple[int, int]  # from hour, to hour; the same twice is never


def is_quiet(at: datetime, hours: Hours, zone: tzinfo) -> bool:
    """Whether `at` lies within the hours by the wall clock of `zone`."""
    begins, ends = hours
    hour = at.astimezone(zone).hour
    return begins <= hour < ends if begins < ends else begins != ends and (hour >= begins or hour < ends)


def earliest(category: str, at: datetime, hours: Hours, zone: tzinfo) -> datetime:
    """`at`, or for a promotional message the first moment from `at` on that is not quiet, in UTC."""
    if category != PROMOTIONAL or not is_quiet(at, hours, zone):
        return at
    local = at.astimezone(zone)
    ending = local.replace(hour=hours[1], minute=0, second=0, microsecond=0, fold=0)
    if ending.hour <= local.hour and ending.replace(tzinfo=None) <= local.replace(tzinfo=None):
        ending += timedelta(days=1)  # wall-clock arithmetic: the same hour tomorrow, whatever the clocks do at night
    moment = ending.astimezone(UTC)
    # Where clocks are put forward over the hour, or back past it, the wall clock shows it early or twice.
    while moment <= at or is_quiet(moment, hours, zone):
        moment += timedelta(minutes=15)
    return moment
