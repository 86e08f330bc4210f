"""/flows: the voice menus and their versions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from admin_api.flows import service
from admin_api.flows.drawing import drawn
from admin_api.flows.schemas import (
    Activated,
    Attempt,
    FlowName,
    FlowPage,
    Judgement,
    Upload,
    VersionDetail,
    VersionName,
    VersionPage,
    VersionShown,
)
from admin_api.flows.words import known_prompts
from admin_api.problems import Problem, documented
from admin_api.security import Who
from admin_api.work import CurrentDatabase, CurrentSettings, CurrentWakeUp, Reading, settings_of
from shelf.reading import Prompts, Readings

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])

_readings = Readings(at_most=200)  # reading a large flow takes a tenth of a second, and the list reads them all


def _prompts(request: Request) -> Prompts:
    return known_prompts(settings_of(request))


KnownPrompts = Annotated[Prompts, Depends(_prompts)]


@router.get("", responses=documented())
def list_flows(who: Who, session: Reading, prompts: KnownPrompts) -> FlowPage:
    """Every flow, and every part that flows use, with the version that new calls hear."""
    return service.listing(session, prompts, _readings)


@router.post("/validate", responses=documented())
def validate(body: Attempt, who: Who, session: Reading, prompts: KnownPrompts) -> Judgement:
    """What is wrong with a text, by line. Nothing is stored."""
    return service.judge(session, body.name, body.text, prompts, Readings())


@router.get("/{name}/versions", responses=documented(404))
def list_versions(name: FlowName, who: Who, session: Reading) -> VersionPage:
    """A flow's versions, newest first."""
    return service.versions(session, name)


@router.get("/{name}/versions/{version}", responses=documented(404))
def get_version(
    name: FlowName, version: VersionName, who: Who, session: Reading, prompts: KnownPrompts
) -> VersionDetail:
    """A version's text, what is wrong with it today, and how it differs from the active one."""
    return service.detail(session, name, version, prompts, _readings)


@router.get(
    "/{name}/versions/{version}/drawing",
    response_class=Response,
    responses=documented(404) | {200: {"content": {"image/svg+xml": {}}, "description": "The drawing"}},
)
def draw_version(
    name: FlowName,
    version: VersionName,
    who: Who,
    session: Reading,
    settings: CurrentSettings,
    language: Annotated[Literal["hi", "en"], Query(description="The labels' language")] = "hi",
) -> Response:
    """A drawing of the version; 404 where the machine has no Graphviz."""
    svg = drawn(service.flow_of(session, name, version, _readings), language, settings)
    if svg is None:
        raise Problem(404, "not_found", "This machine cannot draw: Graphviz (dot) is missing.")
    return Response(svg, media_type="image/svg+xml")


@router.post("/{name}/versions", status_code=201, responses=documented() | {200: {"model": VersionShown}})
def upload_version(
    name: FlowName,
    body: Upload,
    who: Who,
    database: CurrentDatabase,
    prompts: KnownPrompts,
    response: Response,
) -> VersionShown:
    """Keep a text as a version (200: it was there already). A broken one is refused with all its faults."""
    shown, is_new = service.upload(database, who, name, body.text, body.note, prompts)
    if not is_new:
        response.status_code = 200
    return shown


@router.post("/{name}/versions/{version}/activate", responses=documented(404))
def activate_version(
    name: FlowName,
    version: VersionName,
    who: Who,
    database: CurrentDatabase,
    prompts: KnownPrompts,
    wake_up: CurrentWakeUp,
) -> Activated:
    """New calls hear this version, within a second; calls that go on end on the version they began with."""
    return service.activate(database, who, name, version, prompts, wake_up)


@router.post("/{name}/rollback", responses=documented(404, 409))
def roll_back(
    name: FlowName, who: Who, database: CurrentDatabase, prompts: KnownPrompts, wake_up: CurrentWakeUp
) -> Activated:
    """New calls hear what they heard before the present version; done again, it goes back one further."""
    return service.activate(database, who, name, None, prompts, wake_up)
