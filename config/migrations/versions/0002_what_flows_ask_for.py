"""What flows ask for: callers' languages, places, OPDs and their tokens, hubs and spokes, duty with an end."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As they were when this was written; config/schema.py has today's.
_NUMBERS = {"emergency": "112", "mother_transport": "102", "child_line": "1098", "tele_manas": "14416"}


def upgrade() -> None:
    op.add_column("service_line", sa.Column("closed_dates", sa.JSON(), nullable=True))
    numbers = sa.Column("numbers", sa.JSON(), nullable=False, server_default=json.dumps(_NUMBERS))
    op.add_column("service_line", numbers)
    op.add_column("patient", sa.Column("name_recording", sa.String(), nullable=False, server_default=""))
    op.add_column("doctor", sa.Column("duty_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call", sa.Column("district", sa.String(), nullable=True))
    op.add_column("call", sa.Column("state", sa.String(), nullable=True))
    op.create_index(op.f("ix_call_district"), "call", ["district"], unique=False)

    op.create_table(
        "caller",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_caller")),
    )
    _places()
    _opds()
    _spokes()


def _places() -> None:
    op.create_table(
        "pincode",
        sa.Column("pincode", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pincode", name=op.f("pk_pincode")),
    )
    op.create_index(op.f("ix_pincode_district"), "pincode", ["district"], unique=False)
    op.create_table(
        "centre",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name_hi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("pincode", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
    )
    op.create_index(op.f("ix_centre_pincode"), "centre", ["pincode"], unique=False)
    op.create_index(op.f("ix_centre_district"), "centre", ["district"], unique=False)


def _opds() -> None:
    op.create_table(
        "opd",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("specialty", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("calendar", sa.JSON(), nullable=False),
        sa.Column("closed_dates", sa.JSON(), nullable=False),
        sa.Column("tokens_per_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opd")),
        sa.UniqueConstraint("number", name=op.f("uq_opd_number")),
    )
    op.create_index(op.f("ix_opd_district"), "opd", ["district"], unique=False)
    op.create_table(
        "opd_token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("opd_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(), nullable=True),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("last_call_id", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["opd_id"], ["opd.id"], name=op.f("fk_opd_token_opd_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opd_token")),
        sa.UniqueConstraint("opd_id", "day", "number", name=op.f("uq_opd_token_opd_id_day_number")),
        sa.UniqueConstraint("opd_id", "day", "call_id", name=op.f("uq_opd_token_opd_id_day_call_id")),
        sa.UniqueConstraint("opd_id", "day", "caller", name=op.f("uq_opd_token_opd_id_day_caller")),
    )


def _spokes() -> None:
    op.create_table(
        "hub",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("calendar", sa.JSON(), nullable=False),
        sa.Column("closed_dates", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub")),
    )
    op.create_table(
        "spoke",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=False),
        sa.Column("hub_id", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("phones", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "institution in ('health_centre', 'old_age_home', 'prison')", name=op.f("ck_spoke_institution")
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_spoke_hub_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoke")),
        sa.UniqueConstraint("number", name=op.f("uq_spoke_number")),
    )
    op.create_index(op.f("ix_spoke_hub_id"), "spoke", ["hub_id"], unique=False)
    op.create_index(op.f("ix_spoke_district"), "spoke", ["district"], unique=False)
