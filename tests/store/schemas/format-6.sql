PRAGMA application_id=1347832916;
PRAGMA user_version=6;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE persona (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	pronoun TEXT NOT NULL, 
	user_names TEXT NOT NULL, 
	own_names TEXT NOT NULL, 
	CONSTRAINT pk_persona PRIMARY KEY (id), 
	CONSTRAINT uq_persona_name UNIQUE (name)
);
CREATE TABLE setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_setting PRIMARY KEY ("key")
);
CREATE TABLE vector (
	digest BLOB NOT NULL, 
	model_id TEXT NOT NULL, 
	precision TEXT NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_vector PRIMARY KEY (digest, model_id, precision)
)
 WITHOUT ROWID

;
CREATE TABLE conversation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	persona_id INTEGER NOT NULL, 
	app TEXT NOT NULL, 
	native_id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	group_name TEXT NOT NULL, 
	threaded INTEGER NOT NULL, 
	CONSTRAINT fk_conversation_persona_id_persona FOREIGN KEY(persona_id) REFERENCES persona (id) ON DELETE CASCADE, 
	CONSTRAINT uq_conversation_persona_id_app_native_id UNIQUE (persona_id, app, native_id)
);
CREATE TABLE event (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	persona_id INTEGER, 
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	precision TEXT NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT fk_event_persona_id_persona FOREIGN KEY(persona_id) REFERENCES persona (id) ON DELETE CASCADE
);
CREATE TABLE snapshot (
	id INTEGER NOT NULL, 
	persona_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	taken_at INTEGER NOT NULL, 
	n_quotes INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	CONSTRAINT pk_snapshot PRIMARY KEY (id), 
	CONSTRAINT fk_snapshot_persona_id_persona FOREIGN KEY(persona_id) REFERENCES persona (id) ON DELETE CASCADE
);
CREATE TABLE source (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	persona_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	n_bytes INTEGER NOT NULL, 
	importer TEXT NOT NULL, 
	importer_version INTEGER NOT NULL, 
	app TEXT NOT NULL, 
	imported_at INTEGER NOT NULL, 
	zone TEXT, 
	manifest TEXT NOT NULL, 
	ledger TEXT NOT NULL, zone_named INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT fk_source_persona_id_persona FOREIGN KEY(persona_id) REFERENCES persona (id) ON DELETE CASCADE
);
CREATE TABLE message (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	conversation_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	native_id TEXT, 
	role TEXT NOT NULL, 
	speaker TEXT NOT NULL, 
	text TEXT NOT NULL, 
	sent_at INTEGER, 
	local_at TEXT, 
	time_quality TEXT NOT NULL, 
	zone TEXT, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	shown INTEGER NOT NULL, 
	parent TEXT, 
	flags TEXT NOT NULL, 
	CONSTRAINT fk_message_conversation_id_conversation FOREIGN KEY(conversation_id) REFERENCES conversation (id) ON DELETE CASCADE, 
	CONSTRAINT fk_message_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE, 
	CONSTRAINT uq_message_conversation_id_identity UNIQUE (conversation_id, identity)
);
CREATE TABLE persona_input (
	id INTEGER NOT NULL, 
	persona_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	native_id TEXT, 
	kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	valid_from INTEGER, 
	CONSTRAINT pk_persona_input PRIMARY KEY (id), 
	CONSTRAINT fk_persona_input_persona_id_persona FOREIGN KEY(persona_id) REFERENCES persona (id) ON DELETE CASCADE, 
	CONSTRAINT fk_persona_input_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE, 
	CONSTRAINT uq_persona_input_persona_id_identity UNIQUE (persona_id, identity)
);
CREATE TABLE attachment (
	id INTEGER NOT NULL, 
	message_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	n_bytes INTEGER, 
	sha256 TEXT, 
	kept INTEGER NOT NULL, 
	CONSTRAINT pk_attachment PRIMARY KEY (id), 
	CONSTRAINT fk_attachment_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE
);
CREATE TABLE message_source (
	message_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	CONSTRAINT pk_message_source PRIMARY KEY (message_id, source_id), 
	CONSTRAINT fk_message_source_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE, 
	CONSTRAINT fk_message_source_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE model_claim (
	id INTEGER NOT NULL, 
	message_id INTEGER, 
	conversation_id INTEGER, 
	value TEXT NOT NULL, 
	claim_source TEXT NOT NULL, 
	part TEXT NOT NULL, 
	CONSTRAINT pk_model_claim PRIMARY KEY (id), 
	CONSTRAINT fk_model_claim_conversation_id_conversation FOREIGN KEY(conversation_id) REFERENCES conversation (id) ON DELETE CASCADE, 
	CONSTRAINT fk_model_claim_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE
);
CREATE TABLE passage (
	message_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	CONSTRAINT pk_passage PRIMARY KEY (message_id), 
	CONSTRAINT fk_passage_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE
);
CREATE TABLE persona_input_source (
	persona_input_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	CONSTRAINT pk_persona_input_source PRIMARY KEY (persona_input_id, source_id), 
	CONSTRAINT fk_persona_input_source_persona_input_id_persona_input FOREIGN KEY(persona_input_id) REFERENCES persona_input (id) ON DELETE CASCADE, 
	CONSTRAINT fk_persona_input_source_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE raw_record (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	message_id INTEGER, 
	persona_input_id INTEGER, 
	place TEXT NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_raw_record PRIMARY KEY (id), 
	CONSTRAINT fk_raw_record_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE, 
	CONSTRAINT fk_raw_record_persona_input_id_persona_input FOREIGN KEY(persona_input_id) REFERENCES persona_input (id) ON DELETE CASCADE, 
	CONSTRAINT fk_raw_record_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
);
CREATE TABLE revision (
	id INTEGER NOT NULL, 
	message_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	seen_at INTEGER NOT NULL, 
	CONSTRAINT pk_revision PRIMARY KEY (id), 
	CONSTRAINT fk_revision_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE, 
	CONSTRAINT fk_revision_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
);
CREATE VIRTUAL TABLE message_fts USING fts5(
  text, content='passage', content_rowid='message_id',
  tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TABLE conversation_ledger (
	source_id INTEGER NOT NULL, 
	conversation_id INTEGER NOT NULL, 
	ledger TEXT NOT NULL, 
	CONSTRAINT pk_conversation_ledger PRIMARY KEY (source_id, conversation_id), 
	CONSTRAINT fk_conversation_ledger_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE, 
	CONSTRAINT fk_conversation_ledger_conversation_id_conversation FOREIGN KEY(conversation_id) REFERENCES conversation (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE attachment_source (
	attachment_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	kept INTEGER NOT NULL, 
	CONSTRAINT pk_attachment_source PRIMARY KEY (attachment_id, source_id), 
	CONSTRAINT fk_attachment_source_attachment_id_attachment FOREIGN KEY(attachment_id) REFERENCES attachment (id) ON DELETE CASCADE, 
	CONSTRAINT fk_attachment_source_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE file_chunk (
	id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_file_chunk PRIMARY KEY (id), 
	CONSTRAINT uq_file_chunk_sha256_number UNIQUE (sha256, number)
);
CREATE TABLE forgotten (
	id INTEGER NOT NULL, 
	sign BLOB NOT NULL, 
	thread BLOB, 
	after_id INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	CONSTRAINT pk_forgotten PRIMARY KEY (id)
);
CREATE TABLE row_hash (
	table_name TEXT NOT NULL, 
	block BLOB NOT NULL, 
	digests BLOB NOT NULL, 
	CONSTRAINT pk_row_hash PRIMARY KEY (table_name, block)
)
 WITHOUT ROWID

;
CREATE TABLE row_hash_stale (
	table_name TEXT NOT NULL, 
	block BLOB NOT NULL, 
	CONSTRAINT pk_row_hash_stale PRIMARY KEY (table_name, block)
)
 WITHOUT ROWID

;
CREATE TABLE wrong_hit (
	message_id INTEGER NOT NULL, 
	"row" TEXT NOT NULL, 
	text_digest BLOB NOT NULL, 
	marked_at INTEGER NOT NULL, 
	CONSTRAINT pk_wrong_hit PRIMARY KEY (message_id, "row"), 
	CONSTRAINT fk_wrong_hit_message_id_message FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE vector_part (
	id INTEGER NOT NULL, 
	model_id TEXT NOT NULL, 
	error FLOAT NOT NULL, 
	digests BLOB NOT NULL, 
	scales BLOB NOT NULL, 
	codes BLOB NOT NULL, 
	CONSTRAINT pk_vector_part PRIMARY KEY (id)
);
INSERT INTO message_fts(message_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO "alembic_version" VALUES ('0007');
INSERT INTO "persona" VALUES (1, 'name 1', 'pronoun 1', '["Sam"]', '[]');
INSERT INTO "persona" VALUES (2, 'name 2', 'pronoun 2', '["Sam"]', '[]');
INSERT INTO "persona" VALUES (3, 'name 3', 'pronoun 3', '["Sam"]', '[]');
INSERT INTO "setting" VALUES ('vault_id', '0123456789abcdef0123456789abcdef');
INSERT INTO "setting" VALUES ('key 2', 'value 2');
INSERT INTO "setting" VALUES ('key 3', 'value 3');
INSERT INTO "vector" VALUES (X'01010101010101010101010101010101', 'model_id 1', 'precision 1', X'01010101010101010101010101010101');
INSERT INTO "vector" VALUES (X'02020202020202020202020202020202', 'model_id 2', 'precision 2', X'02020202020202020202020202020202');
INSERT INTO "vector" VALUES (X'03030303030303030303030303030303', 'model_id 3', 'precision 3', X'03030303030303030303030303030303');
INSERT INTO "conversation" VALUES (1, 1, 'app 1', 'native_id 1', 'title 1', 'group_name 1', 1);
INSERT INTO "conversation" VALUES (2, 2, 'app 2', 'native_id 2', 'title 2', 'group_name 2', 1);
INSERT INTO "conversation" VALUES (3, 3, 'app 3', 'native_id 3', 'title 3', 'group_name 3', 1);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES ('conversation', 3);
INSERT INTO "sqlite_sequence" VALUES ('event', 3);
INSERT INTO "sqlite_sequence" VALUES ('source', 3);
INSERT INTO "sqlite_sequence" VALUES ('message', 3);
INSERT INTO "event" VALUES (1, 1, 1700000000000001, 'kind 1', 'title 1', 'day', 'source 1');
INSERT INTO "event" VALUES (2, 2, 1700000000000002, 'kind 2', 'title 2', 'month', 'source 2');
INSERT INTO "event" VALUES (3, 3, 1700000000000003, 'kind 3', 'title 3', 'exact', 'source 3');
INSERT INTO "snapshot" VALUES (1, 1, 'name 1', 1700000000000001, 1, 'sha256 1');
INSERT INTO "snapshot" VALUES (2, 2, 'name 2', 1700000000000002, 1, 'sha256 2');
INSERT INTO "snapshot" VALUES (3, 3, 'name 3', 1700000000000003, 1, 'sha256 3');
INSERT INTO "source" VALUES (1, 1, 'name 1', 'sha256 1', 1, 'importer 1', 1, 'app 1', 1700000000000001, 'zone 1', '{}', '{}', 1);
INSERT INTO "source" VALUES (2, 2, 'name 2', 'sha256 2', 1, 'importer 2', 1, 'app 2', 1700000000000002, 'zone 2', '{}', '{}', 1);
INSERT INTO "source" VALUES (3, 3, 'name 3', 'sha256 3', 1, 'importer 3', 1, 'app 3', 1700000000000003, 'zone 3', '{}', '{}', 1);
INSERT INTO "message" VALUES (1, 1, 1, 'identity 1', 'native_id 1', 'user', 'speaker 1', 'text 1, é中🚢 ''it''''s''', 1700000000000001, '2024-03-01T12:00:00', 'exact', 'zone 1', 1, 'kind 1', 1, 'parent 1', 'flags 1');
INSERT INTO "message" VALUES (2, 2, 2, 'identity 2', 'native_id 2', 'persona', 'speaker 2', 'text 2, é中🚢 ''it''''s''', 1700000000000002, '2024-03-01T12:00:00', 'minute', 'zone 2', 1, 'kind 2', 1, 'parent 2', 'flags 2');
INSERT INTO "message" VALUES (3, 3, 3, 'identity 3', 'native_id 3', 'user', 'speaker 3', 'text 3, é中🚢 ''it''''s''', 1700000000000003, '2024-03-01T12:00:00', 'none', 'zone 3', 1, 'kind 3', 1, 'parent 3', 'flags 3');
INSERT INTO "persona_input" VALUES (1, 1, 1, 'identity 1', 'native_id 1', 'kind 1', 'title 1', 'text 1, é中🚢 ''it''''s''', 1700000000000001);
INSERT INTO "persona_input" VALUES (2, 2, 2, 'identity 2', 'native_id 2', 'kind 2', 'title 2', 'text 2, é中🚢 ''it''''s''', 1700000000000002);
INSERT INTO "persona_input" VALUES (3, 3, 3, 'identity 3', 'native_id 3', 'kind 3', 'title 3', 'text 3, é中🚢 ''it''''s''', 1700000000000003);
INSERT INTO "attachment" VALUES (1, 1, 'name 1', 'media_type 1', 1, 'sha256 1', 1);
INSERT INTO "attachment" VALUES (2, 2, 'name 2', 'media_type 2', 1, 'sha256 2', 1);
INSERT INTO "attachment" VALUES (3, 3, 'name 3', 'media_type 3', 1, 'sha256 3', 1);
INSERT INTO "message_source" VALUES (1, 1);
INSERT INTO "message_source" VALUES (2, 2);
INSERT INTO "message_source" VALUES (3, 3);
INSERT INTO "model_claim" VALUES (1, 1, 1, 'value 1', 'message', 'answered');
INSERT INTO "model_claim" VALUES (2, 2, 2, 'value 2', 'swipe', 'requested');
INSERT INTO "model_claim" VALUES (3, 3, 3, 'value 3', 'conversation', 'default');
INSERT INTO "passage" VALUES (1, 'text 1, é中🚢 ''it''''s''', X'01010101010101010101010101010101');
INSERT INTO "passage" VALUES (2, 'text 2, é中🚢 ''it''''s''', X'02020202020202020202020202020202');
INSERT INTO "passage" VALUES (3, 'text 3, é中🚢 ''it''''s''', X'03030303030303030303030303030303');
INSERT INTO "persona_input_source" VALUES (1, 1);
INSERT INTO "persona_input_source" VALUES (2, 2);
INSERT INTO "persona_input_source" VALUES (3, 3);
INSERT INTO "raw_record" VALUES (1, 1, 1, 1, 'place 1', X'01010101010101010101010101010101');
INSERT INTO "raw_record" VALUES (2, 2, 2, 2, 'place 2', X'02020202020202020202020202020202');
INSERT INTO "raw_record" VALUES (3, 3, 3, 3, 'place 3', X'03030303030303030303030303030303');
INSERT INTO "revision" VALUES (1, 1, 1, 'text 1, é中🚢 ''it''''s''', 1700000000000001);
INSERT INTO "revision" VALUES (2, 2, 2, 'text 2, é中🚢 ''it''''s''', 1700000000000002);
INSERT INTO "revision" VALUES (3, 3, 3, 'text 3, é中🚢 ''it''''s''', 1700000000000003);
INSERT INTO "conversation_ledger" VALUES (1, 1, '{}');
INSERT INTO "conversation_ledger" VALUES (2, 2, '{}');
INSERT INTO "conversation_ledger" VALUES (3, 3, '{}');
INSERT INTO "attachment_source" VALUES (1, 1, 'sha256 1', 1);
INSERT INTO "attachment_source" VALUES (2, 2, 'sha256 2', 1);
INSERT INTO "attachment_source" VALUES (3, 3, 'sha256 3', 1);
INSERT INTO "file_chunk" VALUES (1, 'sha256 1', 1, X'01010101010101010101010101010101');
INSERT INTO "file_chunk" VALUES (2, 'sha256 2', 1, X'02020202020202020202020202020202');
INSERT INTO "file_chunk" VALUES (3, 'sha256 3', 1, X'03030303030303030303030303030303');
INSERT INTO "forgotten" VALUES (1, X'01010101010101010101010101010101', X'01010101010101010101010101010101', 1, 1);
INSERT INTO "forgotten" VALUES (2, X'02020202020202020202020202020202', X'02020202020202020202020202020202', 2, 1);
INSERT INTO "forgotten" VALUES (3, X'03030303030303030303030303030303', X'03030303030303030303030303030303', 3, 1);
INSERT INTO "row_hash_stale" VALUES ('attachment', 0);
INSERT INTO "row_hash_stale" VALUES ('attachment_source', 0);
INSERT INTO "row_hash_stale" VALUES ('conversation', 0);
INSERT INTO "row_hash_stale" VALUES ('conversation_ledger', 0);
INSERT INTO "row_hash_stale" VALUES ('event', 0);
INSERT INTO "row_hash_stale" VALUES ('file_chunk', 0);
INSERT INTO "row_hash_stale" VALUES ('forgotten', 0);
INSERT INTO "row_hash_stale" VALUES ('message', 0);
INSERT INTO "row_hash_stale" VALUES ('message_source', 0);
INSERT INTO "row_hash_stale" VALUES ('model_claim', 0);
INSERT INTO "row_hash_stale" VALUES ('persona', 0);
INSERT INTO "row_hash_stale" VALUES ('persona_input', 0);
INSERT INTO "row_hash_stale" VALUES ('persona_input_source', 0);
INSERT INTO "row_hash_stale" VALUES ('raw_record', 0);
INSERT INTO "row_hash_stale" VALUES ('revision', 0);
INSERT INTO "row_hash_stale" VALUES ('setting', 0);
INSERT INTO "row_hash_stale" VALUES ('snapshot', 0);
INSERT INTO "row_hash_stale" VALUES ('source', 0);
INSERT INTO "row_hash_stale" VALUES ('vector', X'0101');
INSERT INTO "row_hash_stale" VALUES ('vector', X'0202');
INSERT INTO "row_hash_stale" VALUES ('vector', X'0303');
INSERT INTO "row_hash_stale" VALUES ('wrong_hit', 0);
INSERT INTO "wrong_hit" VALUES (1, 'row 1', X'01010101010101010101010101010101', 1700000000000001);
INSERT INTO "wrong_hit" VALUES (2, 'row 2', X'02020202020202020202020202020202', 1700000000000002);
INSERT INTO "wrong_hit" VALUES (3, 'row 3', X'03030303030303030303030303030303', 1700000000000003);
INSERT INTO "vector_part" VALUES (1, 'model_id 1', 'error 1', X'01010101010101010101010101010101', X'01010101010101010101010101010101', X'01010101010101010101010101010101');
INSERT INTO "vector_part" VALUES (2, 'model_id 2', 'error 2', X'02020202020202020202020202020202', X'02020202020202020202020202020202', X'02020202020202020202020202020202');
INSERT INTO "vector_part" VALUES (3, 'model_id 3', 'error 3', X'03030303030303030303030303030303', X'03030303030303030303030303030303', X'03030303030303030303030303030303');
INSERT INTO message_fts(message_fts) VALUES ('rebuild');
CREATE INDEX ix_message_reading_order ON message (conversation_id, position);
CREATE INDEX ix_message_sent_at ON message (sent_at);
CREATE INDEX ix_attachment_message_id ON attachment (message_id);
CREATE INDEX ix_message_source_source_id ON message_source (source_id);
CREATE INDEX ix_model_claim_conversation_id ON model_claim (conversation_id);
CREATE INDEX ix_model_claim_message_id ON model_claim (message_id);
CREATE INDEX ix_passage_digest ON passage (digest);
CREATE INDEX ix_raw_record_message_id ON raw_record (message_id);
CREATE INDEX ix_raw_record_persona_input_id ON raw_record (persona_input_id);
CREATE INDEX ix_raw_record_source_id ON raw_record (source_id);
CREATE INDEX ix_revision_message_id ON revision (message_id);
CREATE INDEX ix_conversation_ledger_conversation_id ON conversation_ledger (conversation_id);
CREATE INDEX ix_attachment_source_source_id ON attachment_source (source_id);
CREATE INDEX ix_attachment_source_sha256 ON attachment_source (sha256);
CREATE INDEX ix_forgotten_sign ON forgotten (sign);
CREATE INDEX ix_forgotten_thread ON forgotten (thread);
CREATE TRIGGER row_hash_setting_insert AFTER INSERT ON setting BEGIN INSERT INTO row_hash_stale VALUES ('setting', 0) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_setting_update AFTER UPDATE ON setting BEGIN INSERT INTO row_hash_stale VALUES ('setting', 0) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('setting', 0) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_setting_delete AFTER DELETE ON setting BEGIN INSERT INTO row_hash_stale VALUES ('setting', 0) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_insert AFTER INSERT ON persona BEGIN INSERT INTO row_hash_stale VALUES ('persona', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_update AFTER UPDATE ON persona BEGIN INSERT INTO row_hash_stale VALUES ('persona', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('persona', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_delete AFTER DELETE ON persona BEGIN INSERT INTO row_hash_stale VALUES ('persona', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_source_insert AFTER INSERT ON source BEGIN INSERT INTO row_hash_stale VALUES ('source', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_source_update AFTER UPDATE ON source BEGIN INSERT INTO row_hash_stale VALUES ('source', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('source', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_source_delete AFTER DELETE ON source BEGIN INSERT INTO row_hash_stale VALUES ('source', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_insert AFTER INSERT ON conversation BEGIN INSERT INTO row_hash_stale VALUES ('conversation', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_update AFTER UPDATE ON conversation BEGIN INSERT INTO row_hash_stale VALUES ('conversation', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('conversation', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_delete AFTER DELETE ON conversation BEGIN INSERT INTO row_hash_stale VALUES ('conversation', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_ledger_insert AFTER INSERT ON conversation_ledger BEGIN INSERT INTO row_hash_stale VALUES ('conversation_ledger', new.source_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_ledger_update AFTER UPDATE ON conversation_ledger BEGIN INSERT INTO row_hash_stale VALUES ('conversation_ledger', old.source_id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('conversation_ledger', new.source_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_conversation_ledger_delete AFTER DELETE ON conversation_ledger BEGIN INSERT INTO row_hash_stale VALUES ('conversation_ledger', old.source_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_insert AFTER INSERT ON message BEGIN INSERT INTO row_hash_stale VALUES ('message', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_update AFTER UPDATE ON message BEGIN INSERT INTO row_hash_stale VALUES ('message', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('message', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_delete AFTER DELETE ON message BEGIN INSERT INTO row_hash_stale VALUES ('message', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_source_insert AFTER INSERT ON message_source BEGIN INSERT INTO row_hash_stale VALUES ('message_source', new.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_source_update AFTER UPDATE ON message_source BEGIN INSERT INTO row_hash_stale VALUES ('message_source', old.message_id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('message_source', new.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_message_source_delete AFTER DELETE ON message_source BEGIN INSERT INTO row_hash_stale VALUES ('message_source', old.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_revision_insert AFTER INSERT ON revision BEGIN INSERT INTO row_hash_stale VALUES ('revision', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_revision_update AFTER UPDATE ON revision BEGIN INSERT INTO row_hash_stale VALUES ('revision', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('revision', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_revision_delete AFTER DELETE ON revision BEGIN INSERT INTO row_hash_stale VALUES ('revision', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_model_claim_insert AFTER INSERT ON model_claim BEGIN INSERT INTO row_hash_stale VALUES ('model_claim', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_model_claim_update AFTER UPDATE ON model_claim BEGIN INSERT INTO row_hash_stale VALUES ('model_claim', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('model_claim', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_model_claim_delete AFTER DELETE ON model_claim BEGIN INSERT INTO row_hash_stale VALUES ('model_claim', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_insert AFTER INSERT ON attachment BEGIN INSERT INTO row_hash_stale VALUES ('attachment', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_update AFTER UPDATE ON attachment BEGIN INSERT INTO row_hash_stale VALUES ('attachment', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('attachment', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_delete AFTER DELETE ON attachment BEGIN INSERT INTO row_hash_stale VALUES ('attachment', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_source_insert AFTER INSERT ON attachment_source BEGIN INSERT INTO row_hash_stale VALUES ('attachment_source', new.attachment_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_source_update AFTER UPDATE ON attachment_source BEGIN INSERT INTO row_hash_stale VALUES ('attachment_source', old.attachment_id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('attachment_source', new.attachment_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_attachment_source_delete AFTER DELETE ON attachment_source BEGIN INSERT INTO row_hash_stale VALUES ('attachment_source', old.attachment_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_file_chunk_insert AFTER INSERT ON file_chunk BEGIN INSERT INTO row_hash_stale VALUES ('file_chunk', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_file_chunk_update AFTER UPDATE ON file_chunk BEGIN INSERT INTO row_hash_stale VALUES ('file_chunk', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('file_chunk', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_file_chunk_delete AFTER DELETE ON file_chunk BEGIN INSERT INTO row_hash_stale VALUES ('file_chunk', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_raw_record_insert AFTER INSERT ON raw_record BEGIN INSERT INTO row_hash_stale VALUES ('raw_record', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_raw_record_update AFTER UPDATE ON raw_record BEGIN INSERT INTO row_hash_stale VALUES ('raw_record', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('raw_record', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_raw_record_delete AFTER DELETE ON raw_record BEGIN INSERT INTO row_hash_stale VALUES ('raw_record', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_insert AFTER INSERT ON persona_input BEGIN INSERT INTO row_hash_stale VALUES ('persona_input', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_update AFTER UPDATE ON persona_input BEGIN INSERT INTO row_hash_stale VALUES ('persona_input', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('persona_input', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_delete AFTER DELETE ON persona_input BEGIN INSERT INTO row_hash_stale VALUES ('persona_input', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_source_insert AFTER INSERT ON persona_input_source BEGIN INSERT INTO row_hash_stale VALUES ('persona_input_source', new.persona_input_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_source_update AFTER UPDATE ON persona_input_source BEGIN INSERT INTO row_hash_stale VALUES ('persona_input_source', old.persona_input_id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('persona_input_source', new.persona_input_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_persona_input_source_delete AFTER DELETE ON persona_input_source BEGIN INSERT INTO row_hash_stale VALUES ('persona_input_source', old.persona_input_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_event_insert AFTER INSERT ON event BEGIN INSERT INTO row_hash_stale VALUES ('event', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_event_update AFTER UPDATE ON event BEGIN INSERT INTO row_hash_stale VALUES ('event', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('event', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_event_delete AFTER DELETE ON event BEGIN INSERT INTO row_hash_stale VALUES ('event', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_vector_insert AFTER INSERT ON vector BEGIN INSERT INTO row_hash_stale VALUES ('vector', substr(new.digest, 1, 2)) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_vector_update AFTER UPDATE ON vector BEGIN INSERT INTO row_hash_stale VALUES ('vector', substr(old.digest, 1, 2)) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('vector', substr(new.digest, 1, 2)) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_vector_delete AFTER DELETE ON vector BEGIN INSERT INTO row_hash_stale VALUES ('vector', substr(old.digest, 1, 2)) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_snapshot_insert AFTER INSERT ON snapshot BEGIN INSERT INTO row_hash_stale VALUES ('snapshot', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_snapshot_update AFTER UPDATE ON snapshot BEGIN INSERT INTO row_hash_stale VALUES ('snapshot', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('snapshot', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_snapshot_delete AFTER DELETE ON snapshot BEGIN INSERT INTO row_hash_stale VALUES ('snapshot', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_forgotten_insert AFTER INSERT ON forgotten BEGIN INSERT INTO row_hash_stale VALUES ('forgotten', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_forgotten_update AFTER UPDATE ON forgotten BEGIN INSERT INTO row_hash_stale VALUES ('forgotten', old.id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('forgotten', new.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_forgotten_delete AFTER DELETE ON forgotten BEGIN INSERT INTO row_hash_stale VALUES ('forgotten', old.id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_wrong_hit_insert AFTER INSERT ON wrong_hit BEGIN INSERT INTO row_hash_stale VALUES ('wrong_hit', new.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_wrong_hit_update AFTER UPDATE ON wrong_hit BEGIN INSERT INTO row_hash_stale VALUES ('wrong_hit', old.message_id >> 8) ON CONFLICT DO NOTHING; INSERT INTO row_hash_stale VALUES ('wrong_hit', new.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER row_hash_wrong_hit_delete AFTER DELETE ON wrong_hit BEGIN INSERT INTO row_hash_stale VALUES ('wrong_hit', old.message_id >> 8) ON CONFLICT DO NOTHING; END;
CREATE TRIGGER vector_part_update AFTER UPDATE ON vector BEGIN DELETE FROM vector_part WHERE model_id = old.model_id; END;
CREATE TRIGGER vector_part_delete AFTER DELETE ON vector BEGIN DELETE FROM vector_part WHERE model_id = old.model_id; END;
