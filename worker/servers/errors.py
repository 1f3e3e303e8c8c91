"""What can go wrong with the embedded servers, as sentences."""


class ServersError(RuntimeError):
    """An embedded server cannot be started, stopped or removed; the message says what to do."""


class HomeRefused(ServersError):
    """The directory chosen for the data is not one that may be used, or removed."""


class StartFailed(ServersError):
    """A server did not come up; the message ends with the last lines of its log."""
