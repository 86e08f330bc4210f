"""What a machine that cannot fetch is told, in one sentence."""

from pathlib import Path

import pytest

from cli.runtime import machine
from cli.runtime.apt_sources import AptSource
from cli.runtime.errors import RuntimeUnavailable

UBUNTU = AptSource(("http://archive.example/ubuntu",), ("noble",), ("main", "universe"))
DEBIAN = AptSource(("http://mirror.example/debian",), ("bookworm",), ("main",))


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "debian-archive-keyring.gpg"
    path.touch()
    monkeypatch.setattr(machine, "_KEYRINGS", (path,))
    return path


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> list[AptSource]:
    listed: list[AptSource] = []
    monkeypatch.setattr(machine, "apt_sources", lambda: listed)
    return listed


def test_debian_testing_is_taken_from_the_mirror_the_machine_already_uses(
    keyring: Path, lists: list[AptSource]
) -> None:
    lists.append(DEBIAN)
    [source] = machine.debian_suite_sources("forky", {})
    assert source == AptSource(DEBIAN.uris, ("forky",), ("main",), (("Signed-By", str(keyring)),))


@pytest.mark.usefixtures("keyring")
def test_ubuntu_is_told_which_variable_to_set(lists: list[AptSource]) -> None:
    lists.append(UBUNTU)
    with pytest.raises(RuntimeUnavailable, match="set HELPLINE_DEBIAN_MIRROR to the address of one"):
        machine.debian_suite_sources("forky", {})


@pytest.mark.usefixtures("keyring")
def test_the_variable_outranks_the_machines_own_mirror(lists: list[AptSource]) -> None:
    lists.append(DEBIAN)
    [source] = machine.debian_suite_sources("forky", {"HELPLINE_DEBIAN_MIRROR": "http://other.example/debian"})
    assert source.uris == ("http://other.example/debian",)


def test_without_debians_keys_nothing_is_fetched_unsigned(keyring: Path, lists: list[AptSource]) -> None:
    lists.append(DEBIAN)
    keyring.unlink()
    with pytest.raises(RuntimeUnavailable, match="apt install debian-archive-keyring"):
        machine.debian_suite_sources("forky", {})


def test_both_ways_of_writing_sources_are_read_in_apts_order(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://first.example/debian bookworm main\n")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/b.sources").write_text(DEBIAN.as_deb822() + "\nTypes: deb\nURIs: x\nSuites: y\n")
    (tmp_path / "sources.list.d/a.list").write_text("deb http://second.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/old.list.save").write_text("deb http://never.example/debian bookworm main\n")
    assert [source.uris[0] for source in machine.apt_sources(tmp_path)] == [
        "http://first.example/debian",
        "http://second.example/debian",
        "http://mirror.example/debian",
        "x",
    ]
