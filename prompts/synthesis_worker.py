"""One process that speaks: jobs come as JSON on stdin, each answered by one JSON line on stdout when its files exist.

Run as `python -m prompts.synthesis_worker`; `prompts.synthesis` starts it.
"""

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from prompts.audio import telephone_speech
from prompts.errors import PromptError, SynthesisError
from prompts.wav import read_wav, write_telephone_pair

# An error inside espeak's callback leaves runAndWait waiting for ever; SIGALRM then ends this process.
_LONGEST_JOB_SECONDS = 60


def main() -> None:
    """Say every job of stdin, in order; the first that fails ends the process after its error line."""
    replies = _claim_stdout()
    jobs = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        speaker = Speaker()
        for job in jobs:
            signal.alarm(_LONGEST_JOB_SECONDS)
            reply = {"target": job["target"]}
            try:
                _make(speaker, job, Path(folder) / "voice.wav")
            except (PromptError, OSError) as error:
                reply["error"] = str(error)
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
            if "error" in reply:
                break
    replies.close()
    # libespeak-ng may abort in its own clean-up when Python unloads it; everything is already written.
    os._exit(0)


class Speaker:
    """pyttsx3 2.99 with its traps closed: errors are raised, one file a run, and a run ends when its file is written.

    Its espeak driver cancels the next text when a run begins while espeak-ng's own thread is still busy, be it only
    with a change of speed; therefore every step here waits for that thread.
    """

    def __init__(self) -> None:
        # Imported here, because the import already fails where libespeak-ng is missing.
        import pyttsx3
        from pyttsx3.drivers import _espeak

        self._wait_for_espeak = _espeak.Synchronize
        self._engine = pyttsx3.init("espeak")
        # Born busy, the engine would keep the first commands until the first run, and end that run with them.
        self._engine.proxy.setBusy(False)
        # SetVoiceByName takes the file name of a voice ("hi" of inc/hi), not its language ("en-gb" is in gmw/en).
        self._voices = {voice.id.rpartition("/")[2] for voice in self._engine.getProperty("voices")}
        self._finished = threading.Event()
        self._errors: list[Exception] = []
        self._engine.connect("finished-utterance", lambda **_: self._finished.set())
        # The engine swallows exceptions of its commands (an unknown voice would speak Hindi as English).
        self._engine.connect("error", lambda exception, **_: self._errors.append(exception))

    def choose_voice(self, names: list[str]) -> str:
        """Return the first of `names` espeak-ng has a voice for. Raises SynthesisError."""
        for name in names:
            if name in self._voices:
                return name
        raise SynthesisError(f"espeak-ng has no voice {' or '.join(names)}")

    def say(self, text: str, voice: str, words_per_minute: int, path: Path) -> None:
        """Write `text` as 22,050 Hz WAV to `path`. Raises SynthesisError."""
        path.unlink(missing_ok=True)
        self._errors.clear()
        self._finished.clear()
        self._engine.setProperty("voice", voice)
        self._engine.setProperty("rate", words_per_minute)
        self._wait_for_espeak()
        # Of several files queued before one runAndWait only the last would be written.
        self._engine.save_to_file(text, str(path))
        self._engine.runAndWait()
        finished = self._finished.wait(_LONGEST_JOB_SECONDS)
        self._wait_for_espeak()
        if self._errors or not finished or not path.exists():
            raise SynthesisError(f"espeak-ng wrote nothing: {self._errors or 'no reason given'}")


def _claim_stdout() -> IO[str]:
    """Keep stdout for replies: pyttsx3 prints "Audio saved to ..." there."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return replies


def _make(speaker: Speaker, job: dict[str, Any], raw: Path) -> None:
    voice = job["voice"]
    speaker.say(job["text"], speaker.choose_voice(voice["names"]), voice["words_per_minute"], raw)
    speech = telephone_speech(*read_wav(raw))
    if not len(speech):
        raise SynthesisError("espeak-ng wrote only silence")
    write_telephone_pair(Path(job["target"]), speech)


if __name__ == "__main__":
    main()
