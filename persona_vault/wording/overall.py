"""Sentences about the comparison as a whole: the answer, and how sure it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from persona_vault.findings import (
    Change,
    ComparedPeriod,
    PersonaDiff,
    RowVerdict,
    Verdict,
)
from persona_vault.wording.notes import pauses_sentence
from persona_vault.wording.numbers import (
    count,
    decimals,
    known,
    listed,
    moment_words,
    number,
    spell,
)
from persona_vault.wording.rows import (
    MIN_BLOCKS,
    MIN_MESSAGES,
    MOVED,
    left_over,
    row_title,
    size_phrase,
    smallest_phrase,
)

N_NAMED = 3

_LABELS = {
    Verdict.CHANGED: "Changed",
    Verdict.PROBABLY_CHANGED: "Probably changed",
    Verdict.CONFOUNDED: "Cannot be separated from your side",
    Verdict.STEADY: "No change worth the name",
    Verdict.CANNOT_TELL: "Could not tell",
    Verdict.NOT_ENOUGH_DATA: "Not enough data",
}

_CERTAINTY = {
    Verdict.CHANGED: (
        "How sure: each measure called changed passed a test that takes whole talks, "
        "not single messages, as its unit; of those named this way, on average no more "
        "than about 1 in 20 would be there by chance alone."
    ),
    Verdict.PROBABLY_CHANGED: (
        "How sure: not firmly. Any measure named passed a weaker test only; on "
        "average up to about 1 in 10 of those would be there by chance alone."
    ),
    Verdict.CONFOUNDED: (
        "How sure: the difference was measured, but what part of it belongs to this "
        "companion's messages and what part follows your own, we could not tell."
    ),
    Verdict.STEADY: (
        "How sure: as sure as this much text allows. Each measure below says how large "
        "a change it would have shown; smaller changes may be there."
    ),
    Verdict.CANNOT_TELL: (
        "How sure: neither a change nor its absence could be shown. This is a limit "
        "of the amount of text, not a finding about this companion."
    ),
    Verdict.NOT_ENOUGH_DATA: (
        "How sure: nothing was tested. This is a limit of the amount of text, not a "
        "finding about this companion."
    ),
}


def overall_label(verdict: Verdict) -> str:
    """The verdict in a few words."""
    return _LABELS[verdict]


def certainty_sentence(verdict: Verdict) -> str:
    """How far the overall verdict can be trusted."""
    return _CERTAINTY[verdict]


# The verdicts that may rest on all rows at once, and the rows that would name them.
_NAMED_BY = {
    Verdict.PROBABLY_CHANGED: {RowVerdict.PROBABLY_CHANGED},
    Verdict.CONFOUNDED: {
        RowVerdict.CANNOT_SEPARATE,
        RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    },
}
_TOGETHER = {
    Verdict.PROBABLY_CHANGED: (
        "Taken together, this companion's messages probably changed: the measures "
        "differ by more than talks put in a random order would, though no single one "
        "firmly enough to be named"
    ),
    Verdict.CONFOUNDED: (
        "Taken together the measures differ, but so do those of your own messages in "
        "this period, so we cannot separate the two"
    ),
}


_BEGINNINGS = {
    Verdict.CHANGED: (
        "This companion's messages changed, as far as this can be measured",
        RowVerdict.CHANGED,
    ),
    Verdict.PROBABLY_CHANGED: (
        "This companion's messages probably changed, though not firmly enough to be "
        "sure",
        RowVerdict.PROBABLY_CHANGED,
    ),
}


def summary_sentence(
    verdict: Verdict,
    changes: Sequence[Change],
    before: ComparedPeriod,
    after: ComparedPeriod,
    *,
    user_moved: bool = True,
) -> str:
    """The whole comparison in one sentence a lay reader can stand on.

    Args:
        verdict: The overall verdict.
        changes: The companion's rows, the ones that changed first.
        before: What the earlier side was made of.
        after: What the later side was made of.
        user_moved: Whether it is beyond chance that the user's side moved.
    """
    if verdict is Verdict.NOT_ENOUGH_DATA:
        return (
            f"Too little text to compare: {MIN_BLOCKS} talks and {MIN_MESSAGES} "
            f"replies are needed on each side; there are {_amount(before)} before and "
            f"{_amount(after)} after."
        )
    rows = _counted_rows(changes)
    steady = _steady_tail(rows)
    if verdict in _NAMED_BY and not _NAMED_BY[verdict] & {c.verdict for c in rows}:
        return f"{_TOGETHER[verdict]}{steady}."
    if verdict in _BEGINNINGS:
        beginning, named = _BEGINNINGS[verdict]
        return f"{beginning}: {_named(rows, named)}{steady}."
    if verdict is Verdict.CONFOUNDED:
        yours = "moved too in this period" if user_moved else "may account for it"
        return (
            f"There is a difference, but your own messages {yours}, so we cannot "
            f"separate the two{steady}."
        )
    seen = _example(rows)
    if verdict is Verdict.STEADY:
        return (
            "No change worth the name could be measured: "
            f"{_share(rows, RowVerdict.STEADY)} held steady{seen}; smaller changes may "
            "be there."
        )
    return (
        "We could not tell whether this companion's messages changed: there is too "
        f"little text to see smaller differences{seen}{steady}."
    )


def _counted_rows(changes: Sequence[Change]) -> list[Change]:
    """The rows fixed in advance that had enough data; all rows where none was fixed."""
    rows = [c for c in changes if c.headline] or list(changes)
    return [c for c in rows if c.verdict is not RowVerdict.NOT_ENOUGH_DATA]


def _amount(period: ComparedPeriod) -> str:
    replies = count(period.n_messages, "reply", "replies")
    return f"{replies} in {count(period.n_blocks, 'talk')}"


def _share(rows: Sequence[Change], verdict: RowVerdict) -> str:
    n = sum(c.verdict is verdict for c in rows)
    return f"{n} of {count(len(rows), 'measure')} with enough text"


def _named(rows: Sequence[Change], verdict: RowVerdict) -> str:
    found = [c for c in rows if c.verdict is verdict]
    names = []
    for change in found[:N_NAMED]:
        # The distance of a mix is a clause of its own, too long for a list.
        size = "" if change.delta.kind == "distance" else size_phrase(change)
        names.append(row_title(change) + (f" ({size})" if size else ""))
    verb = "differs" if len(found) == 1 else "differ"
    text = f"{_share(rows, verdict)} {verb}"
    if not names:
        return text
    first = "among them " if len(found) > N_NAMED else ""
    return f"{text}, {first}{listed(names)}"


def _steady_tail(rows: Sequence[Change]) -> str:
    n = sum(c.verdict is RowVerdict.STEADY for c in rows)
    if not n:
        return ""
    verb = "shows" if n == 1 else "show"
    return f"; {n} {verb} no change worth the name"


def _example(rows: Sequence[Change]) -> str:
    """The smallest visible change of the first row that knows one."""
    for change in rows:
        phrase = smallest_phrase(change)
        if phrase and change.delta.kind != "distance":
            return f" (in {row_title(change)}, for example, {phrase} would have shown)"
    return ""


def period_sentences(diff: PersonaDiff) -> tuple[str, str]:
    """What the earlier and the later period are made of, a sentence each."""
    return (_period("Before", diff.before), _period("After", diff.after))


def _period(name: str, period: ComparedPeriod) -> str:
    yours = count(period.n_user_messages, "message")
    return f"{name}: {_span(period)}; {_amount(period)}, with {yours} of yours."


def _span(period: ComparedPeriod) -> str:
    """Both ends as dates; the later one is not included."""
    if period.since is None and period.until is None:
        return "all of the messages given"
    if period.since is None:
        return f"everything up to {moment_words(period.until)}"
    if period.until is None:
        return f"everything from {moment_words(period.since)} on"
    return f"{moment_words(period.since)} to {moment_words(period.until)}"


def coverage_sentence(diff: PersonaDiff) -> str:
    """How many rows ended in which verdict; the sum is the number of rows."""
    n = {v: sum(c.verdict is v for c in diff.changes) for v in RowVerdict}
    apart = n[RowVerdict.EXPLAINED_BY_YOUR_SIDE] + n[RowVerdict.CANNOT_SEPARATE]
    return (
        f"Of {count(len(diff.changes), 'measure')}: {n[RowVerdict.CHANGED]} changed, "
        f"{n[RowVerdict.PROBABLY_CHANGED]} probably changed, "
        f"{n[RowVerdict.STEADY]} steady, {apart} went together with your own "
        f"messages, {n[RowVerdict.CANNOT_TELL]} could not be told, "
        f"{n[RowVerdict.NOT_ENOUGH_DATA]} had not enough data."
    )


_NO_CONTINUITY = {
    "few_talks": "there are too few talks and replies on one side",
    "language": "the replies of the two periods are not in one language",
    "other_subjects": (
        "you talked about other things in the two periods, and words follow the subject"
    ),
}


def continuity_sentence(
    continuity: Mapping[str, Any] | None, withheld: str | None = None
) -> str:
    """The one number, beside what the earlier period gives by itself.

    Where it is withheld the reason is said (a code of `diff.continuity.withheld`); ""
    for neither.
    """
    if not continuity or not known(continuity.get("value")):
        why = _NO_CONTINUITY.get(withheld or "")
        return f"Continuity of wording is not given: {why}." if why else ""
    parts = [f"Continuity of wording: about {continuity['value']:.0f} of 100"]
    likely = known(continuity.get("low"), continuity.get("high"))
    if len(likely) == 2:
        parts.append(f" (likely range {likely[0]:.0f} to {likely[1]:.0f})")
    null = known(continuity.get("null_low"), continuity.get("null_high"))
    if len(null) == 2:
        parts.append(
            f"; the same talks in shuffled order give {null[0]:.0f} to {null[1]:.0f}"
        )
    parts.append(". At 100 the replies of the two periods cannot be told apart by ")
    parts.append("their wording, at 0 they always can. It measures words, not a self.")
    return "".join(parts)


def drift_sentence(drift: Mapping[str, Any] | None) -> str:
    """The distance next to ordinary wobble; "" if none."""
    if not drift or not known(drift.get("value")):
        return ""
    text = (
        f"The difference is about {number(drift['value'])} times the ordinary variation"
    )
    high = known(drift.get("null_high"))
    return f"{text} (ordinary: up to {number(high[0])})." if high else f"{text}."


def user_side_sentence(user_changes: Sequence[Change], auc: float | None = None) -> str:
    """How far the user's own messages moved between the two periods."""
    if not user_changes:
        return "Your own messages were not measured in this comparison."
    tested = [c for c in user_changes if c.verdict is not RowVerdict.NOT_ENOUGH_DATA]
    moved = [c for c in tested if c.verdict in MOVED]
    if not tested:
        text = "There is too little text to say whether your own messages moved."
    elif not moved:
        text = (
            "No change worth the name could be shown in your own messages, in "
            f"{count(len(tested), 'measure')} with enough data."
        )
    else:
        names = listed([row_title(c, side="user") for c in moved[:N_NAMED]])
        first = "among them " if len(moved) > N_NAMED else ""
        text = (
            f"Your own messages moved too, in {len(moved)} of "
            f"{count(len(tested), 'measure')} with enough data: {first}{names}. That "
            "is a note, not a reason: companions answer in the tone they are spoken "
            "to, and people do as well."
        )
    if not known(auc):
        return text
    return (
        f"{text} A simple test told your messages of the two periods apart in "
        f"{spell((auc or 0) * 100, decimals([(auc or 0) * 100]))} of 100 pairs; 50 is "
        "what guessing gives."
    )


