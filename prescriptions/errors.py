"""The one exception base of this room."""


class PrescriptionError(Exception):
    """A slip cannot be issued or found; the text says why."""


class FormularyError(PrescriptionError):
    """The formulary or the wording of the refusals cannot be read; the text names the file."""


class SlipNumberError(PrescriptionError, ValueError):
    """This is no slip number, or one of its characters was misheard."""


class SlipAlreadyIssued(PrescriptionError):
    """The call has a slip with other content; a further one must be asked for explicitly."""
