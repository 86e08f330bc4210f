"""What an endpoint works with: a session per request, and the hint to the other process afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from admin_api.announcing import Announcer
from admin_api.health.messages import BacklogView
from admin_api.live.queue import QueueView
from config.database import Database
from config.settings import Settings
from config.wakeup import WakeUp
from routing.rules import RoutingRules


@dataclass(frozen=True)
class House:
    """What a change of doctors or rooms needs besides the database."""

    settings: Settings
    rules: RoutingRules
    wake_up: WakeUp
    announcer: Announcer


def database_of(request: Request) -> Database:
    database = request.app.state.database
    assert isinstance(database, Database)
    return database


def settings_of(request: Request) -> Settings:
    settings = request.app.state.settings
    assert isinstance(settings, Settings)
    return settings


def wake_up_of(request: Request) -> WakeUp:
    wake_up = request.app.state.wake_up
    assert isinstance(wake_up, WakeUp)
    return wake_up


def house_of(request: Request) -> House:
    house = request.app.state.house
    assert isinstance(house, House)
    return house


def queue_of(request: Request) -> QueueView:
    queue = request.app.state.queue
    assert isinstance(queue, QueueView)
    return queue


def backlog_of(request: Request) -> BacklogView:
    backlog = request.app.state.backlog
    assert isinstance(backlog, BacklogView)
    return backlog


def _reading(request: Request) -> Iterator[Session]:
    with database_of(request).reading() as session:
        yield session


def _writing(request: Request) -> Iterator[Session]:
    with database_of(request).writing() as session:
        yield session


# Scope "function": the transaction ends before the answer leaves, so nobody is told of what was not stored.
Reading = Annotated[Session, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]
CurrentDatabase = Annotated[Database, Depends(database_of)]
CurrentSettings = Annotated[Settings, Depends(settings_of)]
CurrentWakeUp = Annotated[WakeUp, Depends(wake_up_of)]
CurrentQueue = Annotated[QueueView, Depends(queue_of)]
CurrentBacklog = Annotated[BacklogView, Depends(backlog_of)]
CurrentHouse = Annotated[House, Depends(house_of)]
