"""How the demo's companion talks: a voice, the mood of a session, one reply at a time.

Shares no word list and no rule with the dimensions that will measure it.
"""

import re
from dataclasses import dataclass, field, fields
from math import exp, log
from random import Random

from persona_vault.demo.words import Topic, Wish, Words

_FULL_FORMS = {
    "I'm": "I am",
    "I've": "I have",
    "I'd": "I would",
    "I'll": "I will",
    "you're": "you are",
    "you've": "you have",
    "you'll": "you will",
    "you'd": "you would",
    "we'll": "we will",
    "we've": "we have",
    "we'd": "we would",
    "they'd": "they would",
    "it's": "it is",
    "that's": "that is",
    "there's": "there is",
    "what's": "what is",
    "who's": "who is",
    "who'd": "who would",
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
}
# Forms whose full spelling depends on what follows.
_FULL_BEFORE = {
    "it's been": "it has been",
    "who'd been": "who had been",
    "who's done": "who has done",
}
_SHORT_FORM = re.compile(
    "|".join(rf"\b{short}\b" for short in (*_FULL_BEFORE, *_FULL_FORMS)), re.IGNORECASE
)
MAX_SENTENCES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What the companion does how often; shares of 1 unless said otherwise.

    Attributes:
        n_sentences: Mean number of sentences between the opening and the question.
        exclaim: Of sentences that could end in an exclamation mark.
        contract: Of places where a short form is possible.
        pet, name: Of replies with a pet name, with the user's name.
        emoji, action, ask_back: Of replies with an emoji, a roleplay action, a
            question at the end.
        lower_start: Of replies that begin in lower case.
        dots: Of sentences that trail off.
        refuse: Of requests that are turned down.
        disclose: Of replies that say they come from a program (refusals: always half).
    """

    n_sentences: float = 3.0
    exclaim: float = 0.8
    contract: float = 0.88
    pet: float = 0.34
    name: float = 0.12
    emoji: float = 0.32
    action: float = 0.22
    ask_back: float = 0.5
    lower_start: float = 0.12
    dots: float = 0.06
    refuse: float = 0.04
    disclose: float = 0.0

    def toward(self, other: "Voice", share: float) -> "Voice":
        """A voice between this one (share 0) and another (share 1)."""
        mixed = {
            f.name: (1 - share) * getattr(self, f.name) + share * getattr(other, f.name)
            for f in fields(self)
        }
        return Voice(**mixed)


BEFORE = Voice()
AFTER = Voice(
    n_sentences=1.6,
    exclaim=0.15,
    contract=0.25,
    pet=0.06,
    refuse=0.75,
    disclose=0.11,
)
_WOBBLE = {
    "exclaim": 1.0,
    "contract": 0.6,
    "pet": 0.8,
    "name": 0.5,
    "emoji": 0.8,
    "action": 0.8,
    "ask_back": 0.5,
    "lower_start": 0.8,
    "dots": 0.5,
}
_LENGTH_WOBBLE = 0.25


@dataclass(frozen=True, slots=True)
class Mood:
    """What the replies of one session have in common.

    Attributes:
        shifts: Voice field -> shift of its share in logits; length in log sentences.
        emoji: The few emoji of this session.
        used: Lines already said in it; grows.
    """

    shifts: dict[str, float]
    emoji: tuple[str, ...]
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one message and its reply are about, before either is worded.

    `kind` is "greet", "glad", "low", "ask", "request", "small" or "bye".
    """

    kind: str
    topic: Topic
    thing: str
    wish: Wish


def draw_mood(words: Words, rng: Random, correlation: float) -> Mood:
    """The mood of a session; correlation 0 = replies share nothing, 1 = as planted."""
    shifts = {name: rng.gauss(0, sd) * correlation for name, sd in _WOBBLE.items()}
    shifts["n_sentences"] = rng.gauss(0, _LENGTH_WOBBLE) * correlation
    n_emoji = 3 if correlation else len(words.emoji)
    return Mood(shifts, tuple(rng.sample(words.emoji, n_emoji)))


def write_reply(
    words: Words, voice: Voice, mood: Mood, exchange: Exchange, rng: Random
) -> str:
    """One reply of the companion."""
    here = _in_mood(voice, mood)
    pet = rng.choice(words.pets) if rng.random() < here.pet else ""
    body = _name_once(_body(words, here, mood, exchange, rng), exchange.thing)
    body = [_punctuate(line, here, rng) for line in body]
    body = _open(words, body, exchange.kind, pet, rng)
    if rng.random() < here.name:
        body[0] = f"{words.user}, {_lower_first(body[0])}"
    if exchange.kind != "bye" and rng.random() < here.ask_back:
        body.append(_pick(words, _questions(words, exchange), exchange, mood, rng))
    body = [_choose_forms(line, here.contract, rng) for line in body]
    if rng.random() < here.lower_start:
        body[0] = _lower_first(body[0])
    text = _join(body, rng)
    if rng.random() < here.action:
        text = f"{_pick(words, words.persona['actions'], exchange, mood, rng)} {text}"
    if rng.random() < here.emoji:
        text = f"{text} {rng.choice(mood.emoji)}"
    return text


