"""An operator who wants a user and a password: the helpline registers, and answers the challenge when it dials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telephone.conftest import open_house
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def house(tmp_path: Path, spoken_prompts: Path) -> Iterator[House]:
    """A helpline of its own, because its trunk is another one."""
    with open_house(tmp_path, spoken_prompts, trunk_user="line104", trunk_password="a long secret") as rehearsal:
        house = House(rehearsal)
        yield house
        house.closes()


def test_a_trunk_with_user_and_password_is_registered_and_dialled_through(house: House) -> None:
    doctor = house.doctor("fever")
    call, doctors_side = house.talks(house.patient(), doctor)
    house.hear_each_other(call, doctors_side)
    call.hangs_up()
    messages = house.net.sip_messages()
    registered = [message for message in messages if message.method == "REGISTER"]
    assert any(message.header("Authorization") for message in registered)
    assert 200 in [message.status for message in registered]
    dialled = [message for message in doctors_side.sip_messages() if message.method == "INVITE"]
    assert 401 in [message.status for message in dialled]
    assert any(message.header("Authorization") and message.status is None for message in dialled)
