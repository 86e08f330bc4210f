"""The mirror is read from what machines really have in /etc/apt."""

import pytest

from cli.runtime.apt_sources import AptSource, debian_mirror, of_release, parse_deb822, parse_one_line

BOOKWORM = """\
Types: deb deb-src
# a frozen mirror
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://tools.example/apt
Suites: stable
Components: main
"""
UBUNTU = """\
Types: deb
URIs: http://archive.example/ubuntu/
Suites: noble noble-updates noble-backports
Components: main restricted universe multiverse
"""


def test_the_first_debian_mirror_is_found_among_deb822_sources() -> None:
    assert debian_mirror(parse_deb822(BOOKWORM)) == "http://mirror.example/debian"


def test_the_security_archive_is_never_taken_for_a_mirror() -> None:
    assert debian_mirror(parse_deb822(BOOKWORM.split("\n\n", 1)[1])) is None


def test_other_peoples_repositories_are_never_taken_for_a_mirror() -> None:
    assert debian_mirror(parse_one_line("deb https://tools.example/apt stable main")) is None
    assert debian_mirror(parse_one_line("deb https://tools.example/debian bookworm tools")) is None


def test_ubuntu_lists_no_debian_mirror() -> None:
    assert debian_mirror(parse_deb822(UBUNTU)) is None


@pytest.mark.parametrize(
    ("line", "mirror"),
    [
        ("deb http://m.example/debian/ trixie main", "http://m.example/debian/"),
        ("deb [arch=amd64 signed-by=/k.gpg] http://m.example/debian trixie main", "http://m.example/debian"),
        ("deb http://m.example/archive/debian/20260101T000000Z/ forky main", None),
        ("deb mirror+file:/etc/apt/mirrors/debian.list bookworm main", None),
        ("deb http://m.example/repository/debian-proxy bookworm main", None),
    ],
)
def test_the_ways_a_debian_mirror_is_written(line: str, mirror: str | None) -> None:
    uri = mirror or line.split()[1]
    assert debian_mirror(parse_one_line(line)) == uri


@pytest.mark.parametrize(
    "line", ["", "# deb http://m.example/debian trixie main", "deb-src http://m.example/debian sid main"]
)
def test_comments_and_source_packages_are_no_sources(line: str) -> None:
    assert parse_one_line(line) == []


def test_a_disabled_source_is_left_out() -> None:
    assert parse_deb822("Enabled: no\n" + UBUNTU) == []


def test_a_key_written_into_the_source_survives_the_copy() -> None:
    key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----"
    [source] = parse_deb822(UBUNTU + f"Signed-By:{key}\n")
    assert [*parse_deb822(source.as_deb822())] == [source]
    assert "mQINBF" in source.as_deb822()


def test_a_release_brings_its_updates_and_security_but_no_strangers() -> None:
    sources = of_release(parse_deb822(BOOKWORM), "bookworm")
    assert [source.suites for source in sources] == [("bookworm", "bookworm-updates"), ("bookworm-security",)]


def test_another_release_of_the_same_archive_can_be_asked_for() -> None:
    sources = of_release(parse_deb822(BOOKWORM), "bookworm", "trixie")
    assert [source.suites for source in sources] == [("trixie", "trixie-updates"), ("trixie-security",)]


def test_ubuntus_universe_is_kept_where_it_has_a_line_of_its_own() -> None:
    lines = "deb http://a.example/ubuntu jammy main\ndeb http://a.example/ubuntu jammy universe\n"
    assert [source.components for source in of_release(parse_one_line(lines), "jammy")] == [("main",), ("universe",)]


def test_a_machine_that_calls_its_release_testing_is_understood() -> None:
    sources = of_release(parse_one_line("deb http://m.example/debian testing main"), "forky")
    assert sources == [AptSource(("http://m.example/debian",), ("testing",), ("main",))]
