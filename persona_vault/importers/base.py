"""The seam to export formats: what an importer is and what it yields."""

from collections.abc import Iterator
from typing import ClassVar, Protocol, runtime_checkable

from persona_vault.importers.alone import Told
from persona_vault.importers.source import Source
from persona_vault.model import ReadOptions, Record


class Importer(Protocol):
    """Reads one family of export files, one record at a time.

    An importer never sees the store. It knows a file by its content, never by its
    name alone, and yields every record of it exactly once, in file order: a message,
    a persona input, a record left out on purpose (`Ignored`) or one that could not be
    read (`ImportIssue`). A bad record never stops the run; a file that is broken as a
    whole (truncated, wrong encoding) raises `InputRejectedError`.

    Attributes:
        name: Short and stable, such as "replika"; also the value of `--format`.
        version: Raised when the same file would give other records.
        app: The app whose talk it is, such as "replika"; "" where only the user knows.
        tier: "vendor" is tried before "generic"; two matches inside one tier are an
            error that names both, never a guess.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    app: ClassVar[str]
    tier: ClassVar[str]

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Whether the file is of this format; reads at most 64 KiB of each member."""
        ...

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Every record of the file, in order.

        Raises:
            InputRejectedError: The file as a whole cannot be read.
        """
        ...


@runtime_checkable
class RereadingImporter(Importer, Protocol):
    """An importer that can also read one of its raw records again, without the file.

    For formats in which a record stands for itself. `persona-vault reimport` calls it
    where the importer's version is another than the one that the source was read by.
    """

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """What a record, kept as `Message.raw` or `PersonaInput.raw`, is read as now.

        What only the record's surroundings tell may be left at its default: the
        conversation and `parent` are not looked at, neither are the flags "branch",
        "edited", "orphan" and "regenerated", and with the same role and kind `shown`
        stays as it was. None where the record alone does not say enough.
        """
        ...


@runtime_checkable
class TellingImporter(Importer, Protocol):
    """An importer whose raw records alone tell the words, not all around them.

    `persona-vault verify` compares with messages what it tells. `reimport` changes
    nothing by it: for that the record must stand for itself, and so must every message
    of the file (see `RereadingImporter`), else some of a source would be read by one
    version and some by another.
    """

    def tell(self, raw: str, where: str, options: ReadOptions) -> Told | None:
        """What a record, kept as `Message.raw` or `PersonaInput.raw`, says by itself.

        Of a reader that can also reread, it is asked only where `reread` gives no
        message or input. None where the record alone tells nothing for sure: what is
        kept of a sound message must never be unlike it.
        """
        ...
