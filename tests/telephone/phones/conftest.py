"""Two telephone networks whose trunks meet: what one dials rings at the other's phones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.runtime import asterisk
from config.free_ports import FreePorts
from phones.network import PhoneNetwork
from phones.voice import murmur, write_wav


@pytest.fixture(scope="session")
def prompts_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two different stretches of made-up talk, standing for prompts."""
    folder = tmp_path_factory.mktemp("prompts")
    (folder / "hi").mkdir()
    for seed, name in enumerate(("welcome", "menu-main")):
        write_wav(folder / "hi" / f"{name}.wav", murmur(3.0, seed))
    return folder


@pytest.fixture(scope="session")
def networks(
    tmp_path_factory: pytest.TempPathFactory, prompts_dir: Path
) -> Iterator[tuple[PhoneNetwork, PhoneNetwork]]:
    install = asterisk()
    here_port, there_port = FreePorts().udp(), FreePorts().udp()
    folder = tmp_path_factory.mktemp("net")
    here = PhoneNetwork(install, folder / "a", f"127.0.0.1:{there_port}", sip_port=here_port, prompts_dir=prompts_dir)
    there = PhoneNetwork(install, folder / "b", f"127.0.0.1:{here_port}", sip_port=there_port, prompts_dir=prompts_dir)
    with here, there:
        yield here, there


@pytest.fixture
def here(networks: tuple[PhoneNetwork, PhoneNetwork]) -> Iterator[PhoneNetwork]:
    """The network whose phones dial; after each test no call is left on either side."""
    yield networks[0]
    for network in networks:
        network.hang_up_all()
        assert network.channels() == []


@pytest.fixture
def there(networks: tuple[PhoneNetwork, PhoneNetwork]) -> PhoneNetwork:
    """The network whose phones ring."""
    return networks[1]
