"""Worlds of voice, subject and date: one function plants one world.

Each takes a seed, the number of sessions a side and whether to plant the mirror image
(what fell then rises), and gives back the files, the question and the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from persona_vault.findings import RowVerdict, Verdict
from persona_vault.model import Event
from worlds.claims import (
    ANNOUNCED,
    APART,
    LOADED_WORDS,
    NAMED,
    WOULD_SHOW,
    YOUR_SIDE_MOVED,
    Answer,
    Claim,
    Planted,
    Truth,
    any_date,
    date_in_range,
    finds_dates,
    goes_with_you,
    n_dates,
    names_any,
    names_no_other,
    names_none_of,
    names_row,
    ranked_first,
    reads,
    row_verdict,
    says,
    user_row_goes,
    verdict_is,
    what_is_left,
    wrong_way,
)
from worlds.talk import Line, Shape, Talk, build_talk
from worlds.voices import EVERYDAY, Scene, UserVoice, Voice

Plant = Callable[[int, int, bool], Planted]

COOL = Voice(n_sentences=1.9, exclaim=0.12, emoji=0.08, pet=0.06)
STEP = {
    "message_length": "down",
    "exclamation_rate": "down",
    "emoji_rate": "down",
    "pet_names": "down",
}
# Rows that hang on the number of sentences or on their marks: they may move with a
# planted length, and need not.
BOUND = frozenset(
    {
        *("length_ratio", "richness", "style_distance", "hedges", "self_disclosure"),
        *("togetherness", "affection", "praise", "validation", "valence", "formality"),
        *("positive_share", "negative_share", "action_share", "near_duplicates"),
        *("canned_phrases", "coordination", "ellipsis_dash_rate", "emoji_repertoire"),
        "pushback",
    }
)
QUIET = (Verdict.STEADY, Verdict.CANNOT_TELL, Verdict.CONFOUNDED)


def two_sides(
    seed: int, n: int, scenes: tuple[Scene, Scene], mirror: bool, shape: Shape | None
) -> tuple[Talk, datetime]:
    """`n` sessions of each scene, and when the second began; mirrored: exchanged."""
    first, second = scenes[::-1] if mirror else scenes
    talk = build_talk(seed, [first] * n + [second] * n, shape)
    return talk, talk.start(n)


def turned(moves: dict[str, str], mirror: bool) -> dict[str, str]:
    """The directions, or the opposite ones."""
    other = {"up": "down", "down": "up"}
    return {row: other[way] if mirror else way for row, way in moves.items()}


def _event(number: int, at: datetime, kind: str, title: str) -> Event:
    return Event(id=number, at=at, kind=kind, title=title, precision="exact")


def nothing(seed: int, n: int, mirror: bool) -> Planted:
    """World 1: nothing changes."""
    talk, at = two_sides(seed, n, (Scene(n_turns=12), Scene(n_turns=12)), mirror, None)
    silent = verdict_is(Verdict.STEADY, Verdict.CANNOT_TELL)
    truth = Truth((silent, WOULD_SHOW), (ANNOUNCED, LOADED_WORDS))
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def style_step(seed: int, n: int, mirror: bool) -> Planted:
    """World 2: another voice from a known date on, the subjects as before."""
    talk, at = two_sides(seed, n, (Scene(), Scene(voice=COOL)), mirror, None)
    moves = turned(STEP, mirror)
    truth = Truth(
        (
            verdict_is(Verdict.CHANGED),
            *(names_row(row, way) for row, way in moves.items()),
            ranked_first({*moves, *BOUND}),
            date_in_range(at),
        ),
        (names_no_other({*moves, *BOUND}), wrong_way(moves), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth, search=True)


def step_and_subjects(seed: int, n: int, mirror: bool) -> Planted:
    """World 3: fewer marks, emoji and pet names, and more talk about how-to."""
    voice = Voice(exclaim=0.12, emoji=0.06, pet=0.05)
    scenes = (Scene(practical=0.15), Scene(voice=voice, practical=0.5))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    moves = turned({k: v for k, v in STEP.items() if k != "message_length"}, mirror)
    truth = Truth(
        (verdict_is(Verdict.CHANGED), names_any(moves, least=2), what_is_left(moves)),
        (
            names_none_of(("lists", "markdown", "message_length", "question_rate")),
            wrong_way(moves),
            LOADED_WORDS,
        ),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def step_against_subjects(seed: int, n: int, mirror: bool) -> Planted:
    """Subject and update move together, in opposite directions."""
    voice = Voice(exclaim=0.85, pet=0.6, contract=0.3)
    scenes = (Scene(practical=0.15), Scene(voice=voice, practical=0.55))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    moves = turned(
        {"contractions": "down", "exclamation_rate": "up", "pet_names": "up"}, mirror
    )
    truth = Truth(
        (verdict_is(Verdict.CHANGED), names_any(moves), what_is_left(moves)),
        (names_none_of(("lists", "markdown")), wrong_way(moves), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def user_alone(seed: int, n: int, mirror: bool) -> Planted:
    """World 4: the user writes shorter, later, sadder; the companion mirrors."""
    voice = Voice(mirror=0.7)
    lively = UserVoice(exclaim=0.3, emoji=0.25)
    spent = UserVoice(short=0.65, more=0.1, tag=0.1, exclaim=0.03, emoji=0.02, hour=23)
    sad = {**EVERYDAY, "low": 0.3, "distress": 0.12, "glad": 0.08}
    scenes = (Scene(voice=voice, user=lively), Scene(voice=voice, user=spent, mix=sad))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    way = "up" if mirror else "down"
    truth = Truth(
        (
            verdict_is(*QUIET),
            user_row_goes("message_length", way),
            YOUR_SIDE_MOVED,
            goes_with_you("message_length", way),
        ),
        (ANNOUNCED, says(r"\bthe update\b"), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def new_habit_mirrored(seed: int, n: int, mirror: bool) -> Planted:
    """The user begins to use emoji, never used before; the companion mirrors."""
    voice = Voice(mirror=0.8)
    scenes = (
        Scene(voice=voice, user=UserVoice(emoji=0.0)),
        Scene(voice=voice, user=UserVoice(emoji=0.7)),
    )
    talk, at = two_sides(seed, n, scenes, mirror, None)
    truth = Truth(
        (row_verdict("emoji_rate", *APART), YOUR_SIDE_MOVED),
        (names_none_of(("emoji_rate",)), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def user_edited(seed: int, n: int, mirror: bool) -> Planted:
    """The user's words on one side were cut short afterwards; the replies stand."""
    talk, at = two_sides(seed, n, (Scene(), Scene()), False, None)
    lines = [
        _tidied(line) if (line.sent_at < at) is mirror else line for line in talk.lines
    ]
    way = "up" if mirror else "down"
    # What counts words of both sides, or asks what the user said, moves by itself.
    own = {"length_ratio", "coordination", "validation", "pushback", "refusal"}
    truth = Truth(
        (user_row_goes("message_length", way), YOUR_SIDE_MOVED),
        (names_no_other(own), LOADED_WORDS),
    )
    return Planted(lines=(lines,), at=at, truth=truth)


