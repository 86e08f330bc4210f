"""Which packages are taken: the locked ones, or the mirror's own when it has moved on (and then it is said)."""

from collections.abc import Sequence

import pytest

from cli.runtime.apt import AptError
from cli.runtime.debian import Recipe, choose, resolve
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.package_lock import LockedPackage, PackageLock
from cli.runtime.recipes import ARCHITECTURES, RECIPES

OLD = LockedPackage("libpart", "1.0", "a" * 64, 10)
NEW = LockedPackage("libpart", "1.1", "b" * 64, 11)
SCRIPTS = LockedPackage("perl-base", "5.42", "c" * 64, 12)
C_LIBRARY = LockedPackage("libc6", "2.43", "d" * 64, 13)
RECIPE = Recipe("part", "The part", ("libpart",), suite="forky", unneeded=("perl*",))
LOCK = PackageLock("part", "forky", "amd64", (OLD,))


class FakeApt:
    """A mirror with these packages, all of which everything depends on."""

    def __init__(self, *packages: LockedPackage) -> None:
        self._packages = packages

    def has(self, packages: Sequence[LockedPackage]) -> bool:
        return set(packages) <= set(self._packages)

    def closure(self, roots: Sequence[str]) -> tuple[LockedPackage, ...]:
        if "apt" in roots:
            return (C_LIBRARY,)
        if not any(package.package in roots for package in self._packages):
            raise AptError(f"Unable to locate package {roots[0]}")
        return self._packages


def test_the_locked_version_is_taken_while_the_mirror_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert choose(RECIPE, LOCK, FakeApt(OLD)) == LOCK
    assert capsys.readouterr() == ("", "")


def test_a_mirror_that_moved_on_is_followed_and_this_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert choose(RECIPE, LOCK, FakeApt(NEW)).packages == (NEW,)
    said = capsys.readouterr()
    assert "no longer has 1 of The part's 1 locked packages (libpart)" in said.err
    assert said.out == ""


def test_what_has_no_lock_is_taken_as_signed_and_this_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert choose(RECIPE, PackageLock("part", "noble", "amd64", ()), FakeApt(NEW)).packages == (NEW,)
    assert "not locked for noble" in capsys.readouterr().err


def test_what_is_never_used_is_not_downloaded() -> None:
    assert resolve(RECIPE, LOCK, FakeApt(NEW, SCRIPTS)).packages == (NEW,)


def test_a_part_of_the_machines_own_release_never_brings_a_second_c_library() -> None:
    own = Recipe("part", "The part", ("libpart",))
    assert resolve(own, LOCK, FakeApt(C_LIBRARY, NEW)).packages == (NEW,)


def test_a_part_with_its_own_loader_brings_its_own_c_library() -> None:
    assert C_LIBRARY in resolve(RECIPE, LOCK, FakeApt(C_LIBRARY, NEW)).packages


def test_a_package_nobody_offers_says_what_to_install() -> None:
    with pytest.raises(RuntimeUnavailable, match=r"Unable to locate.*install libpart on this machine\."):
        resolve(RECIPE, LOCK, FakeApt())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_part_is_locked_for_both_processors(recipe: Recipe, architecture: str) -> None:
    assert recipe.lock_path(recipe.suite or "bookworm", architecture).exists()
