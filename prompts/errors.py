"""Everything that can be wrong with a prompt, under one base, so that set-up can say it in one sentence."""


class PromptError(Exception):
    """A prompt cannot be worded, made or found; the message says which one and what to do."""


class CatalogueError(PromptError):
    """A catalogue file is malformed, incomplete, or says something a caller cannot be told."""


class UnknownPromptError(PromptError):
    """Somebody asked for a prompt or a language that no catalogue holds."""


class NumberError(PromptError, ValueError):
    """A number lies outside what the grammar of a language can say."""


class RecordingError(PromptError):
    """A recorded file is not 8 kHz mono 16-bit WAV, or belongs to no prompt."""


class SynthesisError(PromptError):
    """The speech synthesiser is missing, lacks the voice, or stopped before it had said everything."""
