"""An Asterisk with published holes is never run, whoever put it there."""

from pathlib import Path

import pytest

from cli.runtime.asterisk import asterisk, numbers
from cli.runtime.errors import RuntimeUnavailable


def install(prefix: Path, version: str) -> Path:
    binary = prefix / "sbin" / "asterisk"
    for folder in (binary.parent, prefix / "lib/asterisk/modules", prefix / "share/asterisk/documentation"):
        folder.mkdir(parents=True)
    (prefix / "share/asterisk/documentation/core-en_US.xml").touch()
    binary.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    binary.chmod(0o755)
    return binary


def test_a_named_asterisk_that_is_new_enough_is_used(tmp_path: Path) -> None:
    binary = install(tmp_path, "22.11.0~dfsg")
    found = asterisk({"HELPLINE_ASTERISK": str(binary)})
    assert found.argv == (str(binary),)
    assert found.version == "22.11.0"
    assert found.module_dir == tmp_path / "lib/asterisk/modules"
    assert found.data_dir == tmp_path / "share/asterisk"


@pytest.mark.parametrize("version", ["22.9.0", "20.19.1", "certified/18.9-cert1", "something"])
def test_a_named_asterisk_that_is_too_old_is_refused_by_the_variables_name(tmp_path: Path, version: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"HELPLINE_ASTERISK=.* is older than Asterisk 22\.10"):
        asterisk({"HELPLINE_ASTERISK": str(install(tmp_path, version))})


def test_a_named_asterisk_that_is_not_there_is_refused_by_the_variables_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="HELPLINE_ASTERISK="):
        asterisk({"HELPLINE_ASTERISK": str(tmp_path / "nowhere")})


def test_versions_compare_as_numbers_not_as_words() -> None:
    assert numbers("22.9.1") < (22, 10) <= numbers("22.10") < numbers("22.10.1~dfsg+~cs6.17")
