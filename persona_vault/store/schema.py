"""The tables. Names are singular; times are microseconds since 1970 in UTC.

Ids that a person may have written down (messages, sources, ...) are never given again.
"""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _ref(table: str, *, name: str | None = None, null: bool = False) -> Column[int]:
    return Column(
        name or f"{table}_id",
        Integer,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        nullable=null,
    )


# Settings of the vault itself: zone, chosen model, ...
setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

persona = Table(
    "persona",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("pronoun", Text, nullable=False, default=""),
    Column("user_names", Text, nullable=False, default="[]"),  # JSON list
    Column("own_names", Text, nullable=False, default="[]"),  # JSON list
)

# What was named on one import call: a file, a zip, a folder.
source = Table(
    "source",
    metadata,
    _id(),
    _ref("persona"),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("n_bytes", Integer, nullable=False),
    Column("importer", Text, nullable=False),
    Column("importer_version", Integer, nullable=False),
    Column("app", Text, nullable=False),
    Column("imported_at", Integer, nullable=False),
    Column("zone", Text),  # what zone-less times of this source were read in
    Column("manifest", Text, nullable=False, default="{}"),  # member -> sha256
    # JSON as `import --json` prints it, without its conversations.
    Column("ledger", Text, nullable=False),
    # Whether `zone` was named for this import; else it was the vault's.
    Column("zone_named", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

conversation = Table(
    "conversation",
    metadata,
    _id(),
    _ref("persona"),
    Column("app", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("group_name", Text, nullable=False, default=""),
    Column("threaded", Integer, nullable=False, default=1),
    UniqueConstraint("persona_id", "app", "native_id"),
    sqlite_autoincrement=True,
)

# What a source told of one conversation, and what became of it: JSON.
conversation_ledger = Table(
    "conversation_ledger",
    metadata,
    Column(
        "source_id",
        Integer,
        ForeignKey("source.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "conversation_id",
        Integer,
        ForeignKey("conversation.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("ledger", Text, nullable=False),
    Index("ix_conversation_ledger_conversation_id", "conversation_id"),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    _id(),
    _ref("conversation"),
    _ref("source"),  # where it was seen first
    # Native id, else a digest of (time, speaker, text, occurrence): see ingest.
    Column("identity", Text, nullable=False),
    Column("native_id", Text),
    Column("role", Text, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Integer),
    Column("local_at", Text),
    Column("time_quality", Text, nullable=False),
    Column("zone", Text),  # the zone assumed for local_at
    Column("position", Integer, nullable=False),  # reading order in conversation
    Column("kind", Text, nullable=False, default="text"),
    Column("shown", Integer, nullable=False, default=1),
    Column("parent", Text),
    Column("flags", Text, nullable=False, default=""),  # space separated
    UniqueConstraint("conversation_id", "identity"),
    Index("ix_message_reading_order", "conversation_id", "position"),
    Index("ix_message_sent_at", "sent_at"),
    sqlite_autoincrement=True,
)

# Which sources hold which message: what forgetting a source may take away.
message_source = Table(
    "message_source",
    metadata,
    Column(
        "message_id",
        Integer,
        ForeignKey("message.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "source_id",
        Integer,
        ForeignKey("source.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Index("ix_message_source_source_id", "source_id"),
    sqlite_with_rowid=False,
)

# Which source showed which text, for a message that was seen with more than one.
# A message that never changed has no row here. With the first change every source that
# held it gets a row with the text it showed, the new source one with the new text;
# later sources add theirs, a text seen before included. message.text is the newest.
# `store.revisions.note_text` writes all this.
revision = Table(
    "revision",
    metadata,
    _id(),
    _ref("message"),
    _ref("source"),
    Column("text", Text, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Index("ix_revision_message_id", "message_id"),
)

model_claim = Table(
    "model_claim",
    metadata,
    _id(),
    _ref("message", null=True),
    _ref("conversation", null=True),
    Column("value", Text, nullable=False),
    Column("claim_source", Text, nullable=False),
    Column("part", Text, nullable=False),
    Index("ix_model_claim_message_id", "message_id"),
    Index("ix_model_claim_conversation_id", "conversation_id"),
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    _ref("message"),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False, default=""),
    Column("n_bytes", Integer),
    Column("sha256", Text),
    Column("kept", Integer, nullable=False, default=0),
    Index("ix_attachment_message_id", "message_id"),
)

# Which source brought which bytes for an attachment; `attachment.sha256` and `.kept`
# say what is known of it now. `store.files` writes all this.
attachment_source = Table(
    "attachment_source",
    metadata,
    Column(
        "attachment_id",
        Integer,
        ForeignKey("attachment.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "source_id",
        Integer,
        ForeignKey("source.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("sha256", Text, nullable=False),
    Column("kept", Integer, nullable=False),
    Index("ix_attachment_source_source_id", "source_id"),
    Index("ix_attachment_source_sha256", "sha256"),
    sqlite_with_rowid=False,
)

# The bytes of kept attachments, each content once, in pieces of at most 1 MiB.
file_chunk = Table(
    "file_chunk",
    metadata,
    _id(),
    Column("sha256", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("sha256", "number"),
)

# The vendor's own record, zlib-compressed, so that a better parser can read it again.
raw_record = Table(
    "raw_record",
    metadata,
    _id(),
    _ref("source"),
    _ref("message", null=True),
    _ref("persona_input", null=True),
    Column("place", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_raw_record_message_id", "message_id"),
    Index("ix_raw_record_source_id", "source_id"),
    Index("ix_raw_record_persona_input_id", "persona_input_id"),
)

persona_input = Table(
    "persona_input",
    metadata,
    _id(),
    _ref("persona"),
    _ref("source"),
    Column("identity", Text, nullable=False),
    Column("native_id", Text),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("text", Text, nullable=False),
    Column("valid_from", Integer),
    UniqueConstraint("persona_id", "identity"),
)

# Which sources hold which persona input, as for messages.
persona_input_source = Table(
    "persona_input_source",
    metadata,
    Column(
        "persona_input_id",
        Integer,
        ForeignKey("persona_input.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "source_id",
        Integer,
        ForeignKey("source.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    _id(),
    _ref("persona", null=True),
    Column("at", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("precision", Text, nullable=False, default="day"),
    Column("source", Text, nullable=False, default="user"),
    sqlite_autoincrement=True,
)

# What search really sees of a message: "speaker: previous turn + turn". Derived.
passage = Table(
    "passage",
    metadata,
    Column(
        "message_id",
        Integer,
        ForeignKey("message.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("text", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # blake2b-128 of text
    Index("ix_passage_digest", "digest"),
)

# A vector belongs to a text that was really embedded, not to a message.
vector = Table(
    "vector",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("model_id", Text, primary_key=True),
    Column("precision", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # little-endian float16
    sqlite_with_rowid=False,
)

# Vectors a second time, for a fast search: see `store.vector_parts`. A trigger on
# `vector` empties it where one is deleted or changed. Derived.
vector_part = Table(
    "vector_part",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", Text, nullable=False),
    Column("error", Float, nullable=False),
    Column("digests", LargeBinary, nullable=False),  # 16 bytes each
    Column("scales", LargeBinary, nullable=False),  # little-endian float32
    Column("codes", LargeBinary, nullable=False),  # int8, a vector after the other
)

VECTOR_PART_TRIGGERS = tuple(
    f"CREATE TRIGGER vector_part_{verb} AFTER {verb.upper()} ON vector"  # noqa: S608
    " BEGIN DELETE FROM vector_part WHERE model_id = old.model_id; END"
    for verb in ("update", "delete")
)

# Full text over passage.text, made by the migration. External content: rows go out of
# it by the 'delete' command BEFORE their passage goes, see `store.passages`.
MESSAGE_FTS = """
CREATE VIRTUAL TABLE message_fts USING fts5(
  text, content='passage', content_rowid='message_id',
  tokenize='porter unicode61 remove_diacritics 2'
)
"""

# Without this a deleted word stays readable in the index.
MESSAGE_FTS_SECURE = (
    "INSERT INTO message_fts(message_fts, rank) VALUES ('secure-delete', 1)"
)

snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    _ref("persona"),
    Column("name", Text, nullable=False),
    Column("taken_at", Integer, nullable=False),
    Column("n_quotes", Integer, nullable=False, default=0),
    Column("sha256", Text, nullable=False),
)

# Marks of what was forgotten, so that the next import does not bring it back unseen.
# No word stands here: `store.forgotten` makes keyed hashes. `thread`, `after_id` and
# `place` are of messages that only their neighbours told apart.
forgotten = Table(
    "forgotten",
    metadata,
    _id(),
    Column("sign", LargeBinary, nullable=False),
    Column("thread", LargeBinary),
    Column("after_id", Integer, nullable=False),  # message id, 0 = at the start
    Column("place", Integer, nullable=False),  # among those after the same message
    Index("ix_forgotten_sign", "sign"),
    Index("ix_forgotten_thread", "thread"),
)

# Hits of a measure that the user marked wrong, see `store.marks`.
wrong_hit = Table(
    "wrong_hit",
    metadata,
    Column(
        "message_id",
        Integer,
        ForeignKey("message.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("row", Text, primary_key=True),
    Column("text_digest", LargeBinary, nullable=False),  # of the text as it was then
    Column("marked_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Short hashes of rows, see `store.hashing`: for a block of rows a hash over the hashes,
# then 8 bytes for each row. Derived.
row_hash = Table(
    "row_hash",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("block", LargeBinary, primary_key=True),  # a number, or bytes
    Column("digests", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# The blocks that the present transaction has touched; empty between transactions.
row_hash_stale = Table(
    "row_hash_stale",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("block", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

# The tables with row hashes, and SQL of the block that a row belongs to: 256 ids, or
# the first two bytes of a digest. A revision that changes the columns of one of them
# notes all its blocks in row_hash_stale, one that rebuilds one makes its triggers anew.
HASHED = {
    "setting": "0",
    "persona": "{row}id >> 8",
    "source": "{row}id >> 8",
    "conversation": "{row}id >> 8",
    "conversation_ledger": "{row}source_id >> 8",
    "message": "{row}id >> 8",
    "message_source": "{row}message_id >> 8",
    "revision": "{row}id >> 8",
    "model_claim": "{row}id >> 8",
    "attachment": "{row}id >> 8",
    "attachment_source": "{row}attachment_id >> 8",
    "file_chunk": "{row}id >> 8",
    "raw_record": "{row}id >> 8",
    "persona_input": "{row}id >> 8",
    "persona_input_source": "{row}persona_input_id >> 8",
    "event": "{row}id >> 8",
    "vector": "substr({row}digest, 1, 2)",
    "snapshot": "{row}id >> 8",
    "forgotten": "{row}id >> 8",
    "wrong_hit": "{row}message_id >> 8",
}


def hash_triggers(table: str, block: str) -> list[str]:
    """The statements that let a table note which of its blocks were touched."""
    note = "INSERT INTO row_hash_stale VALUES ('{}', {}) ON CONFLICT DO NOTHING;"
    new = note.format(table, block.format(row="new."))
    old = note.format(table, block.format(row="old."))
    return [
        f"CREATE TRIGGER row_hash_{table}_{verb} AFTER {verb.upper()} ON {table}"
        f" BEGIN {body} END"
        for verb, body in (
            ("insert", new),
            ("update", f"{old} {new}"),
            ("delete", old),
        )
    ]
