"""Column names and speaker words that tables of messages commonly use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from persona_vault.errors import UsageError
from persona_vault.model import ReadOptions, Role

# Field -> names, the most telling one first: `role` says more than a name beside it.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "message_id", "msg_id", "uuid"),
    "conversation": (
        *("conversation", "conversation_id", "thread", "thread_id"),
        *("chat", "chat_id", "session", "session_id"),
    ),
    "timestamp": (
        *("timestamp", "sent_at", "created_at", "datetime", "date_time"),
        *("date", "time"),
    ),
    "speaker": ("role", "speaker", "sender", "author", "from", "name"),
    "text": ("text", "message", "content", "body"),
    "model": ("model",),
}
FIELDS = tuple(_NAMES)
_MOST_OTHERS = 16
REQUIRED = ("speaker", "text")


@dataclass(frozen=True, slots=True)
class Part:
    """What a speaker is in the talk.

    Attributes:
        role: The role.
        kind: "text", or "service", "system" and "tool" for software.
        shown: False for what the user does not see in the app.
    """

    role: Role
    kind: str = "text"
    shown: bool = True


_USER = Part(Role.USER)
_PERSONA = Part(Role.PERSONA)
_WORDS: dict[str, Part] = {
    **dict.fromkeys(("user", "human", "me", "you", "customer", "{{user}}"), _USER),
    **dict.fromkeys(
        (
            *("persona", "assistant", "ai", "bot", "model", "companion"),
            *("char", "character", "rep", "{{char}}"),
        ),
        _PERSONA,
    ),
    **dict.fromkeys(("operator", "narrator"), Part(Role.SYSTEM, "service")),
    "system": Part(Role.SYSTEM, "system", shown=False),
    "tool": Part(Role.SYSTEM, "tool", shown=False),
}


def _folded(label: str) -> str:
    return label.strip().casefold()


class Speakers:
    """Who is who, by the names the user gave and by plain role words."""

    def __init__(self, options: ReadOptions, *, declared_only: bool = False) -> None:
        """Gather the names.

        Args:
            options: The names the user gave.
            declared_only: A side that has declared names has no other names, and
                where both have, nothing else is a speaker: for text in which any
                line may begin with a word and a colon.
        """
        declared = ((options.me, _USER), (options.them, _PERSONA))
        replaced = [part for names, part in declared if names and declared_only]
        self._parts = {
            word: part
            for word, part in _WORDS.items()
            if word.startswith("{{") or not (len(replaced) == 2 or part in replaced)
        }
        for names, part in declared:
            self._parts.update({_folded(name): part for name in names})
        self._starts = tuple(self._parts)

    def part(self, label: str) -> Part | None:
        """What this speaker is; None for an unknown one: never guessed."""
        return self._parts.get(_folded(label))

    def may_begin(self, text: str) -> bool:
        """Whether a text begins with the letters of any label: a quick first look."""
        return text.lstrip("*_ ").casefold().startswith(self._starts)


def _word(name: str) -> str:
    return _folded(name).replace(" ", "_").replace("-", "_")


def detect_columns(names: Iterable[str]) -> dict[str, str]:
    """Field -> column for the names that we know; fields without one are left out."""
    by_word: dict[str, str] = {}
    for name in names:
        by_word.setdefault(_word(name), name)
    found = {}
    for field, words in _NAMES.items():
        for word in words:
            if word in by_word:
                found[field] = by_word[word]
                break
    return found


def other_columns(names: Iterable[str], field: str, column: str) -> tuple[str, ...]:
    """Columns besides the chosen one whose names may hold a field, most telling first.

    Of the objects of a file some may name a field otherwise than the rest. At most 16:
    spellings of one word there may be without end, and each row is asked for them all.
    """
    by_word: dict[str, list[str]] = {}
    for name in names:
        by_word.setdefault(_word(name), []).append(name)
    found = (name for word in _NAMES[field] for name in by_word.get(word, ()))
    return tuple(islice((name for name in found if name != column), _MOST_OTHERS))


def has_messages(names: Iterable[str]) -> bool:
    """Whether columns of these names hold a speaker and a text."""
    found = detect_columns(names)
    return all(field in found for field in REQUIRED)


def choose_columns(
    names: Iterable[str], chosen: Mapping[str, str], source_name: str
) -> dict[str, str]:
    """Field -> column, the user's choice before the detected one.

    Args:
        names: The columns that exist.
        chosen: Field -> column; "" for a field that the file shall not have.
        source_name: For errors.

    Raises:
        UsageError: A chosen column or field does not exist, or no column holds the
            speaker or the text.
    """
    names = list(names)
    unknown = [field for field in chosen if field not in FIELDS]
    if unknown:
        raise UsageError(
            f"there is no field named {unknown[0]}",
            hint=f"The fields are {', '.join(FIELDS)}.",
        )
    columns = {**detect_columns(names), **chosen}
    columns = {field: name for field, name in columns.items() if name}
    for field, name in columns.items():
        if name not in names:
            raise UsageError(
                f"{source_name} has no column named {name} for {field}",
                hint=f"Its columns are {_listed(names)}.",
            )
    for field in REQUIRED:
        if field not in columns:
            raise UsageError(
                f"no column of {source_name} is known to hold the {field}",
                hint=f"Name it with --map {field}=COLUMN; its columns are "
                f"{_listed(names)}.",
            )
    return columns


def _listed(names: list[str]) -> str:
    """At most twenty names; in a file without a header their place may hold text."""
    shown = [
        name if len(name) <= 30 and len(name.split()) <= 3 else "…"
        for name in names[:20]
    ]
    return ", ".join(shown) + (", …" if len(names) > 20 else "")
