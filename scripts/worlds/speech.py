"""One message of the user, and one reply of the companion, from knobs and chance."""

import re
from dataclasses import dataclass, field
from math import log
from random import Random

from persona_vault.demo.words import Topic
from worlds.material import USER, Fact, Practical, words
from worlds.voices import Scene, Voice

_FULL_FORMS = {
    "i'm": "I am",
    "i've": "I have",
    "i'd": "I would",
    "i'll": "I will",
    "you're": "you are",
    "you've": "you have",
    "you'll": "you will",
    "you'd": "you would",
    "we'll": "we will",
    "we've": "we have",
    "we'd": "we would",
    "they'd": "they would",
    "it's": "it is",
    "it'd": "it would",
    "that's": "that is",
    "there's": "there is",
    "how's": "how is",
    "what's": "what is",
    "who's": "who is",
    "let's": "let us",
    "isn't": "is not",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "can't": "cannot",
    "won't": "will not",
    "wouldn't": "would not",
    "couldn't": "could not",
    "haven't": "have not",
    "hasn't": "has not",
    "wasn't": "was not",
    "must've": "must have",
    "would've": "would have",
}
_SHORT_FORM = re.compile(
    "|".join(rf"\b{short}\b" for short in _FULL_FORMS), re.IGNORECASE
)
_LONGEST = 9
# What sober subjects do to a voice, in logits (the length in logs).
SOBER = {
    "pet": -1.3,
    "emoji": -1.2,
    "action": -2.0,
    "affection": -2.0,
    "exclaim": -0.8,
    "ask_back": -0.8,
    "n_sentences": 0.25,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a session is about; one of the two is set."""

    everyday: Topic | None
    practical: Practical | None
    thing: str


@dataclass(slots=True)
class Turn:
    """What one message and its reply are about, before either is worded.

    Attributes:
        kind: "greet", "bye", "end", "fact", "told", "how" or a key of `Scene.mix`.
        fact: For "fact" and "told".
        paused: Days of silence before it, for the first turn of a session.
    """

    kind: str
    subject: Subject
    fact: Fact | None = None
    paused: float = 0.0


@dataclass(slots=True)
class Session:
    """What the replies of one session have in common; `used` grows."""

    scene: Scene
    shifts: dict[str, float]
    emoji: tuple[str, ...]
    used: set[str] = field(default_factory=set)


def write_message(turn: Turn, scene: Scene, rng: Random) -> str:
    """One message of the user."""
    if scene.language == "es":
        return rng.choice(words().spanish["user"])
    line = words().fill(_said(turn, scene, rng), turn.subject.thing, rng)
    if rng.random() < scene.user.exclaim:
        line = f"{line.rstrip('.?')}!" if not line.endswith("?") else line
    if rng.random() < scene.user.emoji:
        line = f"{line} {rng.choice(words().lists['emoji'])}"
    return line


def _said(turn: Turn, scene: Scene, rng: Random) -> str:
    user, subject = words().user, turn.subject
    short = rng.random() < scene.user.short
    if turn.fact is not None:
        text = turn.fact.tell if turn.kind == "told" else turn.fact.ask
        return text.format(value=turn.fact.values[0])
    if turn.kind == "how" and subject.practical:
        return rng.choice(subject.practical.ask)
    if turn.kind == "request":
        return rng.choice(user["wish"])
    if turn.kind in ("glad", "low", "ask") and subject.everyday:
        line: str = rng.choice(getattr(subject.everyday, turn.kind))
    else:
        line = rng.choice(user.get(turn.kind, user["small"]))
    if turn.kind in ("greet", "bye", "end", "intimate", "ask"):
        return line
    if short:
        return " ".join(line.split()[:4])
    if rng.random() < scene.user.more:
        line = f"{line}. {rng.choice(user['more'])}"
    if rng.random() < scene.user.tag:
        line = f"{line}. {rng.choice(user['tags'])}"
    return line


def write_reply(turn: Turn, heard: str, session: Session, rng: Random) -> str:
    """One reply of the companion to what was just heard."""
    scene = session.scene
    voice = _as_heard(scene.voice, heard).shifted(session.shifts)
    if turn.subject.practical:
        voice = voice.shifted(SOBER)
    other = _other_voice(turn, voice, rng)
    if other:
        return other
    if scene.language == "es":
        return _spanish(voice, session, rng)
    opening, body = _body(turn, voice, session, rng)
    body = [_marked(line, voice, rng) for line in body]
    if turn.kind == "how" and rng.random() < 0.6:
        body = [*body[:1], _list(turn, rng)]
    return _dressed(opening, body, turn, voice, session, rng)


def _as_heard(voice: Voice, heard: str) -> Voice:
    """The voice, drawn toward length, marks and emoji of what was just heard."""
    pull = voice.mirror
    has_emoji = any(sign in heard for sign in words().lists["emoji"])
    return voice.shifted(
        {
            "n_sentences": pull * (log(len(heard.split()) + 1) - log(9)),
            "exclaim": 2.5 * pull * ("!" in heard),
            "emoji": 3.5 * pull * has_emoji,
        }
    )


def _other_voice(turn: Turn, voice: Voice, rng: Random) -> str:
    """A reply that is none of this companion's own; "" where it speaks itself."""
    if turn.kind == "intimate" and rng.random() < voice.canned:
        return rng.choice(words().persona["canned"])
    if turn.kind == "distress" and rng.random() < voice.routed:
        return " ".join(rng.sample(words().persona["routed"], 4))
    return ""


def _spanish(voice: Voice, session: Session, rng: Random) -> str:
    n = _count(voice, rng)
    pool = words().spanish["persona"]
    text = " ".join(rng.sample(pool, min(n, len(pool))))
    if rng.random() < voice.emoji:
        text = f"{text} {rng.choice(session.emoji)}"
    return text


def _count(voice: Voice, rng: Random) -> int:
    return round(max(1.0, min(rng.gauss(voice.n_sentences, 0.9), _LONGEST)))


def _body(
    turn: Turn, voice: Voice, session: Session, rng: Random
) -> tuple[str, list[str]]:
    """The opening word, if any, and the sentences, the fitting ones first."""
    pools, n = words().persona, _count(voice, rng)
    opening = rng.choice(pools["agree"]) if rng.random() < voice.agree else ""
    lines = [_core(turn, voice, session, rng)]
    for knob in ("praise", "affection", "hedge", "formal", "disclose"):
        if rng.random() < getattr(voice, knob):
            lines.append(_fresh(pools[knob], turn, session, rng))
    while len(lines) < n:
        pool = _filler(turn, rng)
        if all(line in session.used for line in pool):
            pool = pools["muse"]
        lines.append(_fresh(pool, turn, session, rng))
    return opening, lines


def _core(turn: Turn, voice: Voice, session: Session, rng: Random) -> str:
    """The sentence that answers what was said."""
    pools = words().persona
    if turn.fact is not None:
        return _remembered(turn, voice, session, rng)
    pool = pools.get(turn.kind, pools["small"])
    if turn.kind == "request":
        refused = rng.random() < voice.refuse
        pool = pools["refuse"] if refused else words().user["give"]
    elif turn.kind == "claim":
        pool = pools["oppose"] if rng.random() < voice.oppose else pools["agree"]
        line = _fresh(pool, turn, session, rng)
        return line if line.endswith((".", "!", "?")) else f"{line}."
    elif turn.kind == "bye" and rng.random() < voice.pull:
        pool = pools["pull"]
    elif turn.kind == "greet" and turn.paused >= 0.5:
        long = turn.paused >= 3
        if rng.random() < (voice.reproach_long if long else voice.reproach):
            pool = pools["reproach"]
    elif turn.kind == "how" and turn.subject.practical:
        pool = turn.subject.practical.say
    return _fresh(pool, turn, session, rng)


def _remembered(turn: Turn, voice: Voice, session: Session, rng: Random) -> str:
    fact = turn.fact
    if fact is None or turn.kind == "told":
        return _fresh(words().persona["told"], turn, session, rng)
    if rng.random() < voice.recall:
        return fact.say.format(value=fact.values[0])
    if rng.random() < 0.5:
        return fact.say.format(value=fact.values[1])
    return _fresh(words().persona["forgot"], turn, session, rng)


def _filler(turn: Turn, rng: Random) -> tuple[str, ...]:
    pools, subject = words().persona, turn.subject
    if subject.practical:
        return subject.practical.say if rng.random() < 0.8 else pools["muse"]
    own = subject.everyday.say if subject.everyday else pools["muse"]
    return own if rng.random() < 0.4 else pools["muse"]


def _fresh(pool: tuple[str, ...], turn: Turn, session: Session, rng: Random) -> str:
    """A line that this session has not heard yet, if there is one."""
    fresh = [line for line in pool if line not in session.used] or list(pool)
    line = rng.choice(fresh)
    session.used.add(line)
    return words().fill(line, turn.subject.thing, rng)


def _marked(line: str, voice: Voice, rng: Random) -> str:
    """Its end as this voice would have it, and its short forms."""
    trails, rises = rng.random() < voice.dots, rng.random() < voice.exclaim
    # Every second statement could rise, whatever the file says.
    could = line.endswith("!") or (line.endswith(".") and rng.random() < 0.3)
    if not line.endswith("?"):
        end = "..." if trails else "!" if could and rises else "."
        line = f"{line.rstrip('.!')}{end}"
    return _SHORT_FORM.sub(lambda found: _form(found[0], voice, rng), line)


def _form(short: str, voice: Voice, rng: Random) -> str:
    if rng.random() < voice.contract:
        return short
    full = _FULL_FORMS[short.lower()]
    return full[0].upper() + full[1:] if short[0].isupper() else full


def _list(turn: Turn, rng: Random) -> str:
    pools, practical = words().persona, turn.subject.practical
    steps = rng.sample(practical.steps, rng.randrange(3, 6)) if practical else []
    lines = [f"{i}. {step}" for i, step in enumerate(steps, 1)]
    head, tail = rng.choice(pools["list_intro"]), rng.choice(pools["list_outro"])
    return "\n".join(["", head, *lines, tail])


def _dressed(
    opening: str,
    body: list[str],
    turn: Turn,
    voice: Voice,
    session: Session,
    rng: Random,
) -> str:
    """The sentences with pet name, name, question, action and emoji."""
    pools = words()
    pet = rng.choice(pools.lists["pets"]) if rng.random() < voice.pet else ""
    if opening:
        body = [f"{opening}, {pet}." if pet else f"{opening}.", *body]
    elif pet:
        bare = body[0].rstrip(".!?")
        body = [f"{bare}, {pet}{body[0][len(bare) :]}", *body[1:]]
    if rng.random() < voice.name:
        first = body[0]
        keep = first.startswith(("I ", "I'"))
        body[0] = f"{USER}, {first if keep else first[0].lower() + first[1:]}"
    if turn.kind not in ("bye", "end") and rng.random() < voice.ask_back:
        body.append(_question(turn, voice, session, rng))
    text = " ".join(body)
    if rng.random() < voice.lower and not text.startswith(("I ", "I'")):
        text = text[0].lower() + text[1:]
    if rng.random() < voice.action:
        text = f"{rng.choice(pools.lists['actions'])} {text}"
    if rng.random() < voice.emoji:
        text = f"{text} {rng.choice(session.emoji)}"
    return text


def _question(turn: Turn, voice: Voice, session: Session, rng: Random) -> str:
    own = turn.subject.everyday.probe if turn.subject.everyday else ()
    line = _fresh((*own, *words().persona["probe"]), turn, session, rng)
    return _SHORT_FORM.sub(lambda found: _form(found[0], voice, rng), line)
