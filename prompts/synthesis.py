"""Speech made by pyttsx3 in processes of its own, because libespeak-ng is found through the environment of a process.

LD_LIBRARY_PATH is read once, when a process starts; so an espeak-ng unpacked in the project's own folder can only be
used by a child. There are more children than cores: of 20 ms a text pyttsx3 sleeps two thirds. Measured on two cores
with 1,400 texts: 13 s with two children, 5.6 s with six.
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from prompts.errors import SynthesisError
from prompts.piper import speak_with_piper
from prompts.voices import Voice

# Part of every cached file's fingerprint: raise it when the same text would now sound different.
PIPELINE_VERSION = 2
PROCESSES = 6

_CHECKOUT = Path(__file__).resolve().parents[1]
_Reply = dict[str, str] | None


@dataclass(frozen=True)
class SpeechJob:
    """Say `text` in a voice into `target` (.wav, with .alaw beside it)."""

    text: str
    voice: Voice
    target: str


def synthesise(jobs: Sequence[SpeechJob], env: Mapping[str, str], done: Callable[[SpeechJob], None]) -> None:
    """Make every job's files; `done` is called in this thread after each.

    `env` is added to the environment of the worker processes (LD_LIBRARY_PATH, ESPEAK_DATA_PATH where espeak-ng is not
    the machine's own). Raises SynthesisError with the synthesiser's own words when one text could not be said.
    """
    _synthesise_with_espeak([job for job in jobs if not job.voice.piper], env, done)
    by_piper = [job for job in jobs if job.voice.piper]
    for voice in dict.fromkeys(job.voice for job in by_piper):
        theirs = [job for job in by_piper if job.voice == voice]
        assert voice.piper is not None
        texts = [(job.text, Path(job.target)) for job in theirs]
        for index in speak_with_piper(texts, voice.piper, voice.words_per_minute):
            done(theirs[index])


def _synthesise_with_espeak(
    jobs: Sequence[SpeechJob], env: Mapping[str, str], done: Callable[[SpeechJob], None]
) -> None:
    by_target = {job.target: job for job in jobs}
    shares = [share for share in (jobs[start::PROCESSES] for start in range(PROCESSES)) if share]
    replies: queue.Queue[_Reply] = queue.Queue()
    # The scratch folder is ours, because a worker that must be killed would leave its own behind.
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as complaints:
        surroundings = {**os.environ, **env, "TMPDIR": scratch, "PYTHONPATH": str(_CHECKOUT)}
        workers = [_start_worker(share, surroundings, replies, complaints) for share in shares]
        try:
            said = sum(_collect(replies, by_target, done) for _ in workers)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        if said < len(by_target):
            complaints.seek(0)
            last_words = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise SynthesisError(f"the speech synthesiser stopped: {' '.join(last_words) or 'no reason given'}")


def _start_worker(
    share: Sequence[SpeechJob], env: Mapping[str, str], replies: "queue.Queue[_Reply]", complaints: IO[bytes]
) -> "subprocess.Popen[str]":
    worker = subprocess.Popen(
        [sys.executable, "-m", "prompts.synthesis_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        cwd=_CHECKOUT,
        env=dict(env),
    )
    threading.Thread(target=_converse, args=(worker, share, replies), daemon=True).start()
    return worker


def _converse(worker: "subprocess.Popen[str]", share: Sequence[SpeechJob], replies: "queue.Queue[_Reply]") -> None:
    """Hand over the jobs, pass on each reply, and put None when the worker has ended."""
    stdin, stdout = worker.stdin, worker.stdout
    if stdin is None or stdout is None:
        raise SynthesisError("the speech worker has no pipes")
    try:
        with stdin:
            json.dump([asdict(job) for job in share], stdin)
        with stdout:
            for line in stdout:
                replies.put(json.loads(line))
    except (OSError, ValueError):
        # The worker died; what it said on stderr is reported by synthesise().
        pass
    finally:
        replies.put(None)


def _collect(replies: "queue.Queue[_Reply]", jobs: Mapping[str, SpeechJob], done: Callable[[SpeechJob], None]) -> int:
    """Take replies until one worker ends; return how many texts were said."""
    said = 0
    while (reply := replies.get()) is not None:
        job = jobs[reply["target"]]
        if "error" in reply:
            raise SynthesisError(f"{Path(job.target).name} could not be said: {reply['error']}")
        done(job)
        said += 1
    return said
