"""The operator's exchange as configuration files: one trunk to the helpline, an extension for every number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Only what an operator's exchange uses: it starts in a second and cannot do what nobody asked of it.
MODULES = (
    *("res_pjproject", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb"),
    *("res_pjsip", "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_caller_id", "res_pjsip_header_funcs"),
    *("res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_user", "res_pjsip_endpoint_identifier_ip"),
    *("res_pjsip_registrar", "res_pjsip_sdp_rtp", "res_pjsip_dtmf_info", "res_pjsip_nat", "res_pjsip_logger"),
    "res_pjsip_rfc3326",
    *("res_rtp_asterisk", "res_timing_timerfd", "codec_alaw", "codec_ulaw", "chan_pjsip", "bridge_simple"),
    *("res_speech", "res_agi", "res_audiosocket", "app_audiosocket", "app_dial", "app_senddtmf"),
    *("func_callerid", "func_channel", "pbx_config"),
)

# What the Python side reacts to; every other event is left out at the source.
EVENTS = (
    *("Newchannel", "Newstate", "Hangup", "OriginateResponse", "AsyncAGIStart", "FullyBooted"),
    *("CoreShowChannel", "CoreShowChannelsComplete"),
)


@dataclass(frozen=True)
class Exchange:
    """Where one exchange lives: folders, ports, secrets and the helpline it is connected to."""

    folder: Path
    sockets: Path
    module_dir: Path
    data_dir: Path
    bind: str
    sip_port: int
    ami_port: int
    ami_secret: str
    audio_port: int
    rtp_ports: tuple[int, int]
    helpline: str
    trunk_user: str
    trunk_password: str
    softphone_number: str
    softphone_password: str


def files(exchange: Exchange) -> dict[str, str]:
    """Each configuration file's name and text."""
    return {
        "asterisk.conf": _asterisk(exchange),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES),
        "logger.conf": "[general]\ndateformat=%F %T.%3q\n[logfiles]\nmessages.log => warning,error,notice\n",
        "manager.conf": _manager(exchange),
        "rtp.conf": f"[general]\nrtpstart={exchange.rtp_ports[0]}\nrtpend={exchange.rtp_ports[1]}\n",
        "pjsip.conf": _pjsip(exchange),
        "extensions.conf": _extensions(exchange),
    }


def _asterisk(exchange: Exchange) -> str:
    folder = exchange.folder
    places = {
        "astetcdir": folder / "etc",
        "astmoddir": exchange.module_dir,
        "astdatadir": exchange.data_dir,
        "astvarlibdir": folder / "var",
        "astdbdir": folder / "var",
        "astkeydir": folder / "var",
        "astspooldir": folder / "var",
        "astlogdir": folder / "log",
        "astrundir": exchange.sockets,
    }
    listed = "".join(f"{name} => {path}\n" for name, path in places.items())
    return f"[directories]\n{listed}\n[options]\nquiet = yes\nhideconnect = yes\n"


def _manager(exchange: Exchange) -> str:
    filters = "".join(f"eventfilter(action(include),name({name})) =\n" for name in EVENTS)
    return (
        "[general]\nenabled = yes\nwebenabled = no\nbindaddr = 127.0.0.1\n"
        f"port = {exchange.ami_port}\n\n"
        f"[phones]\nsecret = {exchange.ami_secret}\n"
        # 100 ms, Asterisk's default, drops a client that pauses once.
        "writetimeout = 5000\nread = all\nwrite = all\n" + filters
    )


def _pjsip(exchange: Exchange) -> str:
    challenge = "auth=trunk\n" if exchange.trunk_user else ""
    trunk = (
        "type=endpoint\ntransport=udp\ncontext=from-helpline\ndisallow=all\nallow=alaw,ulaw\ndtmf_mode=rfc4733\n"
        "direct_media=no\nrtp_symmetric=yes\n"
    )
    parts = [
        "[global]\ntype=global\nuser_agent=Operator\nendpoint_identifier_order=auth_username,username,ip\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind={exchange.bind}:{exchange.sip_port}\n",
        f"[helpline]\n{trunk}{challenge}" + (f"aors={exchange.trunk_user}\n" if challenge else ""),
        # A caller who withholds the number: nothing of it leaves the operator.
        f"[helpline-withheld]\n{trunk}from_user=anonymous\nfrom_domain=anonymous.invalid\n",
        # Operators differ in how they carry keys; a call goes out through the trunk of its kind.
        *(f"[helpline-{way}]\n{trunk.replace('=rfc4733', '=' + way)}" for way in ("info", "inband")),
        f"[helpline]\ntype=identify\nendpoint=helpline\nmatch={exchange.helpline}\n",
        "[softphone]\ntype=endpoint\ntransport=udp\ncontext=from-softphone\ndisallow=all\nallow=alaw,ulaw\n"
        "auth=softphone\naors=softphone\ndirect_media=no\nrtp_symmetric=yes\nforce_rport=yes\nrewrite_contact=yes\n",
        "[softphone]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n",
        f"[softphone]\ntype=auth\nauth_type=digest\nusername=softphone\npassword={exchange.softphone_password}\n",
    ]
    if exchange.trunk_user:
        parts += [
            f"[{exchange.trunk_user}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n",
            f"[trunk]\ntype=auth\nauth_type=digest\nusername={exchange.trunk_user}\npassword={exchange.trunk_password}\n",
        ]
    return "\n".join(parts)


def _extensions(exchange: Exchange) -> str:
    return f"""[general]
static=yes
writeprotect=yes

[from-helpline]
exten => {exchange.softphone_number},1,Dial(PJSIP/softphone)
exten => _X!,1,AGI(agi:async,${{CHANNEL(pjsip,call-id)}})
exten => _+X!,1,AGI(agi:async,${{CHANNEL(pjsip,call-id)}})

[from-softphone]
exten => _X!,1,Set(CALLERID(all)=<{exchange.softphone_number}>)
 same => n,Dial(PJSIP/helpline/sip:${{EXTEN}}@{exchange.helpline})

[listening]
exten => s,1,AudioSocket(${{PHONE_CALL}},127.0.0.1:{exchange.audio_port})
"""
