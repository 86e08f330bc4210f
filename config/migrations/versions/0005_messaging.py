"""Messaging: what became of each message, what came in, which wordings are registered, and messages that are spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=default)


def upgrade() -> None:
    _messages()
    _events()
    _inbound()
    _registrations()
    # A doctor may say by SMS from when to when.
    op.add_column("doctor", sa.Column("duty_from", _MOMENT, nullable=True))


def _messages() -> None:
    with op.batch_alter_table("message") as message:
        message.add_column(_text("channel", "sms"))
        message.add_column(_text("category", "service_implicit"))
        message.add_column(sa.Column("template_version", sa.Integer(), nullable=False, server_default="1"))
        message.add_column(_text("header"))
        message.add_column(_text("entity_id"))
        message.add_column(_text("dlt_template_id"))
        message.add_column(sa.Column("spoken", sa.JSON(), nullable=True))
        message.add_column(sa.Column("doctor_id", sa.String(), nullable=True))
        message.add_column(_text("asked_by"))
        message.add_column(_text("claimed_by"))
        message.add_column(sa.Column("claimed_at", _MOMENT, nullable=True))
        message.add_column(sa.Column("expires_at", _MOMENT, nullable=True))
        message.add_column(sa.Column("millirupees", sa.Integer(), nullable=True))
        message.add_column(_text("receipt"))
        message.add_column(_text("receipt_reason"))
        message.add_column(sa.Column("receipt_at", _MOMENT, nullable=True))
    # What the worker looks for every second, and what a month's bill is added up from.
    op.create_index(op.f("ix_message_state_next_try_at"), "message", ["state", "next_try_at"], unique=False)
    op.create_index(op.f("ix_message_created_at"), "message", ["created_at"], unique=False)
    op.create_index(op.f("ix_message_recipient"), "message", ["recipient"], unique=False)


def _events() -> None:
    op.create_table(
        "message_event",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False, server_default=""),
        sa.Column("provider_id", sa.String(), nullable=False, server_default=""),
        sa.Column("detail", sa.String(), nullable=False, server_default=""),
        sa.Column("dedup", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_event")),
        sa.UniqueConstraint("dedup", name=op.f("uq_message_event_dedup")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_message_event_message_id"), "message_event", ["message_id"], unique=False)
    op.create_index(op.f("ix_message_event_provider_id"), "message_event", ["provider_id"], unique=False)


def _inbound() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("doctor_id", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("gateway", "provider_id", name=op.f("uq_inbound_message_gateway_provider_id")),
    )
    op.create_index(op.f("ix_inbound_message_sender"), "inbound_message", ["sender"], unique=False)


def _registrations() -> None:
    op.create_table(
        "dlt_registration",
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dlt_template_id", sa.String(), nullable=False),
        sa.Column("header", sa.String(), nullable=False, server_default=""),
        sa.Column("registered_text", sa.Text(), nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("template", "language", "version", name=op.f("pk_dlt_registration")),
    )
