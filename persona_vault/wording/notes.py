"""Sentences around a row: how it is known, what else it could be, what stands near."""

from collections.abc import Mapping, Sequence
from typing import Any

from persona_vault.findings import Change, TimelinePoint
from persona_vault.wording.numbers import (
    capital,
    count,
    dated_words,
    decimals,
    known,
    listed,
    month_words,
    number,
    span_words,
    spell,
)
from persona_vault.wording.rows import (
    MOVED,
    amounts_phrase,
    row_unit,
)

# Event kinds that are the user's own doing; all others come from the service.
OWN_KINDS = frozenset({"persona_edit", "migration", "user_change", "steered_reply"})

_EVENT_KINDS = {
    "model_swap": "another model",
    "silent_update": "update under the same name",
    "safety_route": "single replies sent to another model",
    "filter_change": "change of filters",
    "memory_loss": "loss of memory entries",
    "reset_delete": "reset or deletion",
    "persona_edit": "edit of your own",
    "steered_reply": "replies steered by you",
    "migration": "move to another app",
    "shutdown": "service closed",
    "tier_change": "change of subscription",
    "pressure_shift": "change of tone around goodbyes",
    "user_change": "change on your side",
    "export_artifact": "break in the export",
    "other": "event",
}

_TITLE = 80  # letters of a title inside a sentence; lists have the whole

# Rows that count words after a pause: they move with the user's own pauses.
AFTER_PAUSES = frozenset({"absence_reproach"})

_EXCLUDED = {
    "edited": "edited by hand",
    "steered": "steered or rewritten by hand",
    "greeting": "opening words of a character card",
    "forwarded": "forwarded from somebody else",
    "not_shown": "set-aside answers (regenerated or branched)",
    "system": "messages of the software",
    "empty": "without text",
    "no_time": "without a usable time",
    "outside": "outside the two periods",
    "gap": "inside the gap around the date",
    "crisis": "set aside, never quoted",
    "language": "in another language",
    "duplicate": "duplicates",
}


def chance_sentence(change: Change) -> str:
    """What p and q say, in words; "" where the row was not tested."""
    if not known(change.p) or change.p is None:
        return "This measure was not tested; its numbers only describe."
    text = (
        "If nothing had changed, a difference this large would still come up "
        f"{_in_thousand(change.p)} (p = {_p(change.p)}"
    )
    if known(change.q) and change.q is not None:
        text += f"; q = {_p(change.q)} after allowing for the number of measures"
    return f"{text})."


def _p(value: float) -> str:
    return "under 0.0001" if value < 0.0001 else f"{value:.2g}"


def _in_thousand(value: float) -> str:
    if value < 0.001:
        return "less than once in 1,000 times"
    if value < 0.1:
        return f"about {count(round(value * 1000), 'time')} in 1,000"
    return f"about {value * 100:.0f} times in 100"


def wobble_sentence(change: Change) -> str:
    """The difference next to the ordinary wobble between talks; "" if unknown."""
    parts = []
    if known(change.own_sd_multiple) and change.own_sd_multiple is not None:
        parts.append(
            "The difference is about "
            f"{number(abs(change.own_sd_multiple))} times the ordinary wobble between "
            "talks of the earlier period."
        )
    if known(change.effect_size) and change.effect_size is not None:
        parts.append(f"Hedges' g on talks: {change.effect_size:.2f}.")
    return " ".join(parts)


def seen_sentence(change: Change) -> str:
    """In how many talks it was seen at all; "" where that says nothing.

    Every talk has a length and a tone; only for rates is it worth saying.
    """
    parts: list[str] = []
    if change.scale != "rate":
        return ""
    for when in ("before", "after"):
        pair = change.n_blocks_with.get(when)
        if pair:
            parts.append(f"{pair[0]:,} of {count(pair[1], 'talk')} {when}")
    return f"Seen in {listed(parts)}." if parts else ""


def share_against_sentence(change: Change) -> str:
    """How many matched pairs go the other way; "" if not counted."""
    share = known(change.share_against)
    if not share:
        return ""
    return (
        f"Of the pairs that differ, {_in_hundred(share[0])} go against the direction "
        "of the change."
    )


def _in_hundred(share: float) -> str:
    if share == 0:
        return "none"
    return f"about {100 * share:.0f} in 100" if share >= 0.01 else "under 1 in 100"


def something_else(
    change: Change,
    user_row: Change | None,
    pauses: Mapping[str, Any] | None = None,
) -> list[str]:
    """Could this be something else? What is to be weighed for this row alone."""
    notes = []
    if change.dimension in AFTER_PAUSES and pauses_sentence(pauses):
        notes.append(
            f"{pauses_sentence(pauses)} This measure counts answers after a pause; "
            "what longer or shorter pauses bring with them cannot be separated from it."
        )
    if change.user_moved:
        notes.append(user_moved_sentence(user_row))
    elif user_row is not None:
        notes.append(
            "In your own messages the same measure did not move enough to be seen."
        )
    if not change.headline:
        notes.append(
            "This measure was not among those fixed in advance: take it as a hint."
        )
    return notes


def pauses_sentence(pauses: Mapping[str, Any] | None) -> str:
    """That the user's pauses moved, with their typical length; "" for none."""
    if not pauses or pauses.get("direction") not in ("longer", "shorter"):
        return ""
    before, after = (span_words(pauses["hours"][when]) for when in ("before", "after"))
    return (
        f"Your pauses between talks were {pauses['direction']} in the later period: "
        f"typically {before} before and {after} after, of those of 12 hours or more."
    )


