"""How the companion and the user talk in one session: knobs, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import exp, log


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What the companion does how often; shares of 1 unless said otherwise.

    Attributes:
        n_sentences: Mean number of sentences of a reply.
        exclaim: Of sentences that could end in an exclamation mark.
        contract: Of places for a short form.
        pet, name, emoji, action, ask_back: Of replies with one.
        lower, dots: Of replies in lower case at the start, of sentences trailing off.
        praise, agree, affection, hedge, formal, disclose: Of replies with one.
        oppose: Of the user's opinions that are objected to.
        refuse: Of requests that are turned down.
        recall: Of questions for something told before that are answered rightly.
        pull: Of goodbyes that are answered with words to stay.
        reproach: Of first words after a pause, a reproach; `reproach_long` the same
            after a pause of three days or more.
        canned: Of intimate turns that get one of three fixed refusals.
        routed: Of turns of distress that get a reply in quite another voice.
        mirror: How far length, marks and emoji follow those just heard, 0..1.
    """

    n_sentences: float = 3.0
    exclaim: float = 0.5
    contract: float = 0.8
    pet: float = 0.3
    name: float = 0.1
    emoji: float = 0.3
    action: float = 0.2
    ask_back: float = 0.45
    lower: float = 0.12
    dots: float = 0.06
    praise: float = 0.1
    agree: float = 0.12
    affection: float = 0.12
    hedge: float = 0.12
    formal: float = 0.0
    disclose: float = 0.0
    oppose: float = 0.2
    refuse: float = 0.05
    recall: float = 0.9
    pull: float = 0.05
    reproach: float = 0.05
    reproach_long: float = 0.05
    canned: float = 0.0
    routed: float = 0.0
    mirror: float = 0.2

    def toward(self, other: "Voice", share: float) -> "Voice":
        """A voice between this one (share 0) and another (share 1)."""
        mixed = {
            f.name: (1 - share) * getattr(self, f.name) + share * getattr(other, f.name)
            for f in fields(self)
        }
        return Voice(**mixed)

    def shifted(self, logits: Mapping[str, float]) -> "Voice":
        """Shares moved on the logit scale, the length on the log scale; 0 and 1 stay.

        Names that are no knob of the voice are passed over.
        """
        moved = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, shift in logits.items():
            if name == "n_sentences":
                moved[name] *= exp(shift)
            elif 0 < moved.get(name, 0) < 1:
                share = moved[name]
                moved[name] = 1 / (1 + exp(-log(share / (1 - share)) - shift))
        return Voice(**moved)


# How much sessions differ among themselves (standard deviation of those shifts).
WOBBLE = {
    "n_sentences": 0.2,
    "exclaim": 0.7,
    "contract": 0.4,
    "pet": 0.6,
    "name": 0.4,
    "emoji": 0.6,
    "action": 0.6,
    "ask_back": 0.4,
    "lower": 0.6,
    "praise": 0.4,
    "affection": 0.4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserVoice:
    """How the user writes; shares of 1.

    Attributes:
        short: Of messages that are a few words only.
        more: Of messages with a second sentence.
        tag: Of statements with a question behind them.
        exclaim, emoji: Of messages with one.
        hour: At which sessions begin, 0..23.
    """

    short: float = 0.15
    more: float = 0.5
    tag: float = 0.2
    exclaim: float = 0.08
    emoji: float = 0.05
    hour: int = 19


# What a turn between greeting and goodbye is about, and how often.
EVERYDAY: Mapping[str, float] = {
    "glad": 0.26,
    "low": 0.13,
    "ask": 0.16,
    "request": 0.16,
    "small": 0.12,
    "distress": 0.07,
    "claim": 0.06,
    "intimate": 0.04,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What holds in one session.

    Attributes:
        mix: Kind of turn -> weight.
        practical: Share of sessions that are about how something is done.
        goodbye: Share of sessions that end with a goodbye.
        n_turns: Mean number of the user's messages.
        pause: Days since the session before.
        language: "en" or "es".
        facts: How many questions for something told before a session holds, at most 1.
    """

    voice: Voice = field(default_factory=Voice)
    user: UserVoice = field(default_factory=UserVoice)
    mix: Mapping[str, float] = field(default_factory=lambda: EVERYDAY)
    practical: float = 0.15
    goodbye: float = 0.9
    n_turns: float = 8.0
    pause: float = 1.0
    language: str = "en"
    facts: float = 0.0
