"""Writes the private folder from which Asterisk is started: configuration, dialplan, spool, logs, sounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.errors import ConfigError
from config.numbers import spellings
from config.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
_FOLDERS = ("etc", "log", "spool", "db", "data", "keys", "cache")


class AsteriskParts(Protocol):
    """Where an Asterisk keeps its modules and its documentation (which 22 reads at start)."""

    @property
    def module_dir(self) -> Path: ...
    @property
    def data_dir(self) -> Path: ...


# The dialplan's contexts in which a dialled number is found to be a line, and in which its callers are served.
LINES, CALLERS, MISSED = "from-trunk", "caller", "missed"


@dataclass(frozen=True)
class Line:
    """What the dialplan must know of a service line."""

    dialled_number: str
    missed_call: bool = False

    @property
    def context(self) -> str:
        """Where its calls go: those of a line that is rung only are not answered."""
        return MISSED if self.missed_call else CALLERS

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way in which an operator may write the number."""
        return spellings(self.dialled_number)


# Nothing else is loaded: it starts faster and shows less to an attacker.
MODULES = (
    "res_timing_timerfd",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_rfc3326",
    "res_pjsip_logger",
    "res_rtp_asterisk",
    "res_musiconhold",
    "res_speech",  # res_agi will not load without it
    "res_agi",
    "res_security_log",
    "chan_pjsip",
    "bridge_simple",
    "bridge_holding",
    "bridge_softmix",
    "codec_alaw",
    "codec_ulaw",
    "codec_resample",
    "format_pcm",
    "format_wav",
    "format_sln",
    "app_confbridge",
    "app_dial",
    "app_exec",
    "app_playback",
    "app_playtones",
    "app_read",
    "app_record",
    "app_senddtmf",  # AMI's PlayDTMF: a sign to one doctor in a talk
    "app_userevent",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_env",  # STAT: how long a recorded message is
    "func_timeout",
    "func_logic",
    "func_strings",
    "pbx_config",
)


def render(settings: Settings, parts: AsteriskParts, lines: Sequence[Line], extra_modules: Sequence[str] = ()) -> Path:
    """Write everything below `settings.run_dir` and return the path of asterisk.conf.

    `settings.ami_secret` must be set: it is drawn anew at each start and lives in a file only its owner may read.
    """
    if not settings.ami_secret:
        raise ConfigError("no AMI secret was drawn")
    run_dir = settings.run_dir
    for folder in _FOLDERS:
        (run_dir / folder).mkdir(parents=True, exist_ok=True)
    settings.socket_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _link_documentation(parts.data_dir, run_dir / "data")
    _link(run_dir / "data" / "sounds", settings.prompts_dir)
    modules = (*MODULES, *extra_modules)
    environment = Environment(  # noqa: S701 - Asterisk's files are not HTML; Settings validates what goes in
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    for template in sorted(_TEMPLATES.glob("*.conf")):
        text = environment.get_template(template.name).render(
            settings=settings, parts=parts, lines=lines, modules=modules, run_dir=run_dir, has=_has_module(parts)
        )
        _write_private(run_dir / "etc" / template.name, text)
    return run_dir / "etc" / "asterisk.conf"


def _has_module(parts: AsteriskParts) -> set[str]:
    return {path.stem for path in parts.module_dir.glob("*.so")}


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _link_documentation(source: Path, target: Path) -> None:
    """Asterisk 22 will not start without its XML documentation, which it looks for below astdatadir."""
    for name in ("documentation", "rest-api"):
        if (source / name).exists():
            _link(target / name, source / name)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() or link.exists():
        if link.is_symlink() and Path(os.readlink(link)) == target:
            return
        link.unlink()
    link.symlink_to(target)
