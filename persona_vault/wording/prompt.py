"""Sentences about the prompt: what the companion was told to be, and since when."""

from collections.abc import Mapping, Sequence
from typing import Any

from persona_vault.findings import PersonaDiff
from persona_vault.wording.numbers import count, date_words, listed

TITLE = "What this companion was told to be"
_SINGLE = {
    "custom_instructions": "custom instructions",
    "backstory": "backstory",
    "directive": "directive",
    "greeting": "greeting",
    "profile": "profile",
    "system_prompt": "system prompt",
    "project_prompt": "project prompt",
    "scenario": "scenario",
}
_MANY = {
    "memory": ("memory", "memories"),
    "diary": ("diary entry", "diary entries"),
    "journal": ("journal entry", "journal entries"),
    "lorebook_entry": ("lorebook entry", "lorebook entries"),
    "mind_map": ("mind map term", "mind map terms"),
    "project_doc": ("project file", "project files"),
    "example_dialogue": ("example dialogue", "example dialogues"),
}
# More than these are counted, not listed.
MOST_LISTED = 8


def input_kind(kind: str) -> str:
    """A kind of persona input in plain words; an unknown kind as it stands."""
    many = _MANY.get(kind)
    return many[0] if many else _SINGLE.get(kind, kind.replace("_", " "))


def prompt_sentences(record: Mapping[str, Any] | None) -> list[str]:
    """What is known of the prompt over both periods; empty where nothing is."""
    if not record:
        return []
    versions = record["versions"]
    near = [version for version in versions if version["near"]]
    far = [version for version in versions if not version["near"]]
    sentences = [_version(version) for version in near[:MOST_LISTED]]
    if len(near) > MOST_LISTED:
        sentences.append(
            f"{count(len(near) - MOST_LISTED, 'further version')} as well."
        )
    if near:
        sentences.append(
            "A new prompt and the date of this comparison lie within three days; which"
            " of the two a change in the replies goes with cannot be read from dates."
        )
    elif versions or record["counts"]:
        sentences.append(
            "In the files that were read, no new version of what this companion was"
            " told to be falls within three days of the date."
        )
    if far:
        sentences.append(
            "Further from the date, first seen: "
            + listed([_short(version) for version in far[:MOST_LISTED]])
            + (
                f", and {count(len(far) - MOST_LISTED, 'further version')}."
                if len(far) > MOST_LISTED
                else "."
            )
        )
    sentences += [_counted(entry) for entry in record["counts"]]
    if record["n_undated"]:
        n = int(record["n_undated"])
        sentences.append(
            f"Of {count(n, 'further input')} the files do not say since when"
            f" {'it holds' if n == 1 else 'they hold'}."
        )
    return sentences


def _named(version: Mapping[str, Any]) -> str:
    return input_kind(str(version["kind"]))


def _version(version: Mapping[str, Any]) -> str:
    n_words = int(version["n_words"])
    text = (
        f"Near the date, on {date_words(version['at'], 'day')}, a version of the"
        f" {_named(version)} was first seen ({count(n_words, 'word')}"
    )
    kept = version["n_words_kept"]
    if version["n_words_before"] is None:
        return f"{text}; no earlier version is known)."
    if kept is None:
        return f"{text}; the version before it had {version['n_words_before']:,})."
    return (
        f"{text}, {int(kept):,} of them as in the version before, which had"
        f" {int(version['n_words_before']):,})."
    )


def _short(version: Mapping[str, Any]) -> str:
    return f"{_named(version)} ({date_words(version['at'], 'day')})"


def _counted(entry: Mapping[str, Any]) -> str:
    kind = str(entry["kind"])
    one, many = _MANY.get(kind, (kind.replace("_", " "),) * 2)
    text = (
        f"{count(int(entry['n_before']), one, many)} first seen in the earlier period,"
        f" {int(entry['n_after']):,} in the later one"
    )
    n_near = int(entry["n_near"])
    return f"{text}, {n_near:,} of all within three days of the date."


def input_event(version: Mapping[str, Any]) -> dict[str, Any]:
    """A version near the date as an event for the list of what coincides."""
    return {
        "id": None,
        "at": version["at"],
        "kind": "persona_edit",
        "title": f"A version of the {_named(version)} first seen",
        "precision": "day",
        "source": "observed",
        "persona": None,
    }


def prompt_lines(diff: PersonaDiff) -> Sequence[str]:
    """The sentences, or the one that says that nothing is known.

    Empty for a diff of two files, which hold nothing of the prompt.
    """
    if not diff.read:
        return ()
    return prompt_sentences(diff.prompt) or (
        "No prompt, card, instructions or memories were in the files that were read;"
        " whether they changed is not known.",
    )
