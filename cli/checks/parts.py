"""The helpline's parts: Asterisk and its modules, the voice, the prompts, the menus, the database."""

from sqlalchemy.exc import SQLAlchemyError

import shelf.store
from cli.checks import CheckResult, bad, good
from cli.runtime import RuntimeUnavailable, asterisk, espeak
from config.asterisk.render import MODULES
from config.database import Database
from config.errors import ConfigError
from config.migrate import current_revision, head_revision
from config.settings import Settings
from flows.errors import FlowError
from flows.loader import load_flows
from prompts.errors import PromptError
from prompts.store import open_store
from routing.errors import RulesError
from routing.rules import load_rules


def asterisk_and_modules(settings: Settings) -> CheckResult:
    """An Asterisk that is new enough, with every module this helpline loads. Fetches it where it is missing."""
    try:
        install = asterisk({"HELPLINE_ASTERISK": settings.asterisk})
    except RuntimeUnavailable as error:
        return bad("there is none", str(error))
    missing = [name for name in MODULES if not (install.module_dir / f"{name}.so").exists()]
    if missing:
        return bad(
            f"{install.version} lacks {', '.join(missing)}",
            "install the package that has them, or unset HELPLINE_ASTERISK so that a complete one is fetched",
        )
    return good(f"{install.version} with all {len(MODULES)} modules ({install.argv[-1]})")


def voice(settings: Settings) -> CheckResult:
    """The speech synthesiser, needed only while prompts are made."""
    try:
        return good(f"espeak-ng ({espeak().library})")
    except RuntimeUnavailable as error:
        return bad("there is none", str(error))


def prompts(settings: Settings) -> CheckResult:
    """Every prompt that can be heard exists and says what its catalogue says."""
    try:
        store = open_store(settings)
        missing = store.missing()
        total = store.count()
    except PromptError as error:
        return bad("unusable", str(error))
    if settings.language not in store.catalogues:
        known = ", ".join(sorted(store.catalogues))
        return bad(f"there is no catalogue for {settings.language!r}", f"set HELPLINE_LANGUAGE to one of {known}")
    if missing:
        return bad(f"{len(missing)} of {total} have to be made ({missing[0]}, …)", "`./helpline up` makes them")
    return good(f"{total} files in {', '.join(sorted(store.catalogues))}")


def flows(settings: Settings) -> CheckResult:
    """The voice menus of the files have no errors; which of them the department has replaced by its own is said."""
    try:
        found = load_flows(settings.flows_dir)
    except (FlowError, OSError) as error:
        return bad("broken", str(error))
    own = _own_flows(settings)
    note = f"; the department's own version is active of {', '.join(own)}" if own else ""
    return good(", ".join(sorted(found)) + note)


def routing(settings: Settings) -> CheckResult:
    """The table of who is rung for whom has no fault."""
    try:
        rules = load_rules(settings.routing_file, settings.time_zone)
    except RulesError as error:
        return bad("broken", str(error))
    return good(f"{settings.routing_file.name}, phones at a time: {rules.ring.usual}")


def _own_flows(settings: Settings) -> list[str]:
    """The names of which an uploaded version is active. None where the database cannot tell: it has its own line."""
    try:
        store = Database(settings.effective_database_url)
        try:
            if current_revision(store) != head_revision():
                return []
            with store.reading() as session:
                return sorted(name for name, item in shelf.store.active(session).items() if item.activation.own)
        finally:
            store.close()
    except (ConfigError, SQLAlchemyError, OSError):
        return []


def database(settings: Settings) -> CheckResult:
    """The database answers, and its tables are this checkout's (or will be brought up to date by `up`)."""
    try:
        store = Database(settings.effective_database_url)
        try:
            revision, head = current_revision(store), head_revision()
        finally:
            store.close()
    except ConfigError as error:
        return bad("unusable", str(error))
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return bad(f"does not answer: {cause}", "start it, or correct HELPLINE_DATABASE_URL")
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    if revision is None:
        return good(f"{kind}, empty; `./helpline up` makes its tables")
    if revision > head:
        return bad(f"{kind} at revision {revision}, newer than {head}", "update this checkout")
    return good(f"{kind} at revision {revision}" + ("" if revision == head else f"; `up` brings it to {head}"))
