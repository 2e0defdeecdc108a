"""一种错误形状: every expected failure has a stable code, a Chinese detail and an HTTP status.

The API renders them as RFC 9457 problem+json (`type` is `urn:dongke:<code>`), the CLI as one line and exit 2,
the doors keep what failed in the quarantine under the same code.
"""


class DongkeError(Exception):
    """Base of all expected failures. `code` is stable and in English; `detail` is Chinese, for people."""

    status = 500

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def errors(self) -> list[dict[str, str]]:
        """Each place that is at fault (`where`) with its reason in Chinese, for faults that can name places."""
        return []


class BadInput(DongkeError):
    """What came in cannot be used as it is; it is kept, with this reason."""

    status = 422


class NotFound(DongkeError):
    """It does not exist, or not for the one who asks."""

    status = 404


class Forbidden(DongkeError):
    """The role may not do this."""

    status = 403


class Unauthorized(DongkeError):
    """No valid log-in."""

    status = 401


class Conflict(DongkeError):
    """The same id with different content, or a state that forbids the change."""

    status = 409


class TooLarge(DongkeError):
    """The body or file is over a limit."""

    status = 413


class NotReady(DongkeError):
    """Something the service needs is missing: the database, a model."""

    status = 503
