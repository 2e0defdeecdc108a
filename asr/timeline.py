"""时间还原: the engine hears the stretches of speech put together; its times are brought back to the recording."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from asr.transcriber import Word


class Timeline:
    """The stretches of speech as (start, end) in milliseconds of the recording, in order."""

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._stretches = tuple(stretches)
        self._ends = list(accumulate(end - start for start, end in self._stretches))

    def restore(self, word: Word) -> Word:
        """The word at its time in the recording, wholly within the stretch that holds its middle."""
        number = min(bisect_right(self._ends, (word.start_ms + word.end_ms) // 2), len(self._ends) - 1)
        start, end = self._stretches[number]
        shift = end - self._ends[number]
        first = min(max(word.start_ms + shift, start), end)
        return Word(word.text, first, min(max(word.end_ms + shift, first), end), word.probability)
