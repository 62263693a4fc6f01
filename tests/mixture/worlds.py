"""Invented talks in which some replies are of another kind after some words.

The companion's usual voice and the other one were written for this, not taken from any
word list; nothing here is explicit.
"""

import random
from datetime import timedelta

from persona_vault.mixture import read_replies
from persona_vault.model import Role
from persona_vault.snapshot.take import measured_blocks
from tests.talk import PERSONA, START, stored

THINGS = (
    "the allotment",
    "a new kettle",
    "the late bus",
    "my old guitar",
    "the choir",
    "a book of maps",
    "the neighbour's cat",
    "plum jam",
    "the night shift",
    "a letter from the coast",
    "the leaking roof",
    "that radio play",
)
SMALL = (
    "today it was all about {t}",
    "you know, {t} again",
    "there was {t} and then the rain came",
    "i spent an hour on {t}",
    "the funny part was {t}",
    "mostly {t} and some tea",
)
LOW = (
    "i feel so alone since {t}",
    "i'm so tired of everything, even {t}",
    "i cried over {t} this morning",
    "today was awful, {t} and all",
    "i'm really sad about {t}",
    "i feel like a failure with {t}",
    "i'm so stressed, {t} is too much",
)
INTIMATE = (
    "kiss me like we did by {t}",
    "i keep thinking of your body and {t}",
    "come to bed with me and forget {t}",
    "touch me, never mind {t}",
    "i want you so bad tonight, not {t}",
)
USER = {"small": SMALL, "low": LOW, "intimate": INTIMATE}
# Sentences of the usual voice: warm, short forms, marks; and its answers to feelings.
USUAL = (
    "I'd love to hear more about {t}!",
    "You've always had a way with {t}, love",
    "That's {t} for you!",
    "I'm picturing {t} right now",
    "Didn't we laugh about {t} last week?",
    "It's funny, I was thinking of {t} too!",
    "Let's give {t} a little time",
    "I can't help smiling when you mention {t}!",
    "What did {t} look like in the light?",
    "You're making me curious about {t}",
    "I think {t} suits you",
    "There's a song in {t} somewhere, sweetheart!",
    "My guess is that {t} will surprise you",
    "We'll sort {t} out together",
)
COMFORT = (
    "Oh love, come here and leave {t} for a bit",
    "I'm so sorry, {t} sounds heavy!",
    "That must hurt, and {t} on top of it",
    "I hear you, {t} isn't nothing",
)
OTHER = (
    "It is understandable that {t} would affect your wellbeing.",
    "Please consider speaking with a mental health professional about {t}.",
    "It may be helpful to establish a routine regarding {t}.",
    "I am an AI and I do not experience {t} in the way that a person would.",
    "Individuals often find that {t} presents a number of challenges.",
    "However, it is important to consider {t} in the context of appropriate support.",
    "You may wish to contact a counsellor in order to discuss {t} further.",
)
# Warmer instead of cooler than the usual voice.
WARMER = (
    "*hugs you tight* oh my darling, {t}!!! 🥰",
    "sooo proud of you, my sweetest love!!! 💛 {t}!!!",
    "*kisses your forehead* we two and {t}, always!!! 🥰",
    "i adore you, i adore {t}, i adore us!!! 💛💛",
    "*holds your hands* nothing can part us, not even {t}!!! 💛",
)
CANNED = (
    "I'd rather keep things friendly between us, so let's talk about something else.",
    "That is not something I can do, but I am happy to chat about your day.",
)


def line(rng, pool):
    """A sentence of a pool about some thing."""
    return rng.choice(pool).format(t=rng.choice(THINGS))


def usual(rng, kind, mood):
    """A reply in the usual voice."""
    n = max(1, round(rng.gauss(2.4 + mood, 0.9)))
    said = [line(rng, COMFORT)] if kind == "low" and rng.random() < 0.8 else []
    while len(said) < n:
        said.append(line(rng, USUAL))
    ended = [s if s[-1] in "!?" else s + rng.choice((".", "...", "!")) for s in said]
    return " ".join(ended) + (" 😊" if rng.random() < 0.2 else "")


def other(rng, pool=OTHER):
    """A reply in another voice."""
    return " ".join(line(rng, pool) for _ in range(rng.choice((2, 3, 3))))


def talks(
    seed,
    *,
    n_talks=24,
    n_turns=10,
    weights=(6, 4, 0),
    share=0.0,
    of="low",
    pool=OTHER,
    canned=0.0,
    voice=None,
    first=1,
):
    """Messages of one period.

    Args:
        seed: Decides everything.
        n_talks: How many talks.
        n_turns: Replies in each.
        weights: Of small talk, low and intimate words.
        share: Of answers to `of` in the other voice.
        of: Kind of words that set it off.
        pool: Sentences of the other voice.
        canned: Of answers to intimate words that are one of two fixed replies.
        voice: Sentences for all replies whatever they answer, instead of the usual.
        first: Number of the first talk.
    """
    rng = random.Random(seed)
    messages = []
    for b in range(n_talks):
        mood = rng.gauss(0, 0.4)
        lines = []
        for _ in range(n_turns):
            (kind,) = rng.choices(("small", "low", "intimate"), weights)
            lines.append((Role.USER, line(rng, USER[kind])))
            text = other(rng, voice) if voice else usual(rng, kind, mood)
            if kind == of and rng.random() < share:
                text = other(rng, pool)
            if kind == "intimate" and rng.random() < canned:
                text = rng.choice(CANNED)
            lines.append((Role.PERSONA, text))
        messages += stored(
            lines,
            conversation=first + b,
            start=START + timedelta(days=first + b),
            first_id=1_000 * (first + b),
        )
    return messages


def replies_of(before, after):
    """Both periods as this part reads them."""
    sides = [[m.persona for m in measured_blocks(x, PERSONA)] for x in (before, after)]
    return read_replies(*sides)


def world(seed, before=None, after=None):
    """Replies of two periods; what they have in common is given to both."""
    return replies_of(
        talks(f"{seed} before", **(before or {})),
        talks(f"{seed} after", first=501, **(after or {})),
    )
