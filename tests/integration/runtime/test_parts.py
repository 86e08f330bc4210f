"""Each fetched part does its work: it is started here, not only unpacked."""

import json
import os
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import sync_playwright

from cli.runtime import AsteriskInstall, asterisk, chromium, espeak, graphviz, sipp
from cli.runtime.debian import fetch
from cli.runtime.postgres import RECIPE as POSTGRES
from cli.runtime.postgres import postgres, postgres_in
from cli.runtime.postgres_server import temporary_postgres

MODULES = (
    *("res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_timing_timerfd", "res_pjproject"),
    *("res_pjsip", "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_sdp_rtp", "res_pjsip_caller_id"),
    *("res_pjsip_endpoint_identifier_ip", "res_pjsip_dtmf_info", "res_rtp_asterisk", "chan_pjsip", "pbx_config"),
    *("res_agi", "app_read", "app_dial", "app_queue", "app_mixmonitor", "app_controlplayback", "app_originate"),
    *("bridge_simple", "bridge_native_rtp", "format_wav", "format_pcm", "codec_ulaw", "codec_alaw", "func_timeout"),
    *(
        "res_speech",
        "res_aeap",
        "res_speech_aeap",
        "res_http_websocket",
        "res_srtp",
        "codec_resample",
        "app_confbridge",
    ),
)
DIRECTORIES = ("astvarlibdir", "astdbdir", "astkeydir", "astagidir", "astspooldir", "astrundir", "astlogdir")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    # A control socket's path is at most 107 bytes long.
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        yield Path(folder)


def write_configuration(install: AsteriskInstall, folder: Path) -> Path:
    own = "".join(f"{name} => {folder}\n" for name in (*DIRECTORIES, "astetcdir"))
    parts = f"astmoddir => {install.module_dir}\nastdatadir => {install.data_dir}\n"
    (folder / "asterisk.conf").write_text(f"[directories]\n{own}{parts}")
    (folder / "modules.conf").write_text(
        "[modules]\nautoload=no\n" + "".join(f"load={module}.so\n" for module in MODULES)
    )
    for name in ("pjsip", "extensions", "queues", "confbridge", "features", "aeap"):
        (folder / f"{name}.conf").touch()
    return folder / "asterisk.conf"


def test_asterisk_starts_from_its_own_folder_and_loads_what_the_helpline_uses(short_folder: Path) -> None:
    install = asterisk()
    configuration = write_configuration(install, short_folder)
    with (short_folder / "output").open("wb") as output:
        process = subprocess.Popen([*install.argv, "-C", configuration, "-f", "-n"], stdout=output, stderr=output)

    def says(command: str) -> str:
        asked = [*install.argv, "-C", str(configuration), "-rx", command]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    try:
        deadline = time.monotonic() + 20
        while "fully booted" not in says("core waitfullybooted") and time.monotonic() < deadline:
            time.sleep(0.1)
        assert f"Asterisk {install.version}" in says("core show version")
        lines = {line.split()[0]: line for line in says("module show").splitlines() if ".so " in line}
        assert [m for m in MODULES if " Running " not in lines.get(f"{m}.so", "")] == []
    finally:
        process.terminate()
        process.wait(10)


def test_espeak_speaks_hindi_through_pyttsx3(tmp_path: Path) -> None:
    install = espeak()
    spoken = tmp_path / "spoken.wav"
    program = (
        "import pyttsx3\nengine = pyttsx3.init('espeak')\nengine.setProperty('voice', 'inc/hi')\n"
        f"engine.save_to_file('104 हेल्पलाइन में आपका स्वागत है', {str(spoken)!r})\nengine.runAndWait()\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, **install.env, "HOME": str(home), "TMPDIR": str(home)}
    environment.pop("XDG_RUNTIME_DIR", None)
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=30)
    assert done.returncode == 0
    assert list(home.iterdir()) == []
    with wave.open(str(spoken)) as audio:
        assert audio.getnframes() / audio.getframerate() > 1.0
        assert max(audio.readframes(audio.getnframes())) > 0


def test_sipp_says_its_version() -> None:
    install = sipp()
    said = subprocess.run([*install.argv, "-v"], env={**os.environ, **install.env}, capture_output=True, check=False)
    assert b"SIPp v3" in said.stdout


def test_dot_lays_out_from_any_folder_and_with_no_environment_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [graphviz().dot, "-Tjson0"],
        input='digraph { "पहला" -> "दूसरा" }',
        env={"PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    boxes = {box["name"]: box["pos"] for box in json.loads(done.stdout)["objects"]}
    assert set(boxes) == {"पहला", "दूसरा"}
    assert boxes["पहला"] != boxes["दूसरा"]
    assert done.stderr == ""


@pytest.mark.browser
def test_the_browser_writes_hindi_and_not_boxes() -> None:
    install = chromium()
    draw = """letter => { const canvas = document.createElement("canvas"); const pen = canvas.getContext("2d");
        pen.font = "40px sans-serif"; pen.fillText(letter, 10, 60); return canvas.toDataURL(); }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=install.executable, args=list(install.args), env={**os.environ, **install.env}
        )
        page = browser.new_page()
        # Letters without a glyph are all drawn as the same box.
        assert page.evaluate(draw, "क") != page.evaluate(draw, "ख")
        assert page.evaluate(draw, "\U000e1234") == page.evaluate(draw, "\U000e1235")
        browser.close()


@pytest.mark.postgres
@pytest.mark.parametrize("whose", ["machine", "fetched"])
def test_postgres_answers_with_its_password_only_and_leaves_nothing(whose: str, tmp_path: Path) -> None:
    install = postgres() if whose == "machine" else postgres_in(fetch(POSTGRES))
    with temporary_postgres(tmp_path, install) as url:
        address = url.replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            row = connection.execute("select 'नमस्ते', current_setting('server_encoding')").fetchone()
        assert row == ("नमस्ते", "UTF8")
        user, _, rest = address.partition("@")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(user.rpartition(":")[0] + ":wrong@" + rest)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
