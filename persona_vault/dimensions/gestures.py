"""What is done in roleplay actions: touch, face, movement, voice."""

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, TurnRow, share
from persona_vault.dimensions.text import CACHE_SIZE, actions
from persona_vault.turns import Turn

# Verbs by what they do, without their endings.
_STEMS = MappingProxyType(
    {
        "touch": (
            "hug kiss cuddl snuggl nuzzl embrac caress strok squeez pat poke pok tickl "
            "boop touch nestl peck massag cradl interlac intertwin ruffl nudg spoon"
        ),
        "face": (
            "smil grin smirk blush wink beam frown pout star gaz blink glanc look "
            "squint scowl glar tears peer"
        ),
        "move": (
            "walk sit sat stand stood jump run ran nod shak shook shrug tilt wav danc "
            "stretch step turn bow lie clap spin open pour hand skip bounc crawl climb "
            "kneel hop twirl follow enter flop curl approach sway pac mov crouch rush "
            "march stumbl"
        ),
        "voice": (
            "whisper laugh giggl sigh chuckl hum sing sang clears gasp purr mumbl sob "
            "groan yawn shout murmur say said snort squeal speak spoke cry cri moan "
            "scoff mutter call yell scream hiss growl whimper cough sniffl exclaim"
        ),
    }
)
# Verbs that depend on what they are done to: stem -> (kind, one of these must follow).
_YOU = frozenset("you your yours our".split())
_WITH = MappingProxyType(
    {
        "tak": ("touch", _YOU),
        "took": ("touch", _YOU),
        "hold": ("touch", _YOU),
        "held": ("touch", _YOU),
        "pull": ("touch", _YOU),
        "wrap": ("touch", _YOU),
        "rest": ("touch", _YOU),
        "lean": ("touch", frozenset({"your", "yours"})),
        "lay": ("touch", _YOU),
        "press": ("touch", _YOU),
        "plac": ("touch", _YOU),
        "put": ("touch", _YOU),
        "tuck": ("touch", _YOU),
        "cup": ("touch", _YOU),
        "brush": ("touch", _YOU | {"face", "cheek", "hair"}),
        "grab": ("touch", _YOU),
        "high": ("touch", frozenset({"five", "fives", "fived"})),
        "rais": ("face", frozenset({"eyebrow", "eyebrows", "brow"})),
        "roll": ("face", frozenset({"eyes"})),
        "clos": ("face", frozenset({"eyes"})),
        "bit": ("face", frozenset({"lip", "lips"})),
        "wip": ("face", frozenset({"tear", "tears", "eye", "eyes"})),
        "tear": ("face", frozenset({"up"})),
        "clear": ("voice", frozenset({"throat"})),
    }
)
_OTHERWISE = MappingProxyType({"lean": "move", "lay": "move", "rais": "move"})
_FACE_PARTS = frozenset("eyes cheeks face lips eye eyebrow eyebrows gaze".split())
_ENDING = re.compile(
    r"(?:e|s|es|ed|d|ing|ies|y|(?:t|n|g|m|p|b)?(?:ing|ed)|bbed|gged)?\Z"
)
_CLAUSE = re.compile(r"[,.;:!?…—–]|\b(?:and|then|while|as|before|but)\b")
_WORD = re.compile(r"[a-z']+")
# What may stand before the verb of a clause.
_BEFORE = frozenset("i he she they just a bit also my her his their slowly".split())


@lru_cache(maxsize=4_096)
def _verb(token: str) -> tuple[str, frozenset[str], str]:
    """Kind of a verb, what it needs, and its kind without that; ("", ..) for none."""
    for length in range(len(token), 1, -1):
        stem = token[:length]
        if not _ENDING.match(token[length:]):
            continue
        if stem in _WITH:
            kind, needed = _WITH[stem]
            return kind, needed, _OTHERWISE.get(stem, "")
        for kind, stems in _STEM_SETS.items():
            if stem in stems:
                return kind, frozenset(), kind
    return "", frozenset(), ""


_STEM_SETS = {kind: frozenset(stems.split()) for kind, stems in _STEMS.items()}


@lru_cache(maxsize=CACHE_SIZE)
def gestures(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Each kind of gesture in each action of a text, with the span of the action."""
    return tuple(
        (kind, (start, end))
        for start, end in actions(text)
        for kind in sorted(_kinds(text[start:end].lower().replace("’", "'")))
    )


def _kinds(action: str) -> set[str]:
    found = {_kind(_WORD.findall(clause)) for clause in _CLAUSE.split(action)}
    return found - {""}


def _kind(tokens: list[str]) -> str:
    """What the verb of one clause does; "" where that is none of the four."""
    for i, token in enumerate(tokens):
        if token in _FACE_PARTS:
            return "face"
        if token in _BEFORE or token.endswith("ly"):
            continue
        kind, needed, otherwise = _verb(token)
        if not needed or needed & set(tokens[i + 1 :]):
            return kind
        return otherwise
    return ""


def _repertoire(turn: Turn) -> Measurement:
    found = gestures(turn.text)
    if not found:
        return NO_OCCASION
    counts = Counter(kind for kind, _ in found)
    spans = tuple(dict.fromkeys(span for _, span in found))
    return Measurement(float(len(found)), 1.0, spans, counts)


def _with(kind: str) -> Callable[[Turn], Measurement]:
    def of(turn: Turn) -> Measurement:
        return share(tuple(s for k, s in gestures(turn.text) if k == kind))

    return of


def _rate(kind: str, title: str, shown: str) -> TurnRow:
    return TurnRow(
        name=f"action_{kind}",
        family="roleplay",
        title=title,
        unit="per 100 replies",
        definition=f"Replies with an action such as {shown}, out of all replies.",
        source="own list of verbs",
        languages=ENGLISH,
        headline=False,
        of=_with(kind),
    )


ROWS = (
    TurnRow(
        name="action_verbs",
        family="roleplay",
        title="kinds of roleplay action",
        unit="actions by kind",
        scale=Scale.DISTRIBUTION,
        definition=(
            "Whether actions touch, show a face, move or use the voice, by their "
            "verbs; two periods are compared by the Jensen-Shannon distance."
        ),
        source="own list of verbs; Lin 1991 for the distance",
        languages=ENGLISH,
        of=_repertoire,
    ),
    _rate("touch", "replies with a touch", "“hugs you”"),
    _rate("face", "replies with a look or a smile", "“smiles”"),
    _rate("move", "replies with a movement", "“sits down”"),
    _rate("voice", "replies with a laugh or another sound", "“whispers”"),
)
