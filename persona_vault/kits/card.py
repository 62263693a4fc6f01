"""A character card, version 2: who the companion was told to be, and how it talked.

The form is `chara_card_v2` of github.com/malfoyslastname/character-card-spec-v2. Only
what the vault has is in it; a field of which nothing is known is empty.

In a card, `{{user}}` and `{{char}}` are replaced by names, other words in such brackets
may do more, and `<START>` parts the examples. Words of the talk never meant that, and
inputs only where they came from a card: in all others a blank breaks the bracket.
"""

import heapq
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from persona_vault.crisis import mentions_crisis
from persona_vault.kits.base import NOT_IN_FORMAT, Leaving, Talk
from persona_vault.model import Role, StoredMessage
from persona_vault.store.outgoing import OutgoingInput

# Chosen before any talk was read: enough to hear a voice, short enough for a prompt.
N_EXAMPLES = 6
MAX_LETTERS = 600  # of each message
_NOT_AN_EXAMPLE = "not_an_example"
_RULE = (
    f"the latest {N_EXAMPLES} messages of the user that a reply follows at once, both"
    f" shown, of 1 to {MAX_LETTERS} letters, neither with words of self-harm"
)

# Kind of input -> field of the card; all other kinds are told in the description.
_FIELDS = {
    "card_personality": "personality",
    "scenario": "scenario",
    "greeting": "first_mes",
    "example_messages": "mes_example",
    "example_dialogue": "mes_example",
    "example": "mes_example",
    "custom_instructions": "system_prompt",
    "system_prompt": "system_prompt",
    "project_prompt": "system_prompt",
    "post_history": "post_history_instructions",
    "creator_notes": "creator_notes",
}
_TEXTS = (
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
)
# Of these there are any number at once: each is an entry of the card's book.
_ENTRIES = frozenset("memory diary journal lorebook_entry mind_map project_doc".split())
# Exports repeat these with each conversation, each time under another id.
_REPEATED = frozenset({"custom_instructions", "system_prompt"})
_BOOK, _GREETINGS = "character_book", "alternate_greetings"
# Formats in whose texts the brackets were meant.
_OF_CARDS = frozenset(
    "character_card sillytavern janitor_tavern cai_tools_tavern janitor character_ai"
    " risu text_generation_webui agnai koboldai".split()
)
_MACRO = re.compile(
    r"\{(?=\{)|<(?=/?(?:START|USER|BOT|CHAR|GROUP|CHARIFNOTGROUP)>)", re.IGNORECASE
)