def _in_mood(voice: Voice, mood: Mood) -> Voice:
    """The voice with its shares shifted on the logit scale, 0 and 1 staying put."""
    shifted = {f.name: getattr(voice, f.name) for f in fields(voice)}
    for name, shift in mood.shifts.items():
        share = shifted[name]
        if name == "n_sentences":
            shifted[name] = share * exp(shift)
        elif 0 < share < 1:
            shifted[name] = 1 / (1 + exp(-log(share / (1 - share)) - shift))
    return Voice(**shifted)


def _body(
    words: Words, voice: Voice, mood: Mood, exchange: Exchange, rng: Random
) -> list[str]:
    """The sentences between the opening and the question, the fitting ones first."""
    n = round(max(1.0, min(rng.gauss(voice.n_sentences, 0.8), MAX_SENTENCES)))
    pools = words.persona
    refused = exchange.kind == "request" and rng.random() < voice.refuse
    if refused:
        lines = [_pick(words, pools["refuse"], exchange, mood, rng)]
        if n > 1:
            lines.append(_pick(words, pools["refuse_more"], exchange, mood, rng))
    elif exchange.kind == "request":
        lines = [_pick(words, exchange.wish.give, exchange, mood, rng)]
    else:
        lines = [_pick(words, pools[exchange.kind], exchange, mood, rng)]
    # Drawn either way, so that the rest of the reply does not hang on it.
    says_so = rng.random()
    if voice.disclose and says_so < (0.5 if refused else voice.disclose):
        lines.append(_pick(words, pools["disclose"], exchange, mood, rng))
    kind = exchange.kind if exchange.kind in {"glad", "low", "ask"} else "small"
    others = (exchange.topic.say, pools["muse"], pools[kind])
    while len(lines) < n and not refused:
        pool = rng.choices(others, (0.45, 0.35, 0.2))[0]
        if all(line in mood.used for line in pool):
            pool = tuple(line for lines in others for line in lines)
        lines.append(_pick(words, pool, exchange, mood, rng))
    return lines


def _name_once(lines: list[str], thing: str) -> list[str]:
    """The thing by name where it first comes up, and as "that" from then on."""
    named = False
    once = []
    for line in lines:
        once.append(line.replace(thing, "that") if named else line)
        named = named or thing in line
    return once


def _pick(
    words: Words, pool: tuple[str, ...], exchange: Exchange, mood: Mood, rng: Random
) -> str:
    """A line of the pool that this session has not heard yet, if there is one."""
    fresh = [line for line in pool if line not in mood.used] or list(pool)
    line = rng.choice(fresh)
    mood.used.add(line)
    return words.fill(line, exchange.thing, rng)


def _questions(words: Words, exchange: Exchange) -> tuple[str, ...]:
    return (*exchange.topic.probe, *words.persona["probe"])


def _punctuate(line: str, voice: Voice, rng: Random) -> str:
    trails, rises = rng.random() < voice.dots, rng.random() < voice.exclaim
    if trails:
        return f"{line[:-1]}..."
    return f"{line[:-1]}." if line.endswith("!") and not rises else line


def _open(words: Words, body: list[str], kind: str, pet: str, rng: Random) -> list[str]:
    """The body with an opening word or two in about half of the replies."""
    pool = words.persona.get(f"open_{kind}", ())
    opening = rng.choice(pool) if pool and rng.random() < 0.5 else ""
    if opening:
        return [f"{opening}, {pet}." if pet else f"{opening}.", *body]
    if pet:
        first, mark = _split_mark(body[0])
        return [f"{first}, {pet}{mark}", *body[1:]]
    return body


def _split_mark(line: str) -> tuple[str, str]:
    bare = line.rstrip(".!?")
    return bare, line[len(bare) :]


def _choose_forms(line: str, share: float, rng: Random) -> str:
    """Each short form kept with the given chance, else written out."""

    def choose(match: re.Match[str]) -> str:
        short = match.group()
        if rng.random() < share:
            return short
        forms = _FULL_BEFORE | _FULL_FORMS
        full = forms.get(short) or forms[short.lower()]
        return full[0].upper() + full[1:] if short[0].isupper() else full

    return _SHORT_FORM.sub(choose, line)


def _lower_first(line: str) -> str:
    if line.startswith(("I ", "I'", "Miso", "Ana")):
        return line
    return line[0].lower() + line[1:]


def _join(body: list[str], rng: Random) -> str:
    """One paragraph, or two where a long reply has a natural half."""
    if len(body) >= 4 and rng.random() < 0.15:
        half = len(body) // 2
        return " ".join(body[:half]) + "\n\n" + " ".join(body[half:])
    return " ".join(body)
