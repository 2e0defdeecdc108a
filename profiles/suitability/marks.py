"""可否推荐的标记: which product a playbook, a tag, a line means, and whether it may be offered (pure).

The one place from which pages and lists take their marks. What suggests nothing to buy or open has none.
"""

from collections.abc import Mapping
from typing import Any

from profiles.suitability.assessment import Offer, Suitability, offer
from profiles.suitability.products import PERMISSION

ANY = ""  #: products in general are meant
#: what is suggested by playbook: products in general, or the product or permission of its key; others suggest nothing
_SUGGESTS: Mapping[str, str] = {
    "idle_funds": ANY,
    "external_assets": ANY,
    "product_intent": "product",
    "permission": "permission",
}
_TAGS: Mapping[str, str] = {
    "funds.idle": ANY,
    "assets.external": ANY,
    "intent.product": "product",
    "intent.permission": "permission",
}


def of_playbook(playbook: str, key: str | None, customer: Suitability) -> Offer | None:
    """The mark of an opportunity. None where it suggests nothing."""
    return _offer(_SUGGESTS.get(playbook), key, customer)


def of_tag(tag: str, value: Mapping[str, Any], customer: Suitability) -> Offer | None:
    """The mark of a tag, and of every line and question that comes from it. None where it suggests nothing."""
    meant = _TAGS.get(tag)
    return _offer(meant, value.get(meant) if meant else None, customer)


def _offer(meant: str | None, key: str | None, customer: Suitability) -> Offer | None:
    if meant is None:
        return None
    if meant == ANY or not key:
        return offer(None, customer)
    return offer(f"{PERMISSION}{key}" if meant == "permission" else key, customer)
