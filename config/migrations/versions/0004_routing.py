"""Routing: who a doctor is and when, shared phones, strikes, callbacks that are made, several controllers."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=default)


def _count(name: str, default: str = "0") -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def upgrade() -> None:
    _lines_and_records()
    _doctors()
    _phones()
    _callbacks()
    _controllers()
    op.create_table(
        "strike",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("doctor_id", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strike")),
        sa.UniqueConstraint("call_id", name=op.f("uq_strike_call_id")),
    )
    op.create_index(op.f("ix_strike_number"), "strike", ["number"], unique=False)


def _lines_and_records() -> None:
    op.add_column("service_line", sa.Column("missed_call", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("service_line", sa.Column("queue_limit", sa.Integer(), nullable=True))
    op.add_column("call", sa.Column("priority", sa.String(), nullable=True))
    op.add_column("call", sa.Column("callback_id", sa.String(), nullable=True))
    op.add_column("call", _count("talks"))
    # Until now a patient was bridged with one doctor at most.
    op.execute("UPDATE call SET talks = 1 WHERE bridged_at IS NOT NULL")
    op.create_index(op.f("ix_call_callback_id"), "call", ["callback_id"], unique=False)
    op.add_column("offer", _text("kind", "call"))


def _doctors() -> None:
    with op.batch_alter_table("doctor") as doctor:
        doctor.add_column(_text("duty_reason"))
        doctor.add_column(sa.Column("gender", sa.String(), nullable=True))
        doctor.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default=json.dumps(["hi", "en"])))
        doctor.add_column(sa.Column("serves", sa.JSON(), nullable=True))
        doctor.add_column(_text("time_zone"))
        doctor.add_column(sa.Column("schedule", sa.JSON(), nullable=True))
        doctor.add_column(sa.Column("night", sa.Boolean(), nullable=False, server_default=sa.true()))
        doctor.add_column(sa.Column("calls_per_day", sa.Integer(), nullable=True))
        doctor.add_column(sa.Column("minutes_per_day", sa.Integer(), nullable=True))
        doctor.add_column(sa.Column("wrap_up_seconds", sa.Integer(), nullable=True))
        doctor.add_column(sa.Column("day", sa.Date(), nullable=True))
        doctor.add_column(_count("calls_today"))
        doctor.add_column(_count("seconds_today"))
        doctor.add_column(_count("unanswered"))
        doctor.add_column(sa.Column("cool_down_until", _MOMENT, nullable=True))
        doctor.add_column(sa.Column("claimed_node", sa.String(), nullable=True))
        doctor.add_column(sa.Column("claimed_seat", sa.String(), nullable=True))
        doctor.add_column(sa.Column("changed_at", _MOMENT, nullable=True))
        doctor.create_unique_constraint(op.f("uq_doctor_claimed_seat"), ["claimed_seat"])
    op.execute("UPDATE doctor SET changed_at = created_at")
    with op.batch_alter_table("doctor") as doctor:
        doctor.alter_column("changed_at", existing_type=_MOMENT, nullable=False)
    op.create_index(op.f("ix_doctor_changed_at"), "doctor", ["changed_at"], unique=False)


def _phones() -> None:
    with op.batch_alter_table("doctor_category") as category:
        category.add_column(_text("level", "general"))
        category.create_check_constraint(
            op.f("ck_doctor_category_level"), "level in ('general', 'specialist', 'super')"
        )
    op.add_column("doctor_phone", _count("failures"))
    op.add_column("doctor_phone", sa.Column("quarantined_at", _MOMENT, nullable=True))
    op.add_column("doctor_phone", _text("quarantine_reason"))
    op.create_table(
        "control_room",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_room")),
        sa.UniqueConstraint("number", name=op.f("uq_control_room_number")),
    )


def _callbacks() -> None:
    with op.batch_alter_table("callback_request") as request:
        request.add_column(_text("kind", "asked"))
        request.add_column(sa.Column("line_id", sa.String(), nullable=True))
        request.add_column(_text("language", "hi"))
        request.add_column(_text("priority"))
        request.add_column(sa.Column("waiting_since", _MOMENT, nullable=True))
        request.add_column(_count("tries"))
        request.add_column(sa.Column("next_try_at", _MOMENT, nullable=True))
        request.add_column(sa.Column("expires_at", _MOMENT, nullable=True))
        request.add_column(sa.Column("attempt", sa.String(), nullable=True))
        request.add_column(sa.Column("attempt_node", sa.String(), nullable=True))
        request.add_column(sa.Column("attempted_at", _MOMENT, nullable=True))
        request.add_column(_text("last_result"))
        request.add_column(sa.Column("closed_at", _MOMENT, nullable=True))
        request.create_unique_constraint(op.f("uq_callback_request_attempt"), ["attempt"])
    op.create_index(op.f("ix_callback_request_next_try_at"), "callback_request", ["next_try_at"], unique=False)
    # Nobody ever called these back: they are old, and a surprise at night today.
    op.execute("UPDATE callback_request SET state = 'expired', last_result = 'before callbacks' WHERE state = 'open'")


def _controllers() -> None:
    op.add_column("call_state", _text("node"))
    op.create_index(op.f("ix_call_state_node"), "call_state", ["node"], unique=False)
    op.create_table(
        "controller_node",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_controller_node")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "replayed",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replayed")),
    )
