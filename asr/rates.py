"""进度数字: how fast an archive goes and how long it still takes. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How far a run is. `done` counts all that need no more work, `heard` those that this run heard."""

    total: int
    done: int
    heard: int
    heard_ms: int  #: of sound
    seconds: float  #: since the run began

    @property
    def per_hour(self) -> float:
        """Recordings heard in an hour."""
        return self.heard * 3600 / self.seconds if self.seconds else 0.0

    @property
    def factor(self) -> float | None:
        """实时率: seconds of work for a second of sound, all workers together; None before the first."""
        return self.seconds * 1000 / self.heard_ms if self.heard_ms else None

    @property
    def seconds_left(self) -> float | None:
        """For the rest at the pace so far, as if none of it were done already; None before the first."""
        return self.seconds / self.heard * (self.total - self.done) if self.heard else None
