"""外部资产深挖: how far each outside asset of a customer is known, rung by rung, in his own words."""

from followup.digging.ladder import RUNG_LABELS, Ladder, Rung, Step, ladders
from followup.digging.money import Money, Untouched, money_of, untouched
from followup.digging.scores import Dig, Score, digs, score

__all__ = [
    "RUNG_LABELS",
    "Dig",
    "Ladder",
    "Money",
    "Rung",
    "Score",
    "Step",
    "Untouched",
    "digs",
    "ladders",
    "money_of",
    "score",
    "untouched",
]
