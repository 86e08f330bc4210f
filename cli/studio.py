"""What `./helpline prompts` does: a sheet for the studio, its recordings back, and what is still to do."""

from __future__ import annotations

from pathlib import Path

from cli.runtime import RuntimeUnavailable
from cli.runtime.chromium import FONTS
from cli.runtime.debian import fetch
from config.errors import ConfigError
from config.settings import load_settings
from prompts.catalogue import Catalogue
from prompts.errors import PromptError
from prompts.recordings import read_recordings
from prompts.store import PromptStore, open_store
from prompts.studio.importing import Verdict, import_recordings, status_of
from prompts.studio.pdf import Fonts, sheet_pdf
from prompts.studio.sheet import sheet_csv, sheet_of

_SHOWN = 10


def sheet(language: str, out: Path) -> int:
    """Write the studio's sheet of a language (empty: of all) into `out`, as CSV and as PDF. The exit status."""
    try:
        store = open_store(load_settings())
        for catalogue in _chosen(store, language):
            recordings = read_recordings(store.recorded / catalogue.language)
            lines = sheet_of(catalogue, recordings, _lengths(store, catalogue.language))
            out.mkdir(parents=True, exist_ok=True)
            name = out / f"prompts-{catalogue.language}"
            name.with_suffix(".csv").write_bytes(sheet_csv(lines, catalogue.language))
            name.with_suffix(".pdf").write_bytes(sheet_pdf(lines, catalogue, _fonts()))
            print(
                f"{name}.csv and .pdf: {len(lines)} sentences, {sum(line.state != 'done' for line in lines)} to record"
            )
    except (PromptError, ConfigError, RuntimeUnavailable, OSError) as error:
        print(error)
        return 1
    return 0


def take_in(source: Path, language: str) -> int:
    """Take the recordings of `source` in and say of each refused one why. The exit status: 1 when any was refused."""
    try:
        settings = load_settings()
        store = open_store(settings)
        (catalogue,) = _chosen(store, language or settings.language)
        verdicts = import_recordings(source, catalogue, store.recorded)
    except (PromptError, ConfigError, OSError) as error:
        print(error)
        return 1
    for verdict in verdicts:
        _tell(verdict)
    refused = sum(not verdict.accepted for verdict in verdicts)
    print(f"{len(verdicts) - refused} of {len(verdicts)} recordings accepted; the next start plays them.")
    _tell_status(catalogue, store)
    return 1 if refused else 0


def status(language: str) -> int:
    """Tell what is recorded, missing and stale. The exit status."""
    try:
        store = open_store(load_settings())
        for catalogue in _chosen(store, language):
            _tell_status(catalogue, store)
    except (PromptError, ConfigError) as error:
        print(error)
        return 1
    return 0


def _chosen(store: PromptStore, language: str) -> list[Catalogue]:
    if not language:
        return list(store.catalogues.values())
    if language not in store.catalogues:
        raise ConfigError(f"there is no catalogue for {language!r}; there are {', '.join(sorted(store.catalogues))}")
    return [store.catalogues[language]]


def _lengths(store: PromptStore, language: str) -> dict[str, float]:
    """The seconds of the prompts as they are worded today."""
    outdated = {name.id for name in store.missing([language]) if name.language == language}
    durations = store.durations(language)
    return {prompt_id: seconds for prompt_id, seconds in durations.items() if prompt_id not in outdated}


def _tell(verdict: Verdict) -> None:
    if verdict.accepted:
        print(f"  ok       {verdict.file}")
    for fault in verdict.faults:
        print(f"  REFUSED  {verdict.file} {fault}")


def _tell_status(catalogue: Catalogue, store: PromptStore) -> None:
    recordings = read_recordings(store.recorded / catalogue.language)
    found = status_of(catalogue, recordings)
    counts = f"{len(found.recorded)} recorded, {len(found.missing)} missing, {len(found.stale)} stale"
    print(f"{catalogue.language}: {counts} (what is not recorded is synthesised)")
    for prompt_id in found.stale:
        print(f"  stale    {prompt_id}: recorded as “{recordings.texts[prompt_id]}”, now “{catalogue.text(prompt_id)}”")
    # The fragments come last in the catalogue's list of what to record, and are many.
    written = [prompt_id for prompt_id in found.missing if not catalogue.prompts[prompt_id].generated]
    shown = (written or list(found.missing))[:_SHOWN]
    if shown and found.recorded:
        more = len(found.missing) - len(shown)
        print(f"  missing  {', '.join(shown)}{f' and {more} more' if more else ''}")


def _fonts() -> Fonts:
    """The fonts the tests' browser uses, too: Devanagari, and DejaVu for other letters."""
    tree = fetch(FONTS).tree
    names = ("DejaVuSans.ttf", "Lohit-Devanagari.ttf")
    files = {path.name: path for path in tree.rglob("*.ttf") if path.name in names}
    return Fonts([files[name] for name in names if name in files])