def inactive(text: str) -> str:
    """The text with a blank in every bracket that a card reader would act on."""
    return _MACRO.sub(lambda found: f"{found[0]} ", text)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A message of the user and the reply to it."""

    said: StoredMessage
    reply: StoredMessage

    def as_example(self) -> str:
        said, reply = inactive(self.said.text), inactive(self.reply.text)
        return f"<START>\n{{{{user}}}}: {said}\n{{{{char}}}}: {reply}"


class CardKit:
    """One JSON document for SillyTavern and other front ends."""

    name = "card"
    one_persona = True

    def leave(self, talk: Talk) -> Leaving:
        """The card; the period and the source choose examples, its end inputs too.

        Raises:
            ValueError: The talk names no companion.
        """
        persona = talk.persona
        if persona is None:
            raise ValueError("a card is of one companion")
        # Answers that were set aside are no example of how it talked.
        talk = replace(talk, wanted=replace(talk.wanted, shown_only=True))
        period = talk.wanted.period
        until = None if period is None else period.until
        inputs, left = _newest(talk.inputs(persona), until)
        pairs = _examples(message.message for message in talk.messages())
        document = _card(persona.name, inputs, pairs)
        n_messages = 2 * len(pairs)
        n_others = talk.counts.n_messages - n_messages
        return Leaving(
            pieces=iter((json.dumps(document, indent=2), "\n")),
            n_messages=n_messages,
            n_conversations=len({pair.said.conversation_id for pair in pairs}),
            n_left_out=dict(talk.counts.left_out)
            | ({_NOT_AN_EXAMPLE: n_others} if n_others else {}),
            n_persona_inputs=len(inputs),
            n_inputs_left_out={reason: n for reason, n in left.items() if n},
        )


def _newest(
    inputs: Iterable[OutgoingInput], until: datetime | None
) -> tuple[list[OutgoingInput], dict[str, int]]:
    """The newest version of each input before a date, and why others are left out."""
    left = {"empty": 0, "later": 0, NOT_IN_FORMAT: 0, "older_version": 0}
    found: dict[tuple[str, str], OutgoingInput] = {}
    for one in inputs:
        key = _version_of(one)
        if not one.text.strip():
            left["empty"] += 1
        elif one.kind == "profile" and one.importer in _OF_CARDS:
            left[NOT_IN_FORMAT] += 1  # the name and the maker of another card
        elif until is not None and one.valid_from and one.valid_from >= until:
            left["later"] += 1
        else:
            left["older_version"] += key in found
            found[key] = one
    return sorted(found.values(), key=lambda one: one.id), left


def _version_of(one: OutgoingInput) -> tuple[str, str]:
    """What two versions of one input have in common."""
    if one.native_id is not None and one.kind not in _REPEATED:
        return one.kind, f"id {one.native_id}"
    # Two memories without an id are two memories.
    return one.kind, f"row {one.id}" if one.kind in _ENTRIES else f"title {one.title}"


def _examples(messages: Iterator[StoredMessage]) -> list[_Pair]:
    """The pairs that the rule chooses, oldest first; memory holds only those."""
    latest = heapq.nlargest(
        N_EXAMPLES,
        (
            (reply.sent_at is not None, reply.sent_at, number, _Pair(said, reply))
            for number, (said, reply) in enumerate(pairwise(messages))
            if _is_example(said, reply)
        ),
        # A talk without times goes by its order.
        key=lambda found: (found[0], found[1] or 0, found[2]),
    )
    return [found[3] for found in reversed(latest)]


def _is_example(said: StoredMessage, reply: StoredMessage) -> bool:
    both = (said, reply)
    return (
        said.conversation_id == reply.conversation_id
        and said.role is Role.USER
        and reply.role is Role.PERSONA
        and all(message.kind == "text" for message in both)
        and all(message.text.strip() for message in both)
        and all(len(message.text) <= MAX_LETTERS for message in both)
        and not any(mentions_crisis(message.text) for message in both)
    )


def _card(
    name: str, inputs: Sequence[OutgoingInput], pairs: Sequence[_Pair]
) -> dict[str, Any]:
    by_field: dict[str, list[OutgoingInput]] = {}
    for one in inputs:
        by_field.setdefault(_field_of(one), []).append(one)
    greetings = [_text(one) for one in by_field.get("first_mes", ())]
    told: dict[str, Any] = {key: _joined(by_field.get(key, ())) for key in _TEXTS}
    told["first_mes"] = greetings[0] if greetings else ""
    own_examples = [_text(one) for one in by_field.get("mes_example", ())]
    told["mes_example"] = "\n".join(
        [*own_examples, *(pair.as_example() for pair in pairs)]
    )
    entries = [_entry(one, n) for n, one in enumerate(by_field.get(_BOOK, ()), 1)]
    book = {"extensions": {}, "entries": entries}
    return {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            "name": inactive(name),
            **told,
            _GREETINGS: greetings[1:],
            **({_BOOK: book} if entries else {}),
            "tags": [],
            "creator": "",
            "character_version": "",
            "extensions": {
                "persona_vault": {
                    "version": 1,
                    "rule": _RULE,
                    "examples": [
                        {"user": pair.said.id, "persona": pair.reply.id}
                        for pair in pairs
                    ],
                    "inputs": {
                        key: [one.id for one in found]
                        for key, found in by_field.items()
                    },
                }
            },
        },
    }


def _field_of(one: OutgoingInput) -> str:
    return _BOOK if one.kind in _ENTRIES else _FIELDS.get(one.kind, "description")


def _text(one: OutgoingInput) -> str:
    return one.text if one.importer in _OF_CARDS else inactive(one.text)


def _joined(inputs: Sequence[OutgoingInput]) -> str:
    """One text as it is; several, each under what it was called."""
    if len(inputs) == 1:
        return _text(inputs[0])
    return "\n\n".join(f"{_label(one)}:\n{_text(one)}" for one in inputs)


def _label(one: OutgoingInput) -> str:
    kind = one.kind.removeprefix("card_").replace("_", " ").capitalize()
    return inactive(f"{kind} ({one.title})" if one.title else kind)


def _entry(one: OutgoingInput, number: int) -> dict[str, Any]:
    """An entry that always holds: by which words it was called up nobody can say."""
    return {
        "id": number,
        "name": inactive(one.title),
        "keys": [],
        "content": _text(one),
        "constant": True,
        "enabled": True,
        "insertion_order": number,
        "extensions": {},
    }
