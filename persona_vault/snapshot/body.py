"""A snapshot: a period of a talk, measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from persona_vault.findings import Quote
from persona_vault.model import Period
from persona_vault.snapshot.groups import CovariateSums
from persona_vault.snapshot.heard import HeardSample
from persona_vault.snapshot.sums import BlockInfo, RowSpec, RowSums


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A period of one persona's talk, ready to be compared.

    Attributes:
        persona: Its name; "" in a file written without names.
        period: What was asked for; since/until may be None.
        blocks: In reading order; every row has one entry for each.
        specs: Row name -> spec.
        rows: Side ("persona", "user") -> row name -> sums.
        excluded: Reason -> messages of the period that were not measured.
        time_quality: Quality -> messages.
        covariates: What the user brought to the replies, as sums by group; None in a
            file of format version 1.
        heard: Of what the replies answer, an even sample as vectors; never in a file.
        marked: Side -> row -> hits left out because the user marked them wrong; rows
            without any are left out, as in a part of a snapshot.
        sources: SHA-256 of the sources the messages came from, sorted.
        quotes: Verbatim examples, only where asked for.
    """

    persona: str
    period: Period
    blocks: tuple[BlockInfo, ...]
    specs: Mapping[str, RowSpec]
    rows: Mapping[str, Mapping[str, RowSums]]
    excluded: Mapping[str, int] = field(default_factory=dict)
    time_quality: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    tool_version: str = ""
    catalogue_version: int = 0
    quotes: tuple[Quote, ...] = ()
    covariates: CovariateSums | None = None
    heard: HeardSample | None = None
    marked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def n_messages(self) -> int:
        """The persona's messages measured."""
        return sum(b.n_messages for b in self.blocks)

    @property
    def n_user_messages(self) -> int:
        """The user's messages measured."""
        return sum(b.n_user_messages for b in self.blocks)

    def part(self, blocks: Iterable[int]) -> "Snapshot":
        """Some of its blocks; what the user brought is not known of a part."""
        kept = sorted(blocks)
        return replace(
            self,
            blocks=tuple(self.blocks[i] for i in kept),
            rows={
                side: {name: row.part(kept) for name, row in rows.items()}
                for side, rows in self.rows.items()
            },
            covariates=None,
            heard=None,
            marked={},
        )

    def __repr__(self) -> str:
        return f"Snapshot({self.n_messages} messages in {len(self.blocks)} blocks)"
