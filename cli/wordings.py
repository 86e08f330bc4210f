"""What `./helpline templates …` does: shows the wordings, writes their sheet, and takes it in with its ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_api import audit
from cli.runtime.progress import say
from config.clock import utc_now
from config.database import Database
from config.errors import ConfigError
from config.migrate import upgrade
from config.schema import DltRegistration
from config.settings import load_settings
from messaging import registrations
from messaging.catalogue import Template
from messaging.errors import MessagingError, TemplateError
from messaging.rules import MessagingRules, messaging_rules
from messaging.segments import segment
from messaging.wording.matching import Registration, check_against, difference

Work = Callable[[Session, MessagingRules], int]


def run(work: Work, *, writing: bool = False) -> int:
    """Do the work in a transaction of this deployment's database; the exit status, 1 where it cannot be done."""
    try:
        settings = load_settings()
        rules = messaging_rules(settings)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.effective_database_url)
        database = Database(settings.effective_database_url)
        with closing(database), database.writing() if writing else database.reading() as session:
            return work(session, rules)
    except BrokenPipeError:  # whoever read the list has had enough of it
        raise
    except OSError as problem:
        say(f"{problem.filename}: {problem.strerror}")
        return 1
    except (ConfigError, MessagingError, SQLAlchemyError) as problem:
        # Without SQLAlchemy's parameters, in which telephone numbers stand.
        say(str(getattr(problem, "orig", None) or problem))
        return 1


def show_all(session: Session, rules: MessagingRules) -> int:
    """Every wording in a line."""
    known = registrations.all_of(session)
    for one in rules.catalogue:
        row = known.get((one.id, one.language, one.version))
        state = _state(one, row) if row else "not registered"
        later = ", not sent yet" if one.sent == "later" else ""
        cost = f"parts {_parts(one, rules)}, at most {one.longest().count}"
        print(f"{one.id:<20} {one.language} {one.version}  {cost}  {state}{later}")
    if rules.dlt_required:
        _tell_what_is_empty(rules, "no message can go to an Indian number without it")
    return 0


def write_sheet(path: Path) -> Work:
    """The sheet for the operators' portal."""

    def write(session: Session, rules: MessagingRules) -> int:
        if path.exists():
            say(f"{path} is there already, perhaps with ids that were typed in: give another name, or remove it first")
            return 1
        path.write_bytes(registrations.as_sheet(session, rules.catalogue, rules.entity_id, rules.header))
        say(f"{path} is written. Register each row, fill in dlt_template_id, then ./helpline templates register {path}")
        _tell_what_is_empty(rules, "this column is empty in the sheet")
        return 0

    return write


def take_sheet(path: Path) -> Work:
    """Good rows are kept; each faulty one is told by its line, and makes the exit status 1."""

    def take(session: Session, rules: MessagingRules) -> int:
        taken = registrations.take(session, rules.catalogue, path.read_bytes(), "", utc_now())
        for template, language, version in taken.entered:
            detail = {"language": language, "version": version}
            audit.record_from(session, None, "command line", "template.registered", "template", template, **detail)
        for fault in taken.faults:
            say(f"{path}:{fault.line}: {fault.what}")
        counts = f"{len(taken.entered)} entered, {taken.unchanged} unchanged, {taken.waiting} without an id yet"
        say(f"{counts}, {len(taken.faults)} faulty")
        return 1 if taken.faults else 0

    return take


def preview(template_id: str, language: str, pairs: Sequence[str]) -> Work:
    """A message as it would go out; values that are not given are the sample's."""

    def show(session: Session, rules: MessagingRules) -> int:
        if any("=" not in pair for pair in pairs):
            say('Write each value as name=value, such as doctor="Dr Anita Verma"')
            return 2
        given = dict(pair.split("=", 1) for pair in pairs)
        known = registrations.of_template(session, template_id, language)
        one = rules.catalogue.find(template_id, language, known if rules.dlt_required and known else None)
        try:
            _show(one, one.render({**one.sample(), **given}, rules.urls), known.get(one.version), rules)
        except TemplateError as error:
            say(f"It would be refused ({error.reason}): {error}")
            return 1
        return 0

    return show


def _tell_what_is_empty(rules: MessagingRules, what_follows: str) -> None:
    for setting, value in (("HELPLINE_DLT_ENTITY_ID", rules.entity_id), ("HELPLINE_DLT_HEADER", rules.header)):
        if not value:
            say(f"{setting} is empty: {what_follows}.")


def _show(one: Template, text: str, registration: Registration | None, rules: MessagingRules) -> None:
    cost = segment(text)
    print(text)
    say(f"version {one.version}, {cost.encoding.value}, {cost.count} {'parts' if cost.count > 1 else 'part'}")
    if registration is not None:
        check_against(registration, text)
        return
    say(f"to be registered as: {one.tagged_text}")
    if rules.dlt_required:
        raise TemplateError("it is not registered with the operators yet", "not_registered")


def _state(one: Template, row: DltRegistration) -> str:
    parted = difference(one.tagged_text, row.registered_text)
    return f"DIFFERS from what is registered: {parted}" if parted else f"registered {row.dlt_template_id}"


def _parts(one: Template, rules: MessagingRules) -> str:
    try:
        return str(segment(one.render(one.sample(), rules.urls)).count)
    except TemplateError:  # a department's own sample; the preview says why
        return "?"
