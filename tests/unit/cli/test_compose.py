"""docker-compose.yml and the Dockerfiles name only files, variables, ports and commands that exist."""

import ast
import importlib
import importlib.util
import inspect
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import up
from cli.prepare import SERVICES
from config.settings import CHECKOUT, Settings

COMPOSE = CHECKOUT / "docker-compose.yml"
DOCKERFILES = sorted((CHECKOUT / "docker").glob("*.Dockerfile"))
VARIABLES = {f"HELPLINE_{name.upper()}": name for name in Settings.model_fields}
IMAGES = {"debian:trixie-slim", "postgres:17"}

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def ours(compose: dict[str, Any]) -> dict[str, Any]:
    """The services that are built from this checkout."""
    return {name: service for name, service in compose["services"].items() if "build" in service}


def instructions(dockerfile: Path) -> Iterator[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        yield word, rest.strip()


def only_of(argv: list[str]) -> list[str]:
    """The services a helpline command line starts; fails on any other command."""
    assert argv[0] == "up"
    assert argv[1::2] == ["--only"] * len(argv[2::2])
    return argv[2::2]


def test_the_four_parts_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", *SERVICES}


def test_every_build_file_exists_and_every_dockerfile_is_used(ours: dict[str, Any]) -> None:
    used = {(CHECKOUT / s["build"]["context"] / s["build"]["dockerfile"]).resolve() for s in ours.values()}
    assert used == set(DOCKERFILES)


def test_each_container_starts_its_own_service_by_a_command_that_exists(ours: dict[str, Any]) -> None:
    assert {name: only_of(service["command"]) for name, service in ours.items()} == {n: [n] for n in SERVICES}
    assert "only" in inspect.signature(up.up).parameters


def test_every_variable_is_a_setting(compose: dict[str, Any], ours: dict[str, Any]) -> None:
    for service in ours.values():
        assert set(service["environment"]) <= set(VARIABLES)
    substituted = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text("utf-8")))
    assert substituted <= set(VARIABLES) | {"POSTGRES_PASSWORD"}


def test_defaults_are_the_settings_own_but_for_the_address(ours: dict[str, Any]) -> None:
    for variable, value in ours["asterisk"]["environment"].items():
        match = re.fullmatch(r"\$\{(\w+):-(.*)\}", value)
        if match and variable != "HELPLINE_BIND":
            assert match[1] == variable
            assert match[2] == str(Settings.model_fields[VARIABLES[variable]].default)


def test_every_setting_of_the_env_file_reaches_every_process_of_ours(ours: dict[str, Any]) -> None:
    assert [service["env_file"] for service in ours.values()] == [[".env"]] * len(SERVICES)


def test_the_three_processes_have_the_same_settings(ours: dict[str, Any]) -> None:
    assert len({json.dumps(service["environment"], sort_keys=True) for service in ours.values()}) == 1


def test_a_secret_that_must_be_shared_is_demanded_and_none_is_written_down(ours: dict[str, Any]) -> None:
    environment = ours["asterisk"]["environment"]
    assert environment["HELPLINE_AMI_SECRET"].startswith("${HELPLINE_AMI_SECRET:?")
    assert "${POSTGRES_PASSWORD:?" in environment["HELPLINE_DATABASE_URL"]


def test_the_database_is_reached_at_the_port_that_is_published_on_loopback_only(
    compose: dict[str, Any], ours: dict[str, Any]
) -> None:
    (published,) = compose["services"]["postgres"]["ports"]
    host, port, inner = published.split(":")
    assert (host, inner) == ("127.0.0.1", "5432")
    assert f"@{host}:{port}/" in ours["asterisk"]["environment"]["HELPLINE_DATABASE_URL"]


def test_ami_stays_on_loopback_because_the_network_is_shared(ours: dict[str, Any]) -> None:
    assert ours["asterisk"]["network_mode"] == "host"
    assert {ours[name]["network_mode"] for name in ("controller", "web")} == {"service:asterisk"}
    assert not any("ports" in service for service in ours.values())


def test_every_volume_and_dependency_is_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in compose["services"][name]


def test_the_data_folder_of_the_images_is_the_volume(ours: dict[str, Any]) -> None:
    mounted = {volume.split(":")[1] for service in ours.values() for volume in service["volumes"]}
    for dockerfile in DOCKERFILES:
        told = dict(instructions(dockerfile))
        assert {told["VOLUME"]} == mounted
        assert told["ENV"] == f"HELPLINE_DATA_DIR={told['VOLUME']}"


def test_the_healthcheck_runs_a_module_that_exists(ours: dict[str, Any]) -> None:
    kind, python, flag, module = ours["asterisk"]["healthcheck"]["test"]
    assert (kind, python, flag) == ("CMD", ".venv/bin/python", "-m")
    assert callable(importlib.import_module(module).main)


def test_images_are_named_without_a_registry(compose: dict[str, Any]) -> None:
    named = {rest for path in DOCKERFILES for word, rest in instructions(path) if word == "FROM"}
    named |= {service["image"] for service in compose["services"].values() if "image" in service}
    assert named == IMAGES


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_what_a_dockerfile_copies_and_runs_exists(dockerfile: Path) -> None:
    for word, rest in instructions(dockerfile):
        if word == "COPY":
            *sources, _ = [part for part in shlex.split(rest) if not part.startswith("--")]
            assert all((CHECKOUT / source).exists() for source in sources), rest
        for module in re.findall(r"python3? -m (\S+)", rest):
            assert importlib.util.find_spec(module), module
        for code in re.findall(r'python -c "([^"]+)"', rest):
            (imported, *_) = ast.parse(code).body
            assert isinstance(imported, ast.ImportFrom)
            assert imported.module
            module_named = importlib.import_module(imported.module)
            assert all(callable(getattr(module_named, alias.name)) for alias in imported.names)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_starts_the_one_command_as_an_ordinary_user(dockerfile: Path) -> None:
    told = dict(instructions(dockerfile))
    assert told["USER"] == "helpline"
    (program,) = json.loads(told["ENTRYPOINT"])
    assert (CHECKOUT / program).stat().st_mode & 0o111
    assert set(only_of(json.loads(told["CMD"]))) <= set(SERVICES)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_what_is_made_on_this_machine_stays_out_of_an_image(dockerfile: Path) -> None:
    ignored = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text().split()
    assert {".venv", ".runtime", "data", ".git", ".env"} <= set(ignored)
