"""What is said of a fact that a comparison names: in how many talks, and what was told.

The words of the talk stay out: the value itself stands beside these sentences.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from persona_vault.wording.numbers import about, count

_NOUNS = {"n_talks": "talk", "n_statements": "statement"}


def fact_counts(fact: Mapping[str, Any]) -> str:
    """Such as "in 9 of 40 talks before, in none of 38 talks after"; "" if uncounted."""
    for key, noun in _NOUNS.items():
        pairs = fact.get(key)
        if pairs:
            said = ", ".join(
                f"in {_of(pairs[when], noun)} {when}" for when in ("before", "after")
            )
            return said + _at_most(fact)
    return ""


def _of(pair: Sequence[int], noun: str) -> str:
    k, n = pair
    return f"{k if k else 'none'} of {count(n, noun)}"


def _at_most(fact: Mapping[str, Any]) -> str:
    """The rule of three: what may be there and not have shown."""
    share = fact.get("at_most_per_100")
    if share is None:
        return ""
    return (
        f"; in fewer than {about(float(share), 0)} of 100 talks, as far as these tell"
    )


def known_facts_sentence(method: Mapping[str, Any]) -> str:
    """How many facts were known, and whether they were enough; "" if not counted."""
    counted = method.get("memory")
    if not counted:
        return ""
    if counted.get("two_companions"):
        return (
            "The replies state two names, never both in one conversation: there may be "
            "two companions in this history, so facts were not compared."
        )
    known, least = counted["facts_known"], counted["least_facts"]
    said = (
        f"From your messages of earlier talks, {count(known['before'], 'fact')} about "
        f"you could be read by the end of the earlier period and {known['after']:,} by "
        "the end of the later one"
    )
    if min(known.values()) < least:
        return f"{said}; {least} are needed before talks are counted for them."
    return f"{said}."
