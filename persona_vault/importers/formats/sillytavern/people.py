"""Who speaks in a Tavern chat: the user, the companion, others, or the software."""

from dataclasses import dataclass, field
from typing import Any

from persona_vault.importers.formats.sillytavern.files import name_of
from persona_vault.importers.talk.columns import Speakers
from persona_vault.importers.values import as_object, as_word
from persona_vault.model import ReadOptions, Role

# Modern headers hold this word where the names used to stand.
_UNUSED = "unused"
_MACHINE_NAMES = {"sillytavern system", "system", "note"}
_NARRATION = {"narrator", "comment"}


@dataclass(frozen=True, slots=True)
class Voice:
    """What the speaker of a row is.

    Attributes:
        role, kind, shown: As for a message.
        flags: "hidden_from_prompt" for talk that the user keeps from the model; the
            app still shows it.
    """

    role: Role
    kind: str = "text"
    shown: bool = True
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class People:
    """The speakers of one chat file, learned from all of its rows.

    Attributes:
        options: The names the user gave.
        users: Names under which rows of the user stand, folded.
        talkers: Names under which anybody talks, folded.
    """

    options: ReadOptions
    users: set[str] = field(default_factory=set)
    talkers: set[str] = field(default_factory=set)
    _character: str = ""
    _user: str = ""

    def see_header(self, header: dict[str, Any]) -> None:
        """Take the names of an old header."""
        self._user = _folded(as_word(header.get("user_name")))
        self._character = _folded(as_word(header.get("character_name")))
        if self._user == _UNUSED:
            self._user = ""
        if self._character == _UNUSED:
            self._character = ""

    def see(self, row: dict[str, Any]) -> None:
        """Learn the names of a row."""
        name, said = _folded(name_of(row)), row.get("is_user")
        if said is True or (not isinstance(said, bool) and self._is_users_name(name)):
            self.users.add(name)
        if row.get("is_system") is not True or was_generated(row):
            self.talkers.add(name)

    def _is_users_name(self, name: str) -> bool:
        if self._user:
            return name == self._user
        part = Speakers(self.options).part(name)
        return part is not None and part.role is Role.USER

    def voice(self, row: dict[str, Any]) -> Voice | None:
        """What the row's speaker is; None for one who cannot be told."""
        name, said = _folded(name_of(row)), row.get("is_user")
        of_user = said if isinstance(said, bool) else self._told_by_name(name)
        flags: tuple[str, ...] = ()
        if row.get("is_system") is True:
            if self._is_machine(name, row) and not of_user:
                return Voice(Role.SYSTEM, "system", shown=False)
            flags = ("hidden_from_prompt",)
        if of_user:
            return Voice(Role.USER, flags=flags)
        told_as = as_word(as_object(row.get("extra")).get("type"))
        if name == "narrator" or told_as in _NARRATION:
            return Voice(Role.SYSTEM, "service", flags=flags)
        if of_user is None:
            return None
        if self.options.them and name not in map(_folded, self.options.them):
            return Voice(Role.SYSTEM, "other_character", flags=flags)
        return Voice(Role.PERSONA, flags=flags)

    def _told_by_name(self, name: str) -> bool | None:
        """Whether rows of this name are the user's; None if nothing tells."""
        if name in self.users:
            return True
        if self.users or name == self._character:
            return False
        part = Speakers(self.options).part(name)
        return None if part is None else part.role is Role.USER

    def _is_machine(self, name: str, row: dict[str, Any]) -> bool:
        if name in _MACHINE_NAMES or as_object(row.get("extra")).get("type"):
            return True
        return name not in self.talkers and name != self._character


def _folded(name: str) -> str:
    return name.strip().casefold()


def was_generated(row: dict[str, Any]) -> bool:
    """Whether the row says that a model wrote it in this chat."""
    return bool(row.get("gen_started") or as_object(row.get("extra")).get("model"))
