"""Puts the web process together: routes, the check in front of them, and the headers behind them."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse

from admin_api import problems
from admin_api.announcing import Announcer
from admin_api.audit_log import endpoints as audit_log
from admin_api.body_limit import LimitBody
from admin_api.callbacks import endpoints as callbacks
from admin_api.calls import endpoints as calls
from admin_api.console import endpoints as console
from admin_api.control_rooms import endpoints as control_rooms
from admin_api.doctors import endpoints as doctors
from admin_api.flows import endpoints as flows
from admin_api.headers import GuardHeaders
from admin_api.health import endpoints as health
from admin_api.health.messages import BacklogView
from admin_api.inbound import endpoints as inbound
from admin_api.live import endpoints as live
from admin_api.live.queue import QueueView
from admin_api.messages import endpoints as messages
from admin_api.problems import ProblemBody
from admin_api.reports import endpoints as reports
from admin_api.security import authorize, cookie_name
from admin_api.session import endpoints as session
from admin_api.slips import endpoints as slips
from admin_api.strikes import endpoints as strikes
from admin_api.templates import endpoints as templates
from admin_api.throttle import SignInThrottle
from admin_api.webhooks import endpoints as webhooks
from admin_api.webhooks.service import intake_of
from admin_api.work import House
from config.database import Database
from config.settings import Settings
from config.wakeup import WakeUp
from messaging.gateways.choice import webhooks_from
from routing.rules import load_rules

_ROUTERS = (
    session,
    doctors,
    control_rooms,
    callbacks,
    strikes,
    reports,
    calls,
    slips,
    messages,
    inbound,
    templates,
    live,
    flows,
    audit_log,
    health,
    webhooks,
    console,
)


def create_app(settings: Settings, database: Database) -> FastAPI:
    """The web process's application. It neither opens nor closes the database, nor migrates it."""
    app = FastAPI(
        title="Paramarsh",
        version="1",
        summary="The health helpline's interface for doctors, supervisors and administrators",
        # Every route is one of ours, so that the table of permissions holds for all: no pages of FastAPI's own.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(authorize)],
        # Traces would hold paths, and with them which patient was looked at.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.database = database
    wake_up = app.state.wake_up = WakeUp(database, settings.socket_dir)
    rules = load_rules(settings.routing_file, settings.time_zone)
    app.state.house = House(settings, rules, wake_up, Announcer(settings, database, wake_up))
    app.state.queue = QueueView(rules, settings.wrap_up_seconds)
    app.state.backlog = BacklogView(timedelta(seconds=settings.sms_backlog_seconds))
    app.state.webhooks = webhooks_from(settings)
    app.state.intake = intake_of(settings, database, rules, wake_up)
    app.state.throttle = SignInThrottle()
    app.state.cookie_name = cookie_name(settings.http_port)
    problems.install(app)
    for module in _ROUTERS:
        app.include_router(module.router)
    app.include_router(_openapi_route(app))
    app.add_middleware(LimitBody)
    app.add_middleware(GuardHeaders)
    return app


def _openapi_route(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        """The description of this interface; it holds no data."""
        return JSONResponse(_schema(app))

    return router


def _schema(app: FastAPI) -> dict[str, object]:
    schema = app.openapi()
    components = schema.setdefault("components", {})
    body = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = body.pop("$defs", {})
    components.setdefault("schemas", {}).update({"ProblemBody": body, **nested})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"bearer": []}]
    return schema
