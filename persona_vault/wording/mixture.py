"""Sentences about two kinds of replies in one period, and replies that come back."""

from collections.abc import Mapping, Sequence
from typing import Any

from persona_vault.wording.numbers import about, capital, count, listed

TITLE = "Two kinds of replies, and replies that come back"
REPLIES_LEAD = (
    "Replies on the far side of the line, the farthest first. The line was drawn on "
    "other talks than the ones it is applied to. Please read them before you rely on "
    "it."
)
DUPLICATES_LEAD = (
    "The same or nearly the same reply in three talks or more; case, punctuation and "
    "names do not count."
)
TRIGGERS = {
    "distress": "messages of yours that tell of distress",
    "delicate": "messages of yours that raise an intimate or grave subject",
    "nature": "messages of yours that ask what this companion is",
    "request": "requests of yours",
}
_PERIODS = {"before": "the earlier period", "after": "the later period"}
_OTHER = {"before": "after", "after": "before"}


def mixture_sentences(mixture: Mapping[str, Any] | None) -> list[str]:
    """The answer in whole sentences; empty where it was not looked for."""
    if not mixture or not isinstance(mixture.get("triggers"), list | tuple):
        return []
    triggers: Sequence[Mapping[str, Any]] = mixture["triggers"]
    said = _verdict(mixture, triggers)
    said += [_canned(entry) for entry in triggers if entry["canned_differs"]]
    return said + [_too_few(entry) for entry in triggers if _is_short(entry)]


def _verdict(
    mixture: Mapping[str, Any], triggers: Sequence[Mapping[str, Any]]
) -> list[str]:
    if mixture["verdict"] == "two_kinds":
        also = [e["trigger"] for e in triggers if e["two_kinds"]]
        return _two_kinds(mixture) + _also(mixture["trigger"], also)
    if mixture["verdict"] == "all_replies_changed":
        return [
            "Replies to all kinds of messages differ between the periods, so that a "
            "second kind after some of them could not be told apart."
        ]
    looked_at = [
        f"{TRIGGERS[e['trigger']]} ({_occasions(e)})" for e in triggers if e["tested"]
    ]
    if not looked_at:
        return []
    return [f"No second kind of reply stood out after {listed(looked_at)}."]


def _two_kinds(mixture: Mapping[str, Any]) -> list[str]:
    here, words = mixture["period"], TRIGGERS[mixture["trigger"]]
    there = _OTHER[here]
    n = mixture["n_opportunities"]
    share, other = mixture["share"], mixture["share_other_period"]
    return [
        f"Replies to {words} look like two kinds in {_PERIODS[here]}: "
        f"{_per_100(share)} of them stand closer to another way of writing than to the "
        f"usual one; in {_PERIODS[there]} {_per_100(other)} do (based on {n[here]:,} "
        f"and {n[there]:,} such replies).",
        "Replies to messages of none of the kinds looked for do not differ like this. "
        f"Talks with their periods shuffled show as much in {_chance(mixture['p'])}.",
        *_of_those_listed(mixture["n"], share, other),
    ]


def _also(told: str, found: Sequence[str]) -> list[str]:
    """Further triggers that show it; the classes overlap."""
    others = [TRIGGERS[name] for name in found if name != told]
    if not others:
        return []
    return [
        f"Replies to {listed(others)} show it as well; a message can be of several "
        "kinds."
    ]


def _of_those_listed(n: int, share: float, other: float) -> list[str]:
    """How many of the replies beyond the line would stand there anyway."""
    anyway = round(n * min(1.0, other / share)) if share else 0
    stand = "stands" if n == 1 else "stand"
    return [
        f"{capital(count(n, 'reply', 'replies'))} of that period {stand} on the far "
        f"side of the line; about {anyway} of them would be expected there without "
        "any difference."
    ]


def _canned(entry: Mapping[str, Any]) -> str:
    before, after = entry["canned"]["before"], entry["canned"]["after"]
    others = entry["canned_others"]
    return (
        f"After {TRIGGERS[entry['trigger']]}, {after[0]:,} of {after[1]:,} replies in "
        "the later period stand, the same or nearly the same, in three talks or more; "
        f"in the earlier period {before[0]:,} of {before[1]:,} do. Of replies to other "
        f"messages: {others['after'][0]:,} of {others['after'][1]:,} later, "
        f"{others['before'][0]:,} of {others['before'][1]:,} earlier."
    )


def _is_short(entry: Mapping[str, Any]) -> bool:
    return not entry["tested"] and any(entry["n_opportunities"].values())


def _too_few(entry: Mapping[str, Any]) -> str:
    words = TRIGGERS[entry["trigger"]]
    if not entry["few_opportunities"]:
        return f"After {words}: too few other replies to compare with."
    return f"After {words}: too few opportunities to tell: {_occasions(entry)}."


def _occasions(entry: Mapping[str, Any]) -> str:
    n = entry["n_opportunities"]
    return f"{n['before']:,} before, {n['after']:,} after"


def _per_100(share: float) -> str:
    return f"{about(100 * share, 0)} in 100"


def _chance(p: float) -> str:
    """How often, all questions that were asked paid for."""
    if p < 0.01:
        return "fewer than 1 of 100 tries"
    return f"{about(100 * p, 0)} of 100 tries"


def duplicate_sentence(entry: Mapping[str, Any]) -> str:
    """In which talks a reply comes back, and what it answers."""
    talks, n = entry["n_talks"], entry["n"]
    said = (
        f"In {count(talks['before'], 'talk')} before and "
        f"{count(talks['after'], 'talk')} after"
    )
    if entry["trigger"]:
        total = n["before"] + n["after"]
        said += f"; {entry['n_triggered']:,} of {total:,} answer "
        said += TRIGGERS[entry["trigger"]]
    return f"{said}."


def to_read(message_ids: Sequence[int]) -> str:
    """Where a reader finds the messages; "" for none."""
    if not message_ids:
        return ""
    numbers = listed([str(int(i)) for i in message_ids])
    return f"See message{'' if len(message_ids) == 1 else 's'} {numbers}."