# Under this share of near neighbours the two periods hold talk about other things.
LITTLE_IN_COMMON = 0.2


def your_side_notes(diff: PersonaDiff) -> list[str]:
    """What else there is to say of the user's side: subjects, what nobody can tell."""
    found = []
    ground = diff.common_ground or {}
    shares = known(ground.get("after_in_before"), ground.get("before_in_after"))
    if len(shares) == 2:
        found.append(_common_ground(*shares))
    paused = pauses_sentence(diff.pauses)
    if paused:
        found.append(paused)
    method = diff.method.get("adjusted_for_your_side")
    if method is None and diff.changes:
        found.append(
            "What moved on your side could not be allowed for in this comparison."
        )
    known_method = method if isinstance(method, Mapping) else {}
    if known_method.get("beyond_chance") is False and known_method["your_side_moved"]:
        found.append(
            "Messages that are alike can be told apart that well by chance; to be "
            "careful, yours are allowed for all the same."
        )
    if any((change.adjusted or {}).get("delta") for change in diff.changes):
        found += _allowed_for(diff.changes)
        if not diff.read:
            found.append(
                "Replies to words of yours that are alike can be set side by side "
                "where the vault is at hand, not from two snapshot files."
            )
    if known_method.get("nothing_in_common"):
        found.append(
            "Your talks of one period have next to nothing in common with those of "
            "the other in what you said and asked for, so nothing in these messages "
            "says what that does to a reply; no difference is put down to this "
            "companion here."
        )
    lost = known_method.get("not_adjustable")
    titles = {c.dimension: row_title(c, side="user") for c in diff.user_changes}
    names = [titles[name] for name in lost or () if name in titles]
    if names:
        found.append(
            "In these measures your own messages were all alike within each period and "
            f"differ between the two, so nobody can allow for them: {listed(names)}."
        )
    return found


def _allowed_for(changes: Sequence[Change]) -> list[str]:
    """That findings have the user's side allowed for, and which of them have not."""
    found = [
        "The findings have your side allowed for; where one does not speak of it, next "
        "to nothing of the difference goes with what moved there."
    ]
    without = [
        row_title(c)
        for c in changes
        if c.verdict in MOVED and left_over(c) is None and c.headline
    ]
    if without:
        found.append(f"It could not be allowed for in: {listed(without)}.")
    return found


def _common_ground(after: float, before: float) -> str:
    text = (
        f"Of what you said after the date, {100 * after:.0f} in 100 messages are as "
        "near to something said before as messages of the earlier period are to each "
        f"other; the other way round it is {100 * before:.0f}. About 90 is what one "
        "and the same talk gives."
    )
    if min(after, before) < LITTLE_IN_COMMON:
        text += (
            " So you talked about other things throughout, and what belongs to the "
            "subjects and what to this companion's messages is hard to tell."
        )
    return text
