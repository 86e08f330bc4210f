"""Statements that are carried out thousands of times a minute: compiled once, past SQLAlchemy's work on every row.

What SQLAlchemy does with each row of an `executemany` (a dictionary, its parameters, their processors one by one) costs
several times what the database itself does with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Connection, Delete, Dialect, Insert, Table
from sqlalchemy.orm import Session

Statement = Insert | Delete


@dataclass(frozen=True)
class _Compiled:
    """`names` are those of a row's values and then of `begins`; `order` is the statement's, as places in `names`.

    None: by name.
    """

    text: str
    names: tuple[str, ...]
    begins: tuple[Any, ...]
    order: tuple[int, ...] | None
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]


class Bulk:
    """One statement over rows of values.

    `make(dialect_name)` builds it; its parameters are named as `columns`, and a row has their values in that order.
    Columns in `ready` are given as the database takes them: JSON as text. In an INSERT other columns have the table's
    default.
    """

    def __init__(
        self, table: Table, columns: Sequence[str], make: Callable[[str], Statement], ready: Collection[str] = ()
    ) -> None:
        self._table, self._columns, self._make = table, tuple(columns), make
        self._ready = frozenset(ready)
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, session: Connection | Session, rows: Iterable[Sequence[Any]]) -> None:
        """Carry it out for each row; nothing at all where there is none."""
        connection = session.connection() if isinstance(session, Session) else session
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        compiled = self._compiled[dialect.name]
        parameters = [_parameters(compiled, row) for row in rows]
        if parameters:
            connection.exec_driver_sql(compiled.text, parameters)

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._make(dialect.name)
        begins = self._begins() if isinstance(statement, Insert) else {}
        compiled = statement.compile(dialect=dialect, column_keys=[*self._columns, *begins])
        names = (*self._columns, *begins)
        order = tuple(names.index(name) for name in compiled.positiontup or ()) if compiled.positional else None
        processors = ((place, self._processor(self._table.c[name], dialect)) for place, name in enumerate(names))
        used = tuple((place, process) for place, process in processors if process is not None)
        return _Compiled(compiled.string, names, tuple(begins.values()), order, used)

    def _begins(self) -> dict[str, Any]:
        others = (column for column in self._table.columns if column.name not in self._columns)
        begins = {column.name: cast(Any, column.default) for column in others if column.default is not None}
        assert all(default.is_scalar for default in begins.values())
        return {name: default.arg for name, default in begins.items()}

    def _processor(self, column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
        if column.name in self._ready:
            return None
        return column.type.dialect_impl(dialect).bind_processor(dialect)


def _parameters(compiled: _Compiled, row: Sequence[Any]) -> Any:
    values = [*row, *compiled.begins]
    for place, process in compiled.processors:
        values[place] = process(values[place])
    if compiled.order is None:
        return dict(zip(compiled.names, values, strict=True))
    return tuple([values[place] for place in compiled.order])
