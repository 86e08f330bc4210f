"""Every setting, read from the environment (HELPLINE_*) and refused by name when wrong."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parent.parent
RUNTIME_DIR = CHECKOUT / ".runtime"

Port = Annotated[int, Field(ge=1, le=65535)]

# A Unix socket's path may have 107 bytes; Asterisk's longest socket name is about 20 of them.
_LONGEST_SOCKET_FOLDER = 80

_FIGURE = re.compile(r"(inbox|twilio|cdac|exotel|http|smpp)=\d{1,6}(\.\d{1,3})?")
_VOICE = re.compile(r"[a-z_]+=(landline|always)")
# What each SMS gateway cannot do without.
_NEEDED = {
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "cdac": ("cdac_url", "cdac_username", "cdac_password", "cdac_secure_key"),
    "exotel": ("exotel_url", "exotel_account_sid", "exotel_api_key", "exotel_api_token", "exotel_from"),
    "http": ("sms_http_file",),
    "smpp": ("smpp_address", "smpp_system_id", "smpp_password"),
}


class Settings(BaseSettings):
    """One deployment's settings. Each field is the variable `HELPLINE_<FIELD>`; config/env.example explains them."""

    model_config = SettingsConfigDict(env_prefix="HELPLINE_", frozen=True, extra="ignore")

    bind: str = "127.0.0.1"
    sip_port: Port = 5060
    rtp_ports: str = "10000-10999"
    trunk: str = "127.0.0.1:5062"
    trunk_user: str = ""
    trunk_password: str = ""
    trunk_dtmf: Annotated[str, Field(pattern="^(auto|rfc4733|info|inband|auto_info)$")] = "auto"
    http_port: Port = 8104
    ami_port: Port = 5038
    ami_secret: str = ""
    data_dir: Path = CHECKOUT / "data"
    database_url: str = ""
    duty_phone: str = ""
    language: str = "hi"
    flows_dir: Path = CHECKOUT / "flows" / "definitions"
    routing_file: Path = CHECKOUT / "config" / "routing.yaml"
    node: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,31}$")] = "one"
    prompt_catalogue_dir: Path = CHECKOUT / "prompts" / "catalogue"
    recorded_prompts_dir: Path = CHECKOUT / "prompts" / "recorded"
    prompt_engine: Annotated[str, Field(pattern="^(auto|pyttsx3|piper)$")] = "auto"
    prompt_voices: str = ""
    prompt_rate: Annotated[int, Field(ge=0, le=450)] = 0
    piper: str = ""
    country: str = "IN"
    time_zone: str = "Asia/Kolkata"
    rtp_timeout: Annotated[int, Field(ge=3, le=300)] = 30
    ring_seconds: Annotated[int, Field(ge=5, le=60)] = 20
    wrap_up_seconds: Annotated[int, Field(ge=0, le=600)] = 30
    strike_days: Annotated[int, Field(ge=1, le=3650)] = 90
    unanswered_offers: Annotated[int, Field(ge=1, le=20)] = 2
    unreachable_offers: Annotated[int, Field(ge=1, le=20)] = 3
    queue_limit: Annotated[int, Field(ge=1, le=100_000)] = 200
    callback_order: Annotated[str, Field(pattern="^(doctor_first|patient_first)$")] = "doctor_first"
    callback_share: Annotated[int, Field(ge=2, le=1000)] = 3
    callback_minutes: str = "2,10,30"
    callback_hours: Annotated[float, Field(gt=0, le=168)] = 24
    callback_night: str = "22-7"
    callback_ring_seconds: Annotated[int, Field(ge=5, le=120)] = 30
    call_back_cut_off: Annotated[str, Field(pattern="^(off|network|all)$")] = "network"
    sms_gateway: Annotated[str, Field(pattern="^(inbox|twilio|cdac|exotel|http|smpp)$")] = "inbox"
    sms_fallback: Annotated[str, Field(pattern="^(|twilio|cdac|exotel|http|smpp)$")] = ""
    sms_per_second: str = ""
    sms_paise_per_part: str = ""
    sms_quiet: str = "21-9"
    sms_backlog_seconds: Annotated[int, Field(ge=10, le=86_400)] = 120
    sms_templates_dir: str = ""
    sms_urls: str = ""
    dlt: Annotated[str, Field(pattern="^(auto|required|off)$")] = "auto"
    dlt_entity_id: Annotated[str, Field(pattern="^([0-9]{12,19})?$")] = ""
    dlt_header: Annotated[str, Field(pattern="^([A-Za-z0-9]{3,9})?$")] = ""
    voice_messages: str = ""
    webhook_secret: Annotated[str, Field(pattern="^([A-Za-z0-9_-]{16,128})?$")] = ""
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_from: str = ""
    twilio_url: str = "https://api.twilio.com"
    cdac_url: str = ""
    cdac_username: str = ""
    cdac_password: str = ""
    cdac_secure_key: str = ""
    cdac_report_url: str = ""
    exotel_url: str = ""
    exotel_account_sid: str = ""
    exotel_api_key: str = ""
    exotel_api_token: str = ""
    exotel_from: str = ""
    sms_http_file: str = ""
    smpp_address: str = ""
    smpp_system_id: str = ""
    smpp_password: str = ""
    smpp_system_type: str = ""
    public_url: str = ""
    asterisk: str = ""
    dot: str = ""
    debian_mirror: str = ""
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @field_validator("trunk")
    @classmethod
    def _trunk_is_host_and_port(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9.\-]+:\d{1,5}", value) or not 0 < int(value.rsplit(":", 1)[1]) < 65536:
            raise ValueError("write it as host:port, for example 10.0.0.5:5060")
        return value

    @field_validator("rtp_ports")
    @classmethod
    def _rtp_ports_are_a_range(cls, value: str) -> str:
        match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
        if not match or not 1024 <= int(match[1]) < int(match[2]) <= 65535:
            raise ValueError("write it as first-last, for example 10000-10999, within 1024-65535")
        return value

    @field_validator("prompt_rate")
    @classmethod
    def _prompt_rate_can_be_spoken(cls, value: int) -> int:
        if 0 < value < 80:
            raise ValueError("speak at 80 to 450 words a minute, or give 0 for the catalogue's own rate")
        return value

    @field_validator("prompt_voices")
    @classmethod
    def _prompt_voices_are_pairs(cls, value: str) -> str:
        if value.strip() and not all(re.fullmatch(r"[a-z]{2,3}=\S.*", pair.strip()) for pair in value.split(",")):
            raise ValueError("write it as language=voice, for example hi=/opt/voices/hindi.onnx,en=en-us")
        return value

    @field_validator("duty_phone")
    @classmethod
    def _duty_phone_is_digits(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+?\d{3,15}", value):
            raise ValueError("write it in digits, for example +919876543210")
        return value

    @field_validator("callback_minutes")
    @classmethod
    def _callback_minutes_are_numbers(cls, value: str) -> str:
        pauses = value.split(",")
        if not 1 <= len(pauses) <= 10 or not all(re.fullmatch(r"\s*\d{1,4}(\.\d+)?\s*", pause) for pause in pauses):
            raise ValueError("write the minutes after the first, second, … try with commas between, such as 2,10,30")
        return value

    @field_validator("callback_night", "sms_quiet")
    @classmethod
    def _night_is_from_hour_to_hour(cls, value: str) -> str:
        match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", value)
        if not match or int(match[1]) > 23 or int(match[2]) > 23:
            raise ValueError("write it as from-to in hours, for example 22-7; 0-0 is no night")
        return value

    @field_validator("bind")
    @classmethod
    def _bind_is_an_address(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9A-Fa-f:.]+", value):
            raise ValueError("give an IP address, for example 127.0.0.1 or 0.0.0.0")
        return value

    @field_validator("trunk_user", "trunk_password", "ami_secret")
    @classmethod
    def _no_control_or_comment_characters(cls, value: str) -> str:
        # These land in Asterisk's configuration files, where ';' starts a comment and a line end starts a new setting.
        if re.search(r"[\x00-\x1f;\\\[\]]", value):
            raise ValueError("line ends and the characters ; \\ [ ] are not allowed")
        return value

    @field_validator("sms_per_second", "sms_paise_per_part")
    @classmethod
    def _is_a_figure_for_each_gateway(cls, value: str) -> str:
        if value.strip() and not all(_FIGURE.fullmatch(pair.strip()) for pair in value.split(",")):
            raise ValueError("write it as gateway=number with commas between, for example cdac=50,twilio=10")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            raise ValueError("write the whole address, for example https://help.example.gov.in")
        return value

    @field_validator("voice_messages")
    @classmethod
    def _voice_messages_are_pairs(cls, value: str) -> str:
        if value.strip() and not all(_VOICE.fullmatch(pair.strip()) for pair in value.split(",")):
            raise ValueError("write it as purpose=landline or purpose=always, for example slip=landline,otp=always")
        return value

    @model_validator(mode="after")
    def _gateways_are_complete(self) -> Settings:
        if self.sms_fallback and self.sms_fallback == self.sms_gateway:
            raise ValueError("HELPLINE_SMS_FALLBACK must be another gateway than HELPLINE_SMS_GATEWAY")
        for variable, gateway in (("SMS_GATEWAY", self.sms_gateway), ("SMS_FALLBACK", self.sms_fallback)):
            missing = [f"HELPLINE_{name.upper()}" for name in _NEEDED.get(gateway, ()) if not getattr(self, name)]
            if missing:
                raise ValueError(f"HELPLINE_{variable}={gateway} also needs {', '.join(missing)}")
        return self

    @property
    def trunk_host(self) -> str:
        return self.trunk.rsplit(":", 1)[0]

    @property
    def trunk_port(self) -> int:
        return int(self.trunk.rsplit(":", 1)[1])

    @property
    def rtp_range(self) -> tuple[int, int]:
        first, last = self.rtp_ports.split("-")
        return int(first), int(last)

    @property
    def effective_database_url(self) -> str:
        """The SQLAlchemy address; SQLite in the data folder where none is given."""
        return self.database_url or f"sqlite:///{self.data_dir / 'helpline.db'}"

    @property
    def chosen_voices(self) -> dict[str, str]:
        """The voice of each language that has one chosen."""
        return {language: voice.strip() for language, voice in _pairs(self.prompt_voices)}

    def figure_of(self, setting: str, gateway: str) -> float | None:
        """What a setting such as sms_per_second says of a gateway; None: nothing."""
        pairs = _pairs(getattr(self, setting))
        return next((float(figure) for name, figure in pairs if name == gateway), None)

    @property
    def spoken_purposes(self) -> dict[str, str]:
        """For which purposes a message is spoken by telephone: landline (where no SMS can go) or always."""
        return dict(_pairs(self.voice_messages))

    @property
    def prompts_dir(self) -> Path:
        return self.data_dir / "prompts"

    @property
    def catalogue_dir(self) -> Path:
        """Words that came with imported places, a folder a language, beside those of prompts/catalogue."""
        return self.data_dir / "catalogue"

    @property
    def run_dir(self) -> Path:
        """Where Asterisk's configuration, logs and state of this deployment live."""
        return self.data_dir / "run"

    @cached_property
    def socket_dir(self) -> Path:
        """A folder short enough for Unix sockets; the same in every process of this deployment."""
        if len(os.fsencode(self.run_dir)) <= _LONGEST_SOCKET_FOLDER:
            return self.run_dir
        name = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"helpline-{os.getuid()}-{name}"


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    """What stands in a setting such as hi=/opt/voices/hindi.onnx,en=en-us."""
    for pair in filter(None, map(str.strip, value.split(","))):
        name, _, said = pair.partition("=")
        yield name, said


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of `environ` (default: the process's own), or a ConfigError that names each wrong variable."""
    values: dict[str, Any] = {}
    source = os.environ if environ is None else environ
    for name in Settings.model_fields:
        value = source.get(f"HELPLINE_{name.upper()}")
        if value is not None:
            values[name] = value
    values.update(overrides)
    known = {f"HELPLINE_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(key for key in source if key.startswith("HELPLINE_") and key not in known | NOT_SETTINGS)
    if unknown:
        raise ConfigError(f"{unknown[0]} is not a setting; config/env.example lists them all")
    try:
        return _FromValues(**values)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(item) for item in error.errors())) from None


# Variables of the same prefix that belong to tools rather than to a deployment.
NOT_SETTINGS = frozenset({"HELPLINE_CHROMIUM", "HELPLINE_PYTHON", "HELPLINE_TEST_DATABASE_URL"})


class _FromValues(Settings):
    """Settings from given values only: the environment has been read by name already, so that errors can name it."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, **_: Any) -> tuple[Any, ...]:  # type: ignore[override]
        return (init_settings,)


def _explain(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    name = str(item["loc"][0])
    if item["type"] == "string_pattern_mismatch":
        choices = _CHOICES.fullmatch(item["ctx"]["pattern"])
        message = f"write one of {choices[1].strip('|').replace('|', ', ')}" if choices else _SHAPES.get(name, message)
    shown = "" if _SECRET.search(name) else f"={item['input']!s}"
    return f"HELPLINE_{name.upper()}{shown}: {message}"


_SECRET = re.compile("password|secret|token|database_url")
_CHOICES = re.compile(r"\^\(([A-Za-z0-9_|]+)\)\$")
_SHAPES = {
    "node": "write small letters, digits, - and _, at most 32, with a letter or digit first",
    "dlt_entity_id": "write the 12 to 19 digits of the operators' portal",
    "dlt_header": "write it as it is registered, such as HLTHMP, without the operator's VM- before and -S behind",
    "webhook_secret": "write 16 to 128 letters and digits",
}
