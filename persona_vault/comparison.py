"""The whole comparison of two periods of a vault, as the command line tells it."""

from collections.abc import Callable

from persona_vault.diff import diff_periods
from persona_vault.evidence import add_evidence
from persona_vault.findings import PersonaDiff
from persona_vault.memory.found import add_facts
from persona_vault.mixture import add_mixture
from persona_vault.model import Period
from persona_vault.phrases import add_phrases
from persona_vault.store.vault import Vault


def compare_periods(
    vault: Vault,
    persona: str | None,
    before: Period,
    after: Period,
    *,
    quotes: bool = True,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> PersonaDiff:
    """The rows, then what needs the talk itself: facts, two kinds of replies, words.

    Args:
        vault: An open vault.
        persona: The companion; None = the only one there is.
        before: The earlier period.
        after: The later one.
        quotes: Whether words of the talk may stand in it: evidence, phrases, facts.
        seed: Of everything random; the same seed gives the same comparison.
        progress: Called with the number of talks measured so far.
        processes: As for `take_snapshot`.

    Raises:
        UnknownPersonaError: No such companion.
        UsageError: The periods overlap.
    """
    found = diff_periods(
        vault,
        persona,
        before,
        after,
        seed=seed,
        progress=progress,
        processes=processes,
    )
    found = add_facts(found, vault, before, after, words=quotes)
    found = add_mixture(found, vault, before, after, quotes=quotes, seed=seed)
    if not quotes:
        return found
    found = add_evidence(found, vault, before, after)
    return add_phrases(found, vault, before, after, seed=seed)
