"""The one exception base of this room."""


class MessagingError(Exception):
    """A message cannot be written or sent; the text says why."""


class NotAMobile(MessagingError):
    """SMS reaches mobile telephones only; this number is none."""


class TemplateError(MessagingError):
    """A template or the variables for it break a rule of TRAI's DLT; the text names it without telling a value.

    `reason` is a key of messaging/reasons.yaml.
    """

    def __init__(self, text: str, reason: str = "wording_missing") -> None:
        super().__init__(text)
        self.reason = reason


class SheetError(MessagingError):
    """A file is no sheet of templates; the text says what to do."""


class GatewayMisconfigured(MessagingError):
    """The settings of an SMS gateway cannot be used; the text names the setting."""
