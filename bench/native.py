"""The peer: the same call written the usual way, as dialplan with app_queue, on the same Asterisk binary.

Everything but the dialplan comes from the product's own templates: modules, trunk, codec, RTP, prompts. Where native
Asterisk offers several ways, the cheaper one is taken: no AMI, members rung directly instead of through Local channels,
"press 1" as app_queue's own gosub, one INSERT a leg as call record.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.plan import KEY_OF, LOAD_CATEGORY, LOAD_DOCTORS, PROBE_CATEGORY, PROBE_DOCTORS, Plan, doctor_number
from cli.runtime.asterisk import AsteriskInstall
from cli.supervisor import Service
from cli.supervisor.readiness import udp_port_is_taken
from config.asterisk.render import Line, render
from config.settings import Settings

_MODULES = ("app_queue", "app_stack", "func_cdr", "func_devstate", "res_cdrel_custom", "cdr_sqlite3_custom")

# The patient's and the doctor's half of flows/definitions, as far as the benchmark's calls go.
_EXTENSIONS = """
[from-trunk]
exten => 104,1,Answer()
 same => n,Set(TIMEOUT(digit)=3)
 same => n,Set(TIMEOUT(response)=6)
 same => n(menu),Read(CHOICE,welcome&ambulance-hint&__MENU__,1,,1,5)
 same => n,GotoIf($["${CHOICE}" = "__LOAD_KEY__"]?load)
 same => n,GotoIf($["${CHOICE}" = "__PROBE_KEY__"]?probe)
 same => n,Goto(menu)
 same => n(load),Set(CATEGORY=__LOAD__)
 same => n,Goto(age)
 same => n(probe),Set(CATEGORY=__PROBE__)
 same => n(age),Read(AGE,age-ask,3,,1,0)
 same => n,GotoIf($[0${AGE} > 120]?age)
 same => n,Set(__OFFER=offer-intro&category-${CATEGORY}&offer-age_prefix&age-${AGE}&offer-keys)
 same => n,Set(CDR(userfield)=${CATEGORY}-${AGE})
 same => n,Queue(${CATEGORY},F(outcome^s^1),,,60,,offer)
 same => n,Hangup()

[offer]
exten => s,1,Read(TAKEN,${OFFER},1,,1,4)
 same => n,GotoIf($["${TAKEN}" = "1"]?yes)
 same => n,Hangup()
 same => n(yes),Return()

[outcome]
exten => s,1,Read(OUTCOME,disposition-ask,1,,1,5)
 same => n,Set(CDR(userfield)=outcome-${OUTCOME})
 same => n,Hangup()
"""

_QUEUE = """
[{category}]
strategy = rrmemory
musicclass = seek
timeout = 20
retry = 1
autofill = yes
ringinuse = yes
wrapuptime = 0
joinempty = yes
"""

# The choices of the flow `smallest`, a prompt each.
_MENU = "&".join(f"menu-{choice}" for choice in ("main", "heart", "neuro", "skin", "maternity", "child", "more"))

_CDR_COLUMNS = ("start", "answer", "end", "src", "dst", "dstchannel", "lastapp", "disposition", "billsec", "userfield")


class NativeHelpline:
    """Its configuration written below `settings.run_dir`, and the service that runs it. `other` replaces files."""

    def __init__(
        self, settings: Settings, install: AsteriskInstall, plan: Plan, other: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings
        conf = render(settings, install, [Line("104")], _MODULES)
        etc = conf.parent
        for name, text in (files(settings, plan) | dict(other or {})).items():
            (etc / name).write_text(text)
        _seek_music(settings)
        self.service = Service(
            "native",
            (*install.argv, "-C", str(conf), "-f"),
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(settings.run_dir)},
            cwd=settings.run_dir,
            ready=lambda: udp_port_is_taken(settings.bind, settings.sip_port),
            ready_seconds=60,
        )

    @property
    def records(self) -> Path:
        """The SQLite file of call records."""
        return self._settings.run_dir / "log" / "master.db"


def files(settings: Settings, plan: Plan) -> dict[str, str]:
    """What differs from the product's own files, by name."""
    music = settings.run_dir / "seek"
    return {
        "extensions.conf": _extensions(),
        "queues.conf": _queues(plan),
        "manager.conf": "[general]\nenabled = no\n",
        "cdr.conf": "[general]\nenable = yes\nunanswered = no\n",
        "cdr_sqlite3_custom.conf": _cdr(),
        "musiconhold.conf": f"[seek]\nmode = files\nsort = alpha\ndirectory = {music}\n",
    }


def _extensions() -> str:
    text = _EXTENSIONS
    for name, value in (
        ("__LOAD_KEY__", KEY_OF[LOAD_CATEGORY]),
        ("__PROBE_KEY__", KEY_OF[PROBE_CATEGORY]),
        ("__MENU__", _MENU),
        ("__LOAD__", LOAD_CATEGORY),
        ("__PROBE__", PROBE_CATEGORY),
    ):
        text = text.replace(name, value)
    return text


def _queues(plan: Plan) -> str:
    parts = ["[general]\npersistentmembers = no\n"]
    for category, prefix, count in (
        (LOAD_CATEGORY, LOAD_DOCTORS, plan.doctors),
        (PROBE_CATEGORY, PROBE_DOCTORS, plan.probe_doctors),
    ):
        # A state of their own for all: the trunk's, which changes with every call, would cost app_queue dear.
        members = (
            f"member => PJSIP/{doctor_number(prefix, index)}@trunk,0,d{index},Custom:ready\n" for index in range(count)
        )
        parts += [_QUEUE.format(category=category), *members]
    return "".join(parts)


def _cdr() -> str:
    values = ",".join(f"'${{CDR({column})}}'" for column in _CDR_COLUMNS)
    return f"[master]\ntable => cdr\ncolumns => {', '.join(_CDR_COLUMNS)}\nvalues => {values}\n"


def _seek_music(settings: Settings) -> None:
    """What waiting callers hear in the product: the announcement, then the music."""
    folder = settings.run_dir / "seek"
    folder.mkdir(exist_ok=True)
    for name, source in (
        ("1-seek", settings.prompts_dir / settings.language / "seek-start"),
        ("2-hold", settings.prompts_dir / "music" / "hold"),
    ):
        for suffix in (".alaw", ".wav"):
            link = folder / f"{name}{suffix}"
            if not link.is_symlink():
                link.symlink_to(source.with_suffix(suffix))
