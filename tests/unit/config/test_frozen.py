"""A changed value is what dataclasses.replace makes of it."""

from __future__ import annotations

import dataclasses

import pytest

from config.frozen import replace
from tests.unit.ivr.conftest import new_call


def test_a_changed_value_is_that_of_the_standard_library_and_the_old_one_stays() -> None:
    call, copy = new_call(), new_call()
    changed = replace(call, transfer="ambulance", over=True)
    assert changed == dataclasses.replace(call, transfer="ambulance", over=True)
    assert call == copy
    assert changed != call


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="ovr"):
        replace(new_call(), ovr=True)
