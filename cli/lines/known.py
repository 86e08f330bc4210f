"""What a line of this deployment can be made of: its flows, languages and districts, as they are now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.lines.wishes import Known
from config.schema import Centre, Opd, Pincode
from config.settings import Settings
from flows.loader import compile_flows, read_folder
from ivr.flow_book import INNER
from prompts.catalogue import load_catalogues
from shelf import store


def known(session: Session, settings: Settings, running: bool) -> Known:
    """What there is while the helpline is `running` or not.

    Raises FlowError, CatalogueError where the deployment's own files are broken.
    """
    library = compile_flows(*read_folder(settings.flows_dir))
    shelf = store.active(session)
    on_shelf = {name for name, item in shelf.items() if not item.version.is_part}
    in_files = library.flows.keys() - shelf.keys()  # taken up at the next start
    return Known(
        flows=(on_shelf if running else on_shelf | in_files) - set(INNER),
        parts=(library.parts.keys() | shelf.keys()) - on_shelf - in_files,
        inner=INNER,
        untaken=in_files if running else (),
        languages=load_catalogues(settings.prompt_catalogue_dir),
        districts=_districts(session),
        zone=ZoneInfo(settings.time_zone),
        country=settings.country,
    )


def _districts(session: Session) -> frozenset[str]:
    columns = (Pincode.district, Centre.district, Opd.district)
    return frozenset(name for column in columns for name in session.scalars(select(column).distinct()))