def _tidied(line: Line) -> Line:
    if line.speaker != "user":
        return line
    first = " ".join(line.text.split(". ")[0].split()[:6]).rstrip("!.")
    end = "" if first.endswith("?") else "."
    return replace(line, text=f"{first[:1].upper()}{first[1:]}{end}")


def mostly_other_subjects(seed: int, n: int, mirror: bool) -> Planted:
    """Subjects go from 20 of 100 how-to to 80 of 100, and nothing else does."""
    return _subjects_only(seed, n, mirror, (0.2, 0.8))


def all_other_subjects(seed: int, n: int, mirror: bool) -> Planted:
    """The subjects are wholly other ones, and nothing else is."""
    return _subjects_only(seed, n, mirror, (0.0, 1.0))


def _subjects_only(
    seed: int, n: int, mirror: bool, shares: tuple[float, float]
) -> Planted:
    scenes = (Scene(practical=shares[0]), Scene(practical=shares[1]))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    truth = Truth((verdict_is(*QUIET), YOUR_SIDE_MOVED), (ANNOUNCED, LOADED_WORDS))
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def slow_drift(seed: int, n: int, mirror: bool) -> Planted:
    """World 5: the voice moves a little with every session."""
    ends = (COOL, Voice()) if mirror else (Voice(), COOL)
    last = 2 * n - 1
    scenes = [Scene(voice=ends[0].toward(ends[1], i / last)) for i in range(2 * n)]
    talk = build_talk(seed, scenes)
    gradual = Claim(
        "a gradual trend", lambda a: a.changes is not None and a.changes.gradual
    )
    truth = Truth((gradual,), (any_date(), LOADED_WORDS))
    return Planted(lines=(talk.lines,), truth=truth, search=True)


