"""The real espeak-ng for these tests: the machine's own, or the one the runtime unpacks into the checkout."""

from collections.abc import Mapping

import pytest

from cli.runtime import espeak


@pytest.fixture(scope="session")
def espeak_env() -> Mapping[str, str]:
    """What a process needs in its environment to load libespeak-ng."""
    return espeak().env
