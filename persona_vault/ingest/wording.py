"""The sentences of an import's ledger: what to know before relying on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from persona_vault.ingest.ledger import FORGOTTEN, MAX_LISTED, ImportReport
from persona_vault.ingest.tally import Tally
from persona_vault.model import TimeQuality

_UNUSABLE = (TimeQuality.NONE, TimeQuality.CAPTURE, TimeQuality.CHAT_LEVEL)
_MOST_NAMED = 5

# The sentence that naming a zone later makes untrue.
ASKS_FOR_ZONE = (
    " without a zone; name the one they were written in with --timezone and import the"
    " file again, or set your own with `persona-vault zone`."
)

# SourceFact name -> value -> sentence; "" stands for any other value.
_FACTS = {
    "signature": {
        "authentic": "The vendor's signature on this export is valid: nothing in the"
        " signed part was changed after it was made.",
        "altered": "The vendor's signature does not fit this export: something in the"
        " signed part was changed after it was made.",
        "cannot_tell": "This export bears a signature that could not be checked, so we"
        " could not tell whether something in it was changed.",
    },
    "truncated_by_vendor": {"": "The vendor does not hand out everything: {value}."},
    "answers": {
        "last_tried": "Where several answers were tried, the program that wrote this"
        " file kept the last one, which need not be the one that stood in the app.",
        "shown_unknown": "Where the last message had several answers, the file does not"
        " say which one stood in the app; the earliest was taken.",
        "rejected_among_them": "The program that wrote this file noted what was on the"
        " screen, so answers that were replaced later may stand among the others.",
    },
    "repeats": {
        "left_out": "The program that wrote this file left out messages with the same"
        " words as a recent one; real repeats may be missing."
    },
    "user": {
        "": "Several people besides the companion speak in this talk and none was named"
        " as you; name yourself with --me to have your side measured."
    },
    "branch": {
        "": "A chat that branched off from another one was read without that other one;"
        " import the folder of the character to join them."
    },
    "messages_without_text": {"": "Messages that hold no words: {value}."},
    "changes_beside": {
        "": "A file of unsaved changes lies beside the database and was not read; close"
        " the program that writes it and export again."
    },
    "next_page": {
        "": "The file names a further page that is no part of it; import that one too."
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the reading itself turned up, beside the counts.

    Attributes:
        equal_times: Whether the times were set aside as all equal.
        n_unmatched: Choices by `--only` that matched nothing.
        n_unjoined: Conversations without times that share nothing with what was kept.
    """

    equal_times: bool
    n_unmatched: int
    n_unjoined: int


def write_warnings(report: ImportReport, whole: Tally, told: Told) -> tuple[str, ...]:
    """Whole sentences, the ones about completeness first."""
    return (
        *_on_completeness(report, whole),
        *_on_facts(report),
        *_on_messages(report),
        *_on_times(report, whole, told),
        *_on_attachments(report),
        *_on_reading(report, told),
    )


def _on_completeness(report: ImportReport, whole: Tally) -> Iterator[str]:
    missing = report.missing_files
    if missing:
        names = ", ".join(missing[:_MOST_NAMED])
        more = len(missing) - _MOST_NAMED
        names += f" and {more:,} more" if more > 0 else ""
        yield (
            f"The export promises {_count(len(missing), 'file', 'files')} that"
            f" {'is' if len(missing) == 1 else 'are'} not here ({names}); what"
            f" {'it holds' if len(missing) == 1 else 'they hold'} is missing from"
            " the vault until you import the whole export."
        )
    if report.source["importer"].startswith("replika"):
        begins = f" ({report.first_at:%Y-%m-%d})" if report.first_at else ""
        yield (
            "Replika does not hand out its oldest messages; the talk may have begun"
            f" before the first message here{begins}."
        )
    if report.gaps:
        longest = max(report.gaps, key=lambda gap: int(gap["n_days"]))
        stretches = _count(len(report.gaps), "stretch", "stretches")
        yield (
            f"{stretches} of more than 30 days without a message; the longest is"
            f" from {longest['since']} to {longest['until']}."
        )
    if whole.n_messages and not whole.n_replies:
        yield (
            "No message of the companion's side was recognised; if names tell the"
            " sides apart, give them with --me and --them."
        )
    share = report.share_model_observed
    if share is not None and 0 < share < 1:
        yield (
            f"The model that answered is named on {whole.n_replies_with_model:,} of"
            f" {whole.n_replies:,} of the companion's messages."
        )


