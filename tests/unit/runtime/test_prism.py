"""Prism is fetched by hash, and a machine without Node.js is told what it lacks."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from cli.runtime import prism
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import LOCKS


def test_every_locked_package_has_its_hash_and_names_no_registry() -> None:
    locked = json.loads((LOCKS / "prism" / "package-lock.json").read_text())["packages"]
    packages = {name: package for name, package in locked.items() if name}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_a_machine_without_node_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(RuntimeUnavailable, match=r"Node\.js 18\.20\.1"):
        prism.prism(tmp_path)


def test_an_older_node_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.19.0\n")
    node.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(node))
    with pytest.raises(RuntimeUnavailable, match=r"v18\.19\.0"):
        prism.prism(tmp_path)


def test_a_description_with_another_hash_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "twilio-cli-core-8.3.2.tgz", "w:gz"):
        pass
    with pytest.raises(RuntimeUnavailable, match="locked SHA-512"):
        prism._take_description(tmp_path)
