"""What a line of this deployment can be made of: its flows, languages and districts, as they are now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.lines.wishes import Known
from config.schema import Centre, Opd, Pincode
from config.settings import Settings
from flows.loader import compile_flows, read_folder
from ivr.flow_book import NEEDED
from prompts.catalogue import load_catalogues
from shelf import store


def known(session: Session, settings: Settings) -> Known:
    """Raises FlowError, CatalogueError where the deployment's own files are broken."""
    flows, parts = _flows(session, settings)
    return Known(
        flows=flows - set(NEEDED),
        parts=parts,
        inner=NEEDED,
        languages=load_catalogues(settings.prompt_catalogue_dir),
        districts=_districts(session),
        zone=ZoneInfo(settings.time_zone),
        country=settings.country,
    )


def _flows(session: Session, settings: Settings) -> tuple[set[str], set[str]]:
    """Flows and parts: what the department has on its shelf, and what the files will put there at the next start."""
    library = compile_flows(*read_folder(settings.flows_dir))
    shelf = store.active(session)
    on_shelf = {name for name, item in shelf.items() if not item.version.is_part}
    flows = on_shelf | {name for name in library.flows if name not in shelf}
    return flows, (library.parts.keys() | shelf.keys()) - flows


def _districts(session: Session) -> frozenset[str]:
    columns = (Pincode.district, Centre.district, Opd.district)
    return frozenset(name for column in columns for name in session.scalars(select(column).distinct()))
