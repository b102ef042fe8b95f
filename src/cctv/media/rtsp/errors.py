"""What this package does not do itself."""


class NotSpoken(Exception):
    """The camera or the wish needs libav; nothing is wrong.

    ``url`` is where the camera is, with what may be said there: it may have sent us elsewhere.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url
        super().__init__("libav is needed")


class TransportRefused(NotSpoken):
    """The camera does not send inside the connection, so it must be asked to send beside it (UDP)."""
