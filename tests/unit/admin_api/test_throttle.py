"""Guessing passwords is slowed down."""

from __future__ import annotations

from admin_api.throttle import FAILURES_ALLOWED, WINDOW_SECONDS, SignInThrottle


def test_the_sixth_attempt_waits_until_the_window_has_passed() -> None:
    throttle = SignInThrottle()
    assert [throttle.begin("a", "ip", 0) for _ in range(FAILURES_ALLOWED)] == [None] * FAILURES_ALLOWED
    assert throttle.begin("a", "ip", 10) == WINDOW_SECONDS - 10
    assert throttle.begin("a", "ip", WINDOW_SECONDS) is None


def test_other_people_and_other_addresses_are_not_held_up() -> None:
    throttle = SignInThrottle()
    for _ in range(FAILURES_ALLOWED + 1):
        throttle.begin("a", "ip", 0)
    assert throttle.begin("b", "ip", 0) is None
    assert throttle.begin("a", "other", 0) is None


def test_success_forgives() -> None:
    throttle = SignInThrottle()
    for _ in range(FAILURES_ALLOWED * 3):
        assert throttle.begin("a", "ip", 0) is None
        throttle.succeeded("a", "ip")
