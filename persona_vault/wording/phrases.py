"""Sentences about phrases that came, went or changed; none of them holds a phrase."""

from collections.abc import Mapping
from typing import Any

from persona_vault.wording.numbers import count, decimals, spell

LEAD = (
    "Hints only: no phrase was fixed in advance, and the list is corrected for the "
    "number of phrases looked at. At any date some phrases come and some go."
)
TITLES = {
    "new": "Appeared in the later period",
    "lost": "Not seen in the later period",
    "changed": "Used at another rate",
    "user_seeded": "You said it first",
}
NONE_FOUND = (
    "Of no phrase can it be said that it came, went or changed its rate by more than "
    "chance would bring."
)
# So many of each kind are shown; the JSON holds more.
MOST_SHOWN = 12
_KINDS = {
    "opener": "at the start of a sentence, ",
    "action": "as an action, ",
}


def phrase_sentence(entry: Mapping[str, Any], change: str) -> str:
    """Where an entry of `PersonaDiff.phrases[change]` was seen, no full stop.

    Such as "seen in 9 of 40 talks after, in none of 38 before".
    """
    change = str(entry.get("change", change))
    place = _KINDS.get(str(entry.get("kind")), "")
    if "n_blocks_with" not in entry:
        return f"{place}seen in {count(int(entry.get('n_blocks') or 0), 'talk')}"
    seen = {side: (int(k), int(n)) for side, (k, n) in entry["n_blocks_with"].items()}
    first, second = ("before", "after") if change == "lost" else ("after", "before")
    said = f"{place}seen in {_of(*seen[first], 'talk')} {first}"
    said += f", in {_of(*seen[second], '')} {second}"
    if change == "lost":
        most = 100 * float(entry.get("at_most", 1.0))
        return said + f"; up to about {spell(most, 0)} of 100 talks may still hold it"
    if change == "changed":
        rates = entry["per_1000_words"]
        places = decimals([rates["before"], rates["after"]])
        early, late = (spell(rates[side], places) for side in ("before", "after"))
        return said + f"; {early} times in 1,000 words before, {late} after"
    return said


def _of(k: int, n: int, noun: str) -> str:
    """Such as "9 of 40 talks" or "none of 38"."""
    many = "none" if k == 0 else f"{k:,}"
    return f"{many} of {count(n, noun)}" if noun else f"{many} of {n:,}"


def novelty_sentence(novelty: Mapping[str, Any]) -> str:
    """How many phrases came and went, against other dates; "" where it is not known."""
    if not novelty:
        return ""
    if novelty.get("reason"):
        return (
            "There are too few talks to say how many new phrases are usual for this "
            "companion."
        )
    window = count(int(novelty["n_blocks"]), "talk")
    came, went = int(novelty["n_new"]), int(novelty["n_lost"])
    usual = {k: _range(*novelty["usual"][k]) for k in ("new", "lost")}
    is_are = "is" if came == 1 else "are"
    return (
        f"{count(came, 'recurring phrase')} {is_are} new in the first {window} of the "
        f"later period, held against the last {window} of the earlier one; between two "
        f"such parts of its own past, {usual['new']} would be usual for as many words. "
        f"{went:,} {'was' if went == 1 else 'were'} not seen again; {usual['lost']} "
        "would be usual."
    )


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
