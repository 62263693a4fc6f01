"""What a fact is about, and a fact as one message states it."""

from dataclasses import dataclass

from persona_vault.model import Role

# A kind that is one slot for each thing liked: its value is the key.
LIKING = frozenset({"like", "dislike"})
DATES = frozenset({"birthday", "anniversary"})


@dataclass(frozen=True, slots=True)
class Slot:
    """What a fact is about.

    Attributes:
        subject: The user or the persona.
        kind: "name", "age", "home", "job", "person", "pet", "favourite", ...
        key: Which of its kind: "sister", "dog", "colour", the thing liked; or "".
    """

    subject: Role
    kind: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact as one message states it.

    Attributes:
        slot: What it is about.
        value: In small letters, dates as "MM-DD", numbers in digits.
        said: The value as written.
        span: Character offsets of the whole statement in the message.
    """

    slot: Slot
    value: str
    said: str
    span: tuple[int, int]