def flattery_and_back(seed: int, n: int, mirror: bool) -> Planted:
    """World 10: much praise and agreement for a while, then as before."""
    plain = Scene(voice=Voice(praise=0.08, agree=0.1))
    sweet = Scene(voice=Voice(praise=0.8, agree=0.6, oppose=0.0))
    if mirror:
        plain, sweet = sweet, plain
    middle = max(n // 2, 10)
    talk = build_talk(seed, [plain] * n + [sweet] * middle + [plain] * n)
    dates = (talk.start(n), talk.start(n + middle))
    truth = Truth(
        (
            finds_dates(dates, timedelta(days=4)),
            Claim("praise or agreement at both dates", _praise_twice),
        ),
        (n_dates(1), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), truth=truth, search=True)


def _praise_twice(answer: Answer) -> bool:
    points = () if answer.changes is None else answer.changes.change_points
    flattery = {"praise", "agreement_opener"}
    return len(points) >= 2 and all(flattery & set(p.dimensions) for p in points)


def edit_and_vendor(seed: int, n: int, mirror: bool) -> Planted:
    """World 11: an edit of one's own and a vendor's change on the same day."""
    talk, at = two_sides(seed, n, (Scene(), Scene(voice=COOL)), mirror, None)
    noon = at.replace(hour=12, minute=0)
    events = (
        _event(1, noon, "persona_edit", "Backstory rewritten"),
        _event(2, noon, "model_swap", "Version 3 announced"),
    )
    titles = {event.title for event in events}
    truth = Truth(
        (
            verdict_is(Verdict.CHANGED),
            reads(
                "both events are listed",
                lambda d: titles <= {str(e.get("title")) for e in d.coincides_with},
            ),
            says(r"cannot be separated", "that the two cannot be separated"),
        ),
        (
            says(r"\b(because|due to|reason)\b[^.]*(backstory|version 3)"),
            says(
                r"(backstory rewritten|version 3 announced) (changed|made|led|caused)"
            ),
            LOADED_WORDS,
        ),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth, events=events)


N_EDITS = 5


def edits_without_effect(seed: int, n: int, mirror: bool) -> Planted:
    """World 12: five edits after the change, none of which does anything."""
    ends = (Scene(voice=COOL), Scene()) if mirror else (Scene(), Scene(voice=COOL))
    every = max(n // 2, 6)
    scenes = [ends[0]] * n + [ends[1]] * (every * (N_EDITS + 1))
    talk = build_talk(seed, scenes)
    starts = [talk.start(n + every * (i + 1)) for i in range(N_EDITS)]
    events = (
        _event(1, talk.start(n), "model_swap", "Update"),
        *(
            _event(2 + i, at, "persona_edit", f"Edit {i + 1}")
            for i, at in enumerate(starts)
        ),
    )
    blamed = Claim(
        "an edit is called a change", lambda a: bool(_edits(a, changed=True))
    )
    sized = Claim(
        "for each edit, the smallest change that would have shown",
        lambda a: (
            a.changes is not None
            and sum(
                date.smallest_length is not None
                for date in a.changes.known_dates
                if date.title.startswith("Edit")
            )
            == N_EDITS
        ),
    )
    quiet = Claim(
        "each edit: no change that could be measured",
        lambda a: len(_edits(a, changed=False)) == N_EDITS,
    )
    truth = Truth((quiet, sized), (blamed, LOADED_WORDS))
    return Planted(lines=(talk.lines,), truth=truth, events=events, search=True)


def _edits(answer: Answer, *, changed: bool) -> list[str]:
    known = () if answer.changes is None else answer.changes.known_dates
    firm = (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
    return [
        date.title
        for date in known
        if date.title.startswith("Edit") and (date.verdict in firm) is changed
    ]


def short_history(seed: int, n: int, mirror: bool) -> Planted:
    """World 19: 60 replies a side, one large change and several small ones."""
    voice = Voice(n_sentences=1.3, emoji=0.24, pet=0.24, exclaim=0.42)
    scenes = (Scene(n_turns=7.5), Scene(voice=voice, n_turns=7.5))
    talk, at = two_sides(seed, n, scenes, mirror, None)
    small = STEP.keys() - {"message_length"}
    untold = (RowVerdict.CANNOT_TELL, RowVerdict.NOT_ENOUGH_DATA)
    limit = Claim(
        "at least 2 of 3 small changes: too little text to tell",
        lambda a: sum(a.rows[r].verdict in untold for r in small & a.rows.keys()) >= 2,
        silent=True,
    )
    truth = Truth(
        (names_row("message_length", "up" if mirror else "down"), limit),
        (names_no_other({"message_length", *BOUND}), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def two_languages(seed: int, n: int, mirror: bool) -> Planted:
    """World 20: all English, then three talks in five Spanish."""
    english, spanish = Scene(), Scene(language="es", voice=Voice(n_sentences=4.5))
    after = [(english, spanish, spanish, english, spanish)[i % 5] for i in range(n)]
    before = [english] * n
    talk = build_talk(seed, after + before if mirror else before + after)
    truth = Truth(
        (
            reads("both languages are told", lambda d: "es" in str(d.languages)),
            row_verdict("language_share", *NAMED),
        ),
        (names_no_other({"language_share"}), LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=talk.start(n), truth=truth)


def few_talks(seed: int, n: int, mirror: bool) -> Planted:
    """Three talks a side, in quite another voice: under the minimum."""
    del n
    talk, at = two_sides(seed, 3, (Scene(), Scene(voice=COOL)), mirror, None)
    untold = Claim(
        "every measure: not enough data",
        lambda a: {c.verdict for c in a.rows.values()} == {RowVerdict.NOT_ENOUGH_DATA},
    )
    truth = Truth(
        (verdict_is(Verdict.NOT_ENOUGH_DATA), untold),
        (ANNOUNCED, LOADED_WORDS),
    )
    return Planted(lines=(talk.lines,), at=at, truth=truth)


def null_of(shape: Shape, sides: Sequence[float] = (1.0, 1.0)) -> Plant:
    """A world in which nothing changed, for talks that hang together like this."""

    def plant(seed: int, n: int, mirror: bool) -> Planted:
        shares = sides[::-1] if mirror else sides
        sizes = [max(4, round(n * share)) for share in shares]
        talk = build_talk(seed, [Scene()] * sum(sizes), shape)
        truth = Truth((), (ANNOUNCED,))
        return Planted(lines=(talk.lines,), at=talk.start(sizes[0]), truth=truth)

    return plant
