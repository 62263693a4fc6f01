"""The demo's work: invented exports in, a report and its truth out; prints nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from persona_vault.cli._truth import Checked, check_update, check_user_shift
from persona_vault.demo import DemoWorld, generate
from persona_vault.demo.world import UPDATE_AT
from persona_vault.errors import NoModelError
from persona_vault.model import Event, Period, Role

if TYPE_CHECKING:
    from datetime import datetime

    from persona_vault.embedders import Embedder
    from persona_vault.findings import PersonaDiff
    from persona_vault.store.vault import Vault

PASSPHRASE_NAME = "passphrase.txt"  # noqa: S105 - the name of a file
N_BY_MEANING, N_BY_WORDS = 2, 1


@dataclass(frozen=True, slots=True)
class _Question:
    """A search whose right answer is known: any message that holds `phrase`."""

    meaning: str
    words: str
    phrase: str


# Every talk draws from the same lines, but not every line comes up in every talk.
_QUESTIONS = (
    _Question("snails ate my plants", "slugs", "the slugs got to"),
    _Question("a bird seen by the water", "heron", "saw a heron on"),
    _Question("hurt my foot while hiking", "twisted my ankle", "twisted my ankle on"),
    _Question("praise from my manager", "boss thanked", "actually thanked me for"),
    _Question("a cheap second-hand book", '"flea market"', "at the flea market"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """One search, its first hit, and whether that is a message that was meant."""

    query: str
    mode: str
    speaker: str
    sent_at: "datetime | None"
    text: str
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What the demo did.

    Attributes:
        embedder: Model of the search by meaning, "" where there is none.
        update, user_shift: The two comparisons, the first one with quotes.
        update_rows, user_shift_rows: Their rows beside the truth.
    """

    world: DemoWorld
    embedder: str
    searches: tuple[Searched, ...]
    update: "PersonaDiff"
    update_rows: tuple[Checked, ...]
    user_shift: "PersonaDiff"
    user_shift_rows: tuple[Checked, ...]


def take_tour(
    folder: Path, seed: int, say: Callable[[str], None], *, keep: bool = False
) -> Tour:
    """Make the exports and an encrypted vault in a folder, search it and compare.

    Args:
        folder: An empty one.
        seed: Of the invented talk.
        say: Called with a line before each step.
        keep: Write the vault's passphrase beside it; else nobody can open it again.
    """
    from persona_vault.store.keys import Cost
    from persona_vault.store.opening import create_vault
    from persona_vault.store.vault import open_vault

    passphrase = secrets.token_urlsafe(32)
    if keep:
        path = folder / PASSPHRASE_NAME
        path.write_text(f"{passphrase}\n", encoding="utf-8")
    say("1 of 5  Inventing the talk")
    world = generate(folder / "exports", seed)
    say(f"2 of 5  Reading {world.n_messages:,} messages into an encrypted vault")
    # Stretching is for passphrases that a person made up; this one cannot be guessed.
    cheap = Cost(memory_kib=64, passes=1, lanes=1)
    create_vault(folder / "vault", passphrase=passphrase, cost=cheap)
    with open_vault(folder / "vault", passphrase=passphrase) as vault:
        _import(vault, world)
        embedder = _embed(vault, say)
        searches = _search(vault, world, embedder)
        say("4 of 5  Comparing before and after the planted update")
        update = _compare_update(vault, world)
        say("5 of 5  Comparing before and during the planted change of Sam's side")
        user_shift = _compare_user_shift(vault, world)
    return Tour(
        world=world,
        embedder=embedder.model_id if embedder else "",
        searches=searches,
        update=update,
        update_rows=tuple(check_update(world, update)),
        user_shift=user_shift,
        user_shift_rows=tuple(check_user_shift(world, user_shift)),
    )


def _import(vault: "Vault", world: DemoWorld) -> None:
    from persona_vault.ingest import import_file

    vault.set_zone("UTC")
    for path in world.paths:
        only = (world.group,) if path == world.chatgpt else ()
        import_file(vault, path, persona=world.companion, only=only)
    vault.set_persona(world.companion, user_names=(world.user,))
    planted = Event(
        id=0,
        at=UPDATE_AT,
        kind="model_swap",
        title="The planted update: another model answers",
        persona=world.companion,
    )
    vault.add_event(planted)


def _embed(vault: "Vault", say: Callable[[str], None]) -> "Embedder | None":
    """Embed all messages; None where no model is on this machine."""
    from persona_vault.embedders import load_embedder
    from persona_vault.search import embed_messages

    try:
        embedder = load_embedder()
        say("3 of 5  Making messages findable by meaning (the longest step)")
        embed_messages(vault, embedder)
    except NoModelError:
        say("3 of 5  Searching by words only: no embedding model on this machine")
        return None
    return embedder


def _search(
    vault: "Vault", world: DemoWorld, embedder: "Embedder | None"
) -> tuple[Searched, ...]:
    from persona_vault.search import search_messages

    written = "".join(path.read_text(encoding="utf-8") for path in world.paths)
    known = [q for q in _QUESTIONS if q.phrase in written]
    searches = []
    for i, question in enumerate(known[: N_BY_MEANING + N_BY_WORDS]):
        by_meaning = embedder is not None and i < N_BY_MEANING
        found = search_messages(
            vault,
            question.meaning if by_meaning else question.words,
            k=1,
            mode="semantic" if by_meaning else "keyword",
            role=Role.USER,
            context=0,
            embedder=embedder,
        )
        hit = found.hits[0] if found.hits else None
        searches.append(
            Searched(
                query=found.query,
                mode=found.mode,
                speaker=world.user,
                sent_at=hit.sent_at if hit else None,
                text=hit.text if hit else "",
                right=hit is not None and question.phrase in hit.text,
            )
        )
    return tuple(searches)


def _compare_update(vault: "Vault", world: DemoWorld) -> "PersonaDiff":
    from persona_vault.comparison import compare_periods
    from persona_vault.diff import around_date

    return compare_periods(vault, world.companion, *around_date(UPDATE_AT))


def _compare_user_shift(vault: "Vault", world: DemoWorld) -> "PersonaDiff":
    from persona_vault.diff import diff_periods

    return diff_periods(
        vault,
        world.companion,
        Period(until=world.user_shift_at),
        Period(since=world.user_shift_at, until=world.user_shift_until),
    )
