"""Sentences for a comparison with too little text: what is needed, and a short list."""

from collections.abc import Sequence

from persona_vault.findings import Change, ComparedPeriod, PersonaDiff, Verdict
from persona_vault.wording.numbers import capital, count, listed
from persona_vault.wording.rows import MIN_BLOCKS, MIN_MESSAGES, row_title

N_NAMED = 3

_REASONS = {
    "language": "cannot be measured in the language of this talk",
    "no_occasion": "had no occasion in one period or in both",
    "too_rare": "too rare, or too constant, for a change to show",
    "few_facts": "too few facts were told in earlier talks",
}
_TOO_FEW = "too few talks or messages with an occasion for it"


def needed_sentence(diff: PersonaDiff) -> str:
    """What would make the comparison possible; "" where it was."""
    if diff.verdict is not Verdict.NOT_ENOUGH_DATA:
        return ""
    short = [
        name
        for name, period in (("earlier", diff.before), ("later", diff.after))
        if _is_short(period)
    ]
    if not short:
        return (
            "Both periods hold that much in all, but no single measure has enough of "
            "it, or can be counted in this language."
        )
    undated = diff.excluded.get("no_time", 0)
    if undated:
        number = count(undated, "message has", "messages have")
        return (
            f"{capital(number)} no time, and no date can place them: compare "
            "by message number, such as "
            "`--before-messages 1..500 --after-messages 501..900`."
        )
    where = "both periods need" if len(short) == 2 else f"the {short[0]} period needs"
    return (
        f"{capital(where)} more text: choose longer periods or another date (`--window "
        "all` takes everything after it), or import more of the talk."
    )


def _is_short(period: ComparedPeriod) -> bool:
    return period.n_blocks < MIN_BLOCKS or period.n_messages < MIN_MESSAGES


def untested_sentences(rows: Sequence[Change], *, side: str = "persona") -> list[str]:
    """The rows that could not be tested, by reason: how many, and a few by name."""
    by_reason: dict[str, list[Change]] = {}
    for row in rows:
        reason = _REASONS.get(row.reason or "", _TOO_FEW)
        by_reason.setdefault(reason, []).append(row)
    return [
        f"{capital(reason)}: {_named(found, side)}."
        for reason, found in by_reason.items()
    ]


def _named(rows: Sequence[Change], side: str) -> str:
    titles = [row_title(row, side=side) for row in rows[:N_NAMED]]
    if len(rows) <= N_NAMED:
        return listed(titles)
    return f"{count(len(rows), 'measure')}, among them {listed(titles)}"