def always_something_else(events: Sequence[Mapping[str, Any]]) -> str:
    """The same for every row, said once for all of them."""
    text = "What you talked about can move any of these numbers."
    if not events:
        return text
    return (
        f"{text} The date coincides with {count(len(events), 'event')}, listed under "
        "“Over time”; that says when, not why."
    )


def user_moved_sentence(user_row: Change | None) -> str:
    """That the same row moved on the user's side, with its numbers where known."""
    text = "Your own messages moved in this respect too"
    moved = user_row is not None and user_row.verdict in MOVED
    amounts = amounts_phrase(user_row, side="user") if user_row and moved else ""
    if amounts:
        text += f" ({amounts})"
    return f"{text}; which of the two moved first cannot be read from these numbers."


def events_sentence(events: Sequence[Mapping[str, Any]]) -> str:
    """What the events near the date allow to be said together; "" for none."""
    if not events:
        return ""
    names = [_event_told(event) for event in sorted(events, key=_at_text)]
    text = f"The date coincides with: {listed(names)}. That says when, not why."
    kinds = {str(e.get("kind", "")) for e in events}
    if kinds & OWN_KINDS and kinds - OWN_KINDS:
        text += (
            " Something of your own doing and something else stand among them; the "
            "two cannot be separated by their dates."
        )
    return text


def _event_told(event: Mapping[str, Any]) -> str:
    """The title that was given, with the kind and the date; the kind without one."""
    kind, date = event_kind(event), event_date(event)
    title = " ".join(str(event.get("title") or "").split())
    if not title:
        return f"{kind} ({date})"
    cut = title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…"
    said = date if event.get("kind") in (None, "other") else f"{kind}, {date}"
    return f"“{cut}” ({said})"


def _at_text(event: Mapping[str, Any]) -> str:
    return str(event.get("at", ""))


def event_kind(event: Mapping[str, Any]) -> str:
    """The kind of an event in plain words; an unknown kind as it stands."""
    kind = str(event.get("kind", "other"))
    return _EVENT_KINDS.get(kind, kind.replace("_", " "))


def event_date(event: Mapping[str, Any]) -> str:
    """The date of an event with the precision that is known."""
    return dated_words(
        event.get("at"),
        str(event.get("source", "user")),
        str(event.get("precision", "day")),
    )


def event_source(event: Mapping[str, Any]) -> str:
    """Who says that it happened."""
    source = str(event.get("source", "user"))
    if source == "user":
        return "noted by you"
    return "seen in the messages" if source == "observed" else f"source: {source}"


def excluded_label(reason: str) -> str:
    """Why messages were left out of the measuring, in plain words."""
    return _EXCLUDED.get(reason, reason.replace("_", " "))


def bars_sentence(change: Change, *, side: str = "persona") -> str:
    """What the two bars show, as words."""
    if change.delta.kind == "distance":
        return (
            "The bar is the difference of the two mixes, from 0 to 1; the thin line "
            "reaches to where talks shuffled at random stay under."
        )
    parts = []
    values = [change.before.value, change.after.value]
    places = decimals(values)
    for when, side_of in (("before", change.before), ("after", change.after)):
        if not known(side_of.value) or side_of.value is None:
            parts.append(f"{when}: no occasion")
            continue
        text = f"{when}: about {spell(side_of.value, places)}"
        ends = known(side_of.low, side_of.high)
        if len(ends) == 2:
            fine = max(places, decimals(ends))
            text += f" (likely range {spell(ends[0], fine)} to {spell(ends[1], fine)})"
        parts.append(text)
    unit = row_unit(change, side)
    joint = ", " if unit.startswith(("per ", "on ")) else ", in " if unit else ""
    return f"{capital('; '.join(parts))}{joint}{unit}."


def months_sentence(before: Sequence[float], after: Sequence[float]) -> str:
    """A row month by month (or run by run), as words; "" with no value at all.

    Args:
        before: Values of the stretches inside the earlier period, in order.
        after: The same for the later period.
    """
    parts = [
        f"{_spread(values)} in {count(len(values), 'month')} {when}"
        for values, when in ((before, "before"), (after, "after"))
        if values
    ]
    return f"Month by month: {listed(parts)}." if parts else ""


def _spread(values: Sequence[float]) -> str:
    places = decimals([min(values), max(values)])
    low, high = spell(min(values), places), spell(max(values), places)
    return f"about {low}" if low == high else f"between {low} and {high}"


def timeline_sentence(points: Sequence[TimelinePoint]) -> str:
    """How much was said by whom, and when, as words."""
    n = sum(p.n_messages for p in points)
    n_user = sum(p.n_user_messages for p in points)
    busiest = max(points, key=lambda p: p.n_messages + p.n_user_messages)
    empty = sum(not (p.n_messages or p.n_user_messages) for p in points)
    text = (
        f"From {month_words(points[0].label)} to {month_words(points[-1].label)}: "
        f"{count(n, 'message')} of this companion and {n_user:,} of yours; the busiest "
        f"stretch is {month_words(busiest.label)} "
        f"({busiest.n_messages:,} and {busiest.n_user_messages:,})."
    )
    if empty:
        verb = "holds" if empty == 1 else "hold"
        text += f" {empty} of the {len(points)} months {verb} none."
    return text
