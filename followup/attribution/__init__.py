"""业绩归因: credit by four models side by side, and a lift where a random holdout exists."""

from followup.attribution.credit import MODEL_LABELS, Line, Model, Outcome, Touch, lines, shares
from followup.attribution.holdouts import Holdout, draw, holdouts
from followup.attribution.lift import NOT_CAUSAL, Lift, lift_of_means, lift_of_shares

__all__ = [
    "MODEL_LABELS",
    "NOT_CAUSAL",
    "Holdout",
    "Lift",
    "Line",
    "Model",
    "Outcome",
    "Touch",
    "draw",
    "holdouts",
    "lift_of_means",
    "lift_of_shares",
    "lines",
    "shares",
]
