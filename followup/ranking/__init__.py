"""商机排序: an advisor's morning list, every factor visible."""

from followup.ranking.model import Approach, Blocked, Candidate, Factor, Item, Morning, Person, parameters
from followup.ranking.morning import rank

__all__ = ["Approach", "Blocked", "Candidate", "Factor", "Item", "Morning", "Person", "parameters", "rank"]