def _on_facts(report: ImportReport) -> Iterator[str]:
    """Facts that have a sentence, each once, however many files say the same."""
    sentences: dict[str, None] = {}
    for fact in report.facts:
        known = _FACTS.get(fact["name"], {})
        sentence = known.get(fact["value"]) or known.get("", "")
        sentences[sentence.format(value=fact["value"].rstrip("."))] = None
    yield from filter(None, sentences)


def _on_messages(report: ImportReport) -> Iterator[str]:
    n = report.n_regenerated
    if n:
        yield (
            f"{_count(n, 'reply was', 'replies were')} replaced by another answer at"
            " the same place; they are kept, and not counted as part of the talk."
        )
    n = report.flags.get("joined_possible", 0)
    if n:
        yield (
            f"{_count(n, 'message', 'messages')} may be several that the export wrote"
            " as one; lengths and counts rest on them as they stand."
        )


def _on_times(report: ImportReport, whole: Tally, told: Told) -> Iterator[str]:
    n_demoted = report.flags.get("time_demoted", 0)
    if told.equal_times:
        yield (
            "Nearly all messages bear the same time, so the times were set aside and"
            " the order of the file was kept."
        )
    elif n_demoted:
        yield (
            f"The times of {_count(n_demoted, 'message', 'messages')} look as if a"
            " tool wrote them while copying; they were set aside and the order of the"
            " file was kept."
        )
    n_without = sum(report.time_quality.get(quality, 0) for quality in _UNUSABLE)
    if n_without:
        yield (
            f"{_count(n_without, 'message bears', 'messages bear')} no usable time;"
            " periods can be cut by message number instead."
        )
    if whole.n_unplaced:
        bear = _count(whole.n_unplaced, "message bears", "messages bear")
        yield f"{bear} a time{ASKS_FOR_ZONE}"
    if whole.n_ambiguous:
        yield (
            f"{_count(whole.n_ambiguous, 'message falls', 'messages fall')} in an"
            " hour in which the clocks changed, and may be off by that change."
        )
    if told.n_unjoined:
        threads = _count(told.n_unjoined, "conversation", "conversations")
        yield (
            f"{threads} without times shared no stretch with what was kept before;"
            " the new messages were put after it."
        )


def _on_attachments(report: ImportReport) -> Iterator[str]:
    counts = report.attachments
    named = _count(counts["n_named"], "attachment is", "attachments are")
    if counts["n_unreadable"]:
        damaged = _count(counts["n_unreadable"], "attachment is", "attachments are")
        yield f"{damaged} damaged inside the export and could not be read."
    if counts["n_named"] and not counts["n_found"]:
        yield f"{named} named; no file of theirs was found in the export."
    elif counts["n_found"] > counts["n_kept"]:
        yield (
            f"{named} named, {counts['n_found']:,} found in the export and"
            f" {counts['n_kept']:,} kept; import it again with --with-attachments to"
            " keep the files in the vault."
        )
    elif counts["n_named"] > counts["n_kept"]:
        yield f"{named} named, {counts['n_kept']:,} found in the export and kept."


def _on_reading(report: ImportReport, told: Told) -> Iterator[str]:
    n_forgotten = report.ignored.get(FORGOTTEN, 0)
    if n_forgotten:
        yield (
            f"{_count(n_forgotten, 'record was', 'records were')} left out because you"
            f" let the vault forget {'it' if n_forgotten == 1 else 'them'}; import the"
            " file again with --bring-back to take"
            f" {'it' if n_forgotten == 1 else 'them'} in again."
        )
    if told.n_unmatched:
        yield (
            f"{_count(told.n_unmatched, 'choice', 'choices')} given with --only"
            " matched no conversation."
        )
    if report.n_issues > MAX_LISTED:
        yield f"Only the first {MAX_LISTED:,} issues are listed."
    if report.n_duplicate and report.n_duplicate + report.n_ignored == report.n_read:
        rest = "Everything else" if n_forgotten else "Everything"
        yield f"{rest} in this source was in the vault already."


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
