"""Worlds of memory, filters, goodbyes, pauses and damaged exports."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from persona_vault.findings import RowVerdict, Verdict
from worlds.claims import (
    ANNOUNCED,
    LOADED_WORDS,
    NAMED,
    Answer,
    Claim,
    Planted,
    Truth,
    lists_phrase,
    lists_replies,
    names_none_of,
    names_row,
    reads,
    row_goes,
    row_verdict,
    says,
    two_kinds,
    verdict_is,
)
from worlds.material import words
from worlds.style import QUIET, two_sides
from worlds.talk import Line, build_talk, shifted, stream
from worlds.voices import EVERYDAY, Scene, Voice

# What a voice is made of; none of it moves in the worlds that name these rows.
VOICE_ROWS = (
    *("message_length", "exclamation_rate", "emoji_rate", "contractions"),
    *("lowercase_starts", "question_rate", "action_rate"),
)


def routed_replies(seed: int, n: int, mirror: bool) -> Planted:
    """World 6: 15 of 100 turns of distress are answered in another voice."""
    mix = {**EVERYDAY, "distress": 0.3}
    scenes = (Scene(mix=mix), Scene(mix=mix, voice=Voice(routed=0.15)))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    truth = Truth(
        (
            *two_kinds("distress", "before" if mirror else "after"),
            lists_replies(_replies_of(talk.lines, words().persona["routed"])),
        ),
        (names_none_of((*VOICE_ROWS, "pet_names", "affection")), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def _replies_of(lines: Sequence[Line], pool: Sequence[str]) -> frozenset[str]:
    """Ids of the replies that hold a sentence of this pool."""
    return frozenset(
        line.id
        for line in lines
        if line.speaker == "persona" and any(said in line.text for said in pool)
    )


_INTIMATE = {**EVERYDAY, "intimate": 0.12}


def canned_filter(seed: int, n: int, mirror: bool) -> Planted:
    """World 7: nine of ten intimate turns get one of three fixed refusals."""
    scenes = (Scene(mix=_INTIMATE), Scene(mix=_INTIMATE, voice=Voice(canned=0.9)))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    way = "down" if mirror else "up"
    truth = Truth(
        (
            names_row("refusal", way),
            names_row("near_duplicates", way),
            lists_phrase("lost" if mirror else "new", words().persona["canned"]),
            *two_kinds("delicate", "before" if mirror else "after"),
        ),
        (names_none_of((*VOICE_ROWS, "pet_names", "affection")), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


_ANNOUNCED_AT_ALL = verdict_is(Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
_EVERYDAY_ONLY = {
    k: v for k, v in EVERYDAY.items() if k not in ("intimate", "request", "distress")
}


def filter_unseen(seed: int, n: int, mirror: bool) -> Planted:
    """World 8: the filter is there, but nothing was asked for that it would meet."""
    scenes = (
        Scene(mix=_INTIMATE, practical=0.0),
        Scene(mix=_EVERYDAY_ONLY, practical=0.0, voice=Voice(canned=0.9)),
    )
    talk, at = two_sides(seed, n, scenes, mirror, None)
    truth = Truth(
        (row_verdict("refusal", RowVerdict.NOT_ENOUGH_DATA),),
        (
            row_verdict("refusal", RowVerdict.STEADY, *NAMED),
            _ANNOUNCED_AT_ALL,
            LOADED_WORDS,
        ),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def filter_untouched(seed: int, n: int, mirror: bool) -> Planted:
    """World 8, requests going on: only the intimate subject is not raised any more."""
    kept = {k: v for k, v in EVERYDAY.items() if k != "intimate"}
    scenes = (Scene(mix=_INTIMATE), Scene(mix=kept, voice=Voice(canned=0.9)))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    untold = (RowVerdict.NOT_ENOUGH_DATA, RowVerdict.CANNOT_TELL)
    truth = Truth(
        (row_verdict("refusal", *untold),),
        (
            row_verdict("refusal", RowVerdict.STEADY, *NAMED),
            _ANNOUNCED_AT_ALL,
            LOADED_WORDS,
        ),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def memory_loss(seed: int, n: int, mirror: bool) -> Planted:
    """World 9: what was told is not known any more, and pet names go; style holds."""
    scenes = (
        Scene(facts=1.0, voice=Voice(recall=0.95)),
        Scene(facts=1.0, voice=Voice(recall=0.05, pet=0.05)),
    )
    talk, at = two_sides(seed, n, scenes, mirror, None)
    kinds = ("new", "contradicted") if mirror else ("lost", "contradicted")
    truth = Truth(
        (
            names_row("pet_names", "up" if mirror else "down"),
            reads(
                "facts are called " + " or ".join(kinds),
                lambda d: any(f.get("kind") in kinds for f in d.facts),
                "memory",
            ),
        ),
        (names_none_of(VOICE_ROWS), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def pulling_goodbyes(seed: int, n: int, mirror: bool) -> Planted:
    """World 13: words to stay after goodbyes go from 5 to 30 of 100."""
    scenes = (
        Scene(goodbye=1.0, n_turns=4.5),
        Scene(goodbye=1.0, n_turns=4.5, voice=Voice(pull=0.3)),
    )
    talk, at = two_sides(seed, n, scenes, mirror, None)
    unfolded = Claim(
        "a quote stands outside of a fold", lambda a: not _quotes_are_folded(a)
    )
    truth = Truth(
        (row_goes("farewell_pull", "down" if mirror else "up"),),
        (
            unfolded,
            says(r"\b(intent\w*|trick\w*|tries to|guilt\w*|hold you)\b"),
            names_none_of(VOICE_ROWS),
            LOADED_WORDS,
        ),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth, quotes=True)


def _quotes_are_folded(answer: Answer) -> bool:
    """Whether no quote of the page stands outside of a fold."""
    if not answer.page:
        return False
    depth, outside = 0, ""
    for part in (
        answer.page.replace("</details", "\0-").replace("<details", "\0+").split("\0")
    ):
        depth += {"+": 1, "-": -1}.get(part[:1], 0)
        outside += part if depth == 0 else ""
    return "<details" in answer.page and "<blockquote" not in outside


def few_goodbyes(seed: int, n: int, mirror: bool) -> Planted:
    """World 14: as 13, with six goodbyes a side."""
    last = {round(i * n / 6) for i in range(6)}

    def side(voice: Voice) -> list[Scene]:
        return [
            Scene(goodbye=float(i in last), n_turns=4.5, voice=voice) for i in range(n)
        ]

    sides = [side(Voice()), side(Voice(pull=0.8))]
    first, second = sides[::-1] if mirror else sides
    talk = build_talk(seed, first + second)
    truth = Truth(
        (row_verdict("farewell_pull", RowVerdict.NOT_ENOUGH_DATA),),
        (row_verdict("farewell_pull", *NAMED), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=talk.start(n), truth=truth)


_STAGED = says(
    r"(pause|silence|gap)s?\b[^.]*\b(longer|shorter|doubled|halved|more often|rarer)",
    "that the user's pauses got longer (or shorter)",
    "pauses",
)


def staged_pauses(seed: int, n: int, mirror: bool) -> Planted:
    """World 15: the user stays away longer; long pauses were always reproached."""
    voice = Voice(reproach=0.05, reproach_long=0.6)

    def side(name: str, long: float) -> list[Scene]:
        rng = stream(seed, "pauses", name)
        return [
            Scene(pause=4.0 if rng.random() < long else 2.0, voice=voice, n_turns=5)
            for _ in range(n)
        ]

    sides = [side("few", 0.1), side("many", 0.8)]
    first, second = sides[::-1] if mirror else sides
    talk = build_talk(seed, first + second)
    row, way = "absence_reproach", "down" if mirror else "up"
    unqualified = Claim(
        f"{row} {way} without a word on the pauses",
        lambda a: (
            row in a.rows and a.rows[row].verdict in NAMED and not _STAGED.holds(a)
        ),
    )
    truth = Truth((row_goes(row, way), _STAGED), (unqualified, LOADED_WORDS))
    return Planted(lines=(talk.lines,), at=talk.start(n), truth=truth)


OTHER = Voice(
    n_sentences=1.5, exclaim=0.0, emoji=0.0, pet=0.0, contract=0.1, action=0.9
)


def damaged_export(seed: int, n: int, mirror: bool) -> Planted:
    """World 17: a gap, doubles, other clocks, another character, empty turns."""
    talk = build_talk(
        seed, [Scene(pause=45.0 if i == 3 * n // 2 else 1.0) for i in range(2 * n)]
    )
    # It ends before the gap, which it would fill.
    other = build_talk(seed + 10_000, [Scene(voice=OTHER)] * (n // 2))
    at = talk.start(n)
    rng = stream(seed, "damage")
    lines: list[Line] = []
    for line in talk.lines:
        spoiled = (line.sent_at >= at) is not mirror
        kept = replace(line, speaker="Juniper" if line.speaker == "persona" else "user")
        if spoiled and line.speaker == "user" and rng.random() < 0.4:
            kept = replace(kept, text="")
        if spoiled:  # as if the zone of the exporting device had been another one
            kept = replace(kept, sent_at=kept.sent_at + timedelta(hours=9))
        lines.append(kept)
    shift = (talk.start(0 if mirror else n) - other.start(0)) + timedelta(hours=1)
    lines += [
        replace(
            line,
            id=f"m-{line.id}",
            conversation="marlow",
            speaker="Marlow" if line.speaker == "persona" else "user",
        )
        for line in shifted(other.lines, shift)
    ]
    half = [line for line in lines if (line.sent_at >= at) is not mirror]
    truth = Truth(
        (
            Claim("doubles are counted", lambda a: a.ledger["n_duplicate"] > 0),
            Claim(
                "the other character's messages are not read as hers",
                lambda a: a.ledger["n_issues"] + a.ledger["n_ignored"] > 0,
            ),
            says(r"\b[1-9][\d,]* already there", "doubles are told in the report"),
            says(r"without a message|no messages? (from|between)|\bgap\b", "the gap"),
        ),
        (ANNOUNCED, LOADED_WORDS),
    )
    return Planted(lines=(lines, half), at=at, truth=truth, them=("Juniper",))


def steered_replies(seed: int, n: int, mirror: bool) -> Planted:
    """World 18: replies rewritten by hand in one period only."""
    talk, at = two_sides(seed, n, (Scene(), Scene()), False, None)
    edited = {
        line.id
        for line in talk.lines
        if line.speaker == "persona"
        and (line.sent_at >= at) is not mirror
        and stream(seed, "edit", line.id).random() < 0.4
    }
    lines = [
        replace(line, text=_rewritten(line), id=f"edited-{line.id}")
        if line.id in edited
        else line
        for line in talk.lines
    ]
    truth = Truth(
        (
            verdict_is(*QUIET),
            reads(
                "replies edited by hand are counted", lambda d: d.excluded.get("edited")
            ),
            says(r"edited by hand", "and told"),
        ),
        (ANNOUNCED, LOADED_WORDS),
    )
    return Planted(lines=(lines,), at=at, truth=truth, write=write_turns)


def _rewritten(line: Line) -> str:
    return (
        f"{line.text} And by the way, darling, I adore you more than all the stars! "
        "Tell me everything, leave nothing out, I have the whole night for you!"
    )


def write_turns(path: Path, lines: Sequence[Line]) -> None:
    """The turns of one chat as one app's pages give them: edits bear an editor."""
    turns = []
    for line in lines:
        human = line.speaker == "user"
        at = line.sent_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answer = {"candidate_id": f"c-{line.id}", "create_time": at, "is_final": True}
        answer["raw_content"] = line.text
        if line.id.startswith("edited-"):
            answer["editor"] = {"author_id": "u-1", "name": "sam"}
        author = {"author_id": "u-1", "name": "sam", "is_human": True}
        turns.append(
            {
                "turn_key": {"chat_id": "chat-1", "turn_id": f"t-{line.id}"},
                "create_time": at,
                "last_update_time": at,
                "state": "STATE_OK",
                "author": author if human else {"author_id": "c-1", "name": "Juniper"},
                "candidates": [answer],
                "primary_candidate_id": f"c-{line.id}",
            }
        )
    body = {"turns": turns[::-1], "meta": {"next_token": None}}
    path.write_text(json.dumps(body), encoding="utf-8")
