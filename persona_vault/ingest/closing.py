"""The end of an import: what became of each record, said and written down."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from persona_vault.ingest.arrival import Arrivals
from persona_vault.ingest.inputs import InputArrivals
from persona_vault.ingest.ledger import (
    Became,
    ConversationAccount,
    ImportReport,
    Ledger,
    accounted,
)
from persona_vault.ingest.settle import Settlement
from persona_vault.ingest.tally import Tally
from persona_vault.ingest.wording import Told, write_warnings
from persona_vault.plain import plain

_WRITE = (
    "INSERT INTO conversation_ledger (source_id, conversation_id, ledger)"
    " VALUES (?, ?, ?) ON CONFLICT (source_id, conversation_id)"
    " DO UPDATE SET ledger = excluded.ledger"
)


class Closing:
    """Puts together what reading, writing and settling one source have found."""

    def __init__(
        self,
        ledger: Ledger,
        whole: Tally,
        arrivals: Arrivals,
        inputs: InputArrivals,
        settlement: Settlement,
    ) -> None:
        self._ledger = ledger
        self._whole = whole
        self._arrivals = arrivals
        self._inputs = inputs
        self._settlement = settlement
        self._became = {key: self._outcome(key) for key in ledger.tallies}

    def _outcome(self, key: str | None) -> Became:
        """What became of a conversation's messages and inputs together."""
        found = replace(self._inputs.became.get(key, Became()))
        thread = self._arrivals.threads.get(key) if key else None
        if thread is not None:
            n_revised = self._settlement.revised[thread.id]
            found.n_messages_added = thread.n_added
            found.n_added += thread.n_added
            found.n_revised += n_revised
            n_known = len(thread.told) - thread.n_added - thread.n_forgotten
            found.n_duplicate += n_known - n_revised
        return found

    @property
    def _total(self) -> Became:
        total = Became()
        for one in self._became.values():
            total.n_added += one.n_added
            total.n_duplicate += one.n_duplicate
            total.n_revised += one.n_revised
            total.n_messages_added += one.n_messages_added
        return total

    @property
    def brought_nothing(self) -> bool:
        """Whether this very file was there, and all of it was known."""
        total = self._total
        known = self._settlement.known_source_id is not None
        return known and not total.n_added and not total.n_revised

    def report(
        self,
        *,
        skipped: Iterable[tuple[str, str]],
        attachments: Mapping[str, int],
        n_unmatched: int,
        **facts: Any,
    ) -> ImportReport:
        """The report of the import, its sentences included.

        Args:
            skipped: Members that were not opened, with the reason.
            attachments: What became of their bytes.
            n_unmatched: Choices by `--only` that matched nothing.
            facts: Fields of the report that stand as they are given.
        """
        ledger, whole = self._ledger, self._whole
        reasons: dict[str, int] = {}
        for _, reason in skipped:
            reasons[reason] = reasons.get(reason, 0) + 1
        report = ImportReport(
            **accounted(whole, self._total),
            **facts,
            n_conversations=len(self._arrivals.threads),
            conversations=tuple(
                ConversationAccount(
                    **accounted(tally, self._became[key]),
                    native_id=ledger.conversations[key].native_id,
                    title=ledger.conversations[key].title,
                )
                for key, tally in ledger.tallies.items()
                if key is not None
            ),
            attachments={"n_named": whole.n_attachments, **attachments},
            missing_files=tuple(ledger.missing_files),
            skipped_files=reasons,
            facts=tuple(plain(fact) for fact in ledger.facts),
            warnings=(),
        )
        told = Told(
            equal_times=report.options["times_set_aside"],
            n_unmatched=n_unmatched,
            n_unjoined=self._settlement.n_unjoined,
        )
        return replace(report, warnings=write_warnings(report, whole, told))

    def record_conversations(self, report: ImportReport, source_id: int) -> None:
        """Write the account of each conversation that the vault has a row for."""
        threads = self._arrivals.threads
        keys = (key for key in self._ledger.tallies if key is not None)
        rows = [
            (source_id, threads[key].id, _as_text(one))
            for key, one in zip(keys, report.conversations, strict=True)
            if key in threads
        ]
        if rows:
            self._arrivals.connection.exec_driver_sql(_WRITE, rows)


def _as_text(account: ConversationAccount) -> str:
    return json.dumps(account.to_dict(), ensure_ascii=False)
