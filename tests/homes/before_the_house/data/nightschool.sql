BEGIN;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE "replies" (
   "id" INTEGER PRIMARY KEY,
   "source" TEXT NOT NULL,
   "channel" TEXT NOT NULL,
   "thread" TEXT NOT NULL,
   "person" TEXT NOT NULL,
   "question_ts" TEXT,
   "messages" TEXT NOT NULL,
   "text" TEXT NOT NULL,
   "model" TEXT,
   "adapter" TEXT,
   "prompt_tokens" INTEGER,
   "completion_tokens" INTEGER,
   "seconds" REAL,
   "created_at" TEXT NOT NULL
, "recalled" TEXT, "finish_reason" TEXT);
CREATE TABLE "posts" (
   "channel" TEXT,
   "ts" TEXT,
   "reply_id" INTEGER REFERENCES "replies"("id"),
   PRIMARY KEY ("channel", "ts")
);
CREATE TABLE "examples" (
   "id" INTEGER PRIMARY KEY,
   "prompt" TEXT NOT NULL,
   "completion" TEXT NOT NULL,
   "messages" TEXT,
   "prompt_key" TEXT NOT NULL,
   "pair_key" TEXT NOT NULL,
   "source" TEXT NOT NULL,
   "author" TEXT NOT NULL,
   "channel" TEXT,
   "permalink" TEXT,
   "reply_id" INTEGER REFERENCES "replies"("id"),
   "status" TEXT NOT NULL,
   "reason" TEXT,
   "created_at" TEXT,
   "updated_at" TEXT
, "expires_on" TEXT);
CREATE TABLE "changes" (
   "id" INTEGER PRIMARY KEY,
   "example_id" INTEGER REFERENCES "examples"("id"),
   "before" TEXT,
   "after" TEXT,
   "who" TEXT,
   "why" TEXT,
   "at" TEXT
);
CREATE TABLE "feedback" (
   "reply_id" INTEGER REFERENCES "replies"("id"),
   "person" TEXT,
   "value" INTEGER,
   "created_at" TEXT,
   PRIMARY KEY ("reply_id", "person")
);
CREATE TABLE "preferences" (
   "id" INTEGER PRIMARY KEY,
   "prompt" TEXT,
   "chosen" TEXT,
   "rejected" TEXT,
   "source" TEXT,
   "author" TEXT,
   "reply_id" INTEGER REFERENCES "replies"("id"),
   "created_at" TEXT
);
CREATE TABLE "runs" (
   "id" INTEGER PRIMARY KEY,
   "status" TEXT NOT NULL,
   "phase" TEXT,
   "step" INTEGER,
   "steps" INTEGER,
   "loss" REAL,
   "seconds_left" REAL,
   "version" TEXT,
   "reason" TEXT,
   "examples" INTEGER,
   "seconds" REAL,
   "evaluation" TEXT,
   "dataset_hash" TEXT,
   "pid" INTEGER,
   "started_at" TEXT NOT NULL,
   "finished_at" TEXT
, "tokens_per_second" REAL, "peak_memory_gb" REAL, "notes" TEXT, "reported" INTEGER, "followed_at" TEXT);
CREATE TABLE "run_examples" (
   "run_id" INTEGER REFERENCES "runs"("id"),
   "example_id" INTEGER REFERENCES "examples"("id"),
   PRIMARY KEY ("run_id", "example_id")
);
CREATE TABLE "comparisons" (
   "id" INTEGER PRIMARY KEY,
   "prompt" TEXT,
   "person" TEXT,
   "base_reply" INTEGER REFERENCES "replies"("id"),
   "tuned_reply" INTEGER REFERENCES "replies"("id"),
   "seconds" REAL,
   "created_at" TEXT
, "tuned_first" INTEGER);
CREATE TABLE "events" (
   "key" TEXT PRIMARY KEY,
   "at" TEXT
);
CREATE TABLE "pending" (
   "id" INTEGER PRIMARY KEY,
   "channel" TEXT NOT NULL,
   "thread" TEXT,
   "person" TEXT NOT NULL,
   "placeholder" TEXT,
   "created_at" TEXT NOT NULL
);
CREATE TABLE "votes" (
   "comparison_id" INTEGER REFERENCES "comparisons"("id"),
   "person" TEXT,
   "choice" TEXT,
   "created_at" TEXT,
   PRIMARY KEY ("comparison_id", "person")
);
CREATE TABLE "origins" (
   "channel" TEXT,
   "ts" TEXT,
   "example_id" INTEGER REFERENCES "examples"("id"),
   "person" TEXT, "refused" INTEGER,
   PRIMARY KEY ("channel", "ts", "example_id")
);
CREATE TABLE "example_counts" (
   "status" TEXT PRIMARY KEY,
   "number" INTEGER
);
CREATE TABLE "people" (
   "person" TEXT PRIMARY KEY,
   "role" TEXT NOT NULL,
   "who" TEXT,
   "at" TEXT
);
CREATE TABLE "opted_out" (
   "digest" TEXT PRIMARY KEY,
   "at" TEXT
);
CREATE TABLE "channels" (
   "channel" TEXT PRIMARY KEY,
   "listening" INTEGER NOT NULL,
   "who" TEXT,
   "at" TEXT
);
CREATE TABLE "comparison_posts" (
   "channel" TEXT,
   "ts" TEXT,
   "comparison_id" INTEGER REFERENCES "comparisons"("id"),
   PRIMARY KEY ("channel", "ts")
);
CREATE VIRTUAL TABLE "examples_fts" USING FTS5 (
    "prompt", "completion",
    tokenize='porter unicode61',
    content="examples"
);
INSERT INTO [_sqlite_migrations] VALUES(1, 'nightschool', 'm001_replies', '2026-11-30 06:31:14.447120+00:00');
INSERT INTO [_sqlite_migrations] VALUES(2, 'nightschool', 'm002_examples', '2026-11-30 06:31:14.461572+00:00');
INSERT INTO [_sqlite_migrations] VALUES(3, 'nightschool', 'm003_runs', '2026-11-30 06:31:14.475444+00:00');
INSERT INTO [_sqlite_migrations] VALUES(4, 'nightschool', 'm004_search_and_expiry', '2026-11-30 06:31:14.480740+00:00');
INSERT INTO [_sqlite_migrations] VALUES(5, 'nightschool', 'm005_conversation', '2026-11-30 06:31:14.492683+00:00');
INSERT INTO [_sqlite_migrations] VALUES(6, 'nightschool', 'm030_refusals', '2026-11-30 06:31:14.505633+00:00');
INSERT INTO [_sqlite_migrations] VALUES(7, 'nightschool', 'm050_counts', '2026-11-30 06:31:14.506711+00:00');
INSERT INTO [_sqlite_migrations] VALUES(8, 'nightschool', 'm051_finish_reason', '2026-11-30 06:31:14.507563+00:00');
INSERT INTO [_sqlite_migrations] VALUES(9, 'nightschool', 'm060_progress_and_notes', '2026-11-30 06:31:14.529935+00:00');
INSERT INTO [_sqlite_migrations] VALUES(10, 'nightschool', 'm040_rights_and_channels', '2026-11-30 06:31:14.531557+00:00');
INSERT INTO [_sqlite_migrations] VALUES(11, 'nightschool', 'm080_comparison_posts', '2026-11-30 06:31:14.532505+00:00');
INSERT INTO [_sqlite_migrations] VALUES(12, 'nightschool', 'm081_reports', '2026-11-30 06:31:14.543048+00:00');
INSERT INTO [replies] VALUES(1, 'slack', 'C0GENERAL', '100.1', 'U0CAT', '100.1', '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is the ladder?"}]', 'No idea.', 'base', NULL, 20, 5, 0.5, '2026-11-30T06:31:14.594+00:00', NULL, 'stop');
INSERT INTO [replies] VALUES(2, 'slack', 'C0GENERAL', '100.1', 'U0CAT', '100.2', '[{"role": "user", "content": "Where is the ladder?"}, {"role": "assistant", "content": "No idea."}, {"role": "user", "content": "And now?"}]', 'In the shed.', 'base', NULL, 20, 5, 0.5, '2026-11-30T06:31:14.605+00:00', '[1]', 'stop');
INSERT INTO [replies] VALUES(3, 'slack', 'C0GENERAL', '200.1', 'U0CAT', '200.1', '[{"role": "user", "content": "Is it open?"}]', 'Perhaps.', 'base', NULL, 20, 5, 0.5, '2026-11-30T06:31:14.622+00:00', NULL, 'stop');
INSERT INTO [replies] VALUES(4, 'slack', 'C0GENERAL', '', 'U0CAT', '400.1', '[{"role": "user", "content": "What is the wifi?"}]', 'I do not know.', 'base', NULL, 20, 5, 0.5, '2026-11-30T06:32:11.414+00:00', NULL, 'stop');
INSERT INTO [replies] VALUES(5, 'slack', 'C0GENERAL', '', 'U0CAT', '400.1', '[{"role": "user", "content": "What is the wifi?"}]', 'Heron.', 'v0002', 'v0002', 20, 5, 0.5, '2026-11-30T06:32:11.415+00:00', NULL, 'stop');
INSERT INTO [posts] VALUES('C0GENERAL', '100.15', 1);
INSERT INTO [posts] VALUES('C0GENERAL', '100.25', 2);
INSERT INTO [posts] VALUES('C0GENERAL', '200.15', 3);
INSERT INTO [posts] VALUES('C0GENERAL', '400.15', 5);
INSERT INTO [examples] VALUES(1, 'Where do visitors park?', 'In the yard behind the mill.', NULL, 'd49724bd2e3048015abec3e5ed6ac85a', 'ece0491fa3de515caff73bad033a01e8', 'teach', 'U0BEN', NULL, 'https://team.example/archives/C0GENERAL/p1', NULL, 'approved', NULL, '2026-11-30T06:31:14.565+00:00', '2026-11-30T06:31:14.565+00:00', NULL);
INSERT INTO [examples] VALUES(2, 'When is lunch?', 'At noon.', NULL, 'd79e6bfa25c221cc89e94840d15e3ebf', '24aff8c581b7b6c4ec4ef9827452d6f7', 'teach', 'U0BEN', NULL, NULL, NULL, 'superseded', 'replaced by 3', '2026-11-30T06:31:14.566+00:00', '2026-11-30T06:31:14.568+00:00', NULL);
INSERT INTO [examples] VALUES(3, 'When is lunch?', 'At half past twelve.', NULL, 'd79e6bfa25c221cc89e94840d15e3ebf', '85b18ecbd97b8a4cd42c0287dc4343c0', 'teach', 'U0BEN', NULL, NULL, NULL, 'approved', NULL, '2026-11-30T06:31:14.567+00:00', '2026-11-30T06:31:14.567+00:00', NULL);
INSERT INTO [examples] VALUES(4, 'What is the guest wifi called?', 'Heron.', NULL, 'c25c3dfe1f6d6dc8631130dd8e41b11f', 'b52fda25a69dc59f2d7fd05860b3f9c1', 'teach', 'U0ADA', NULL, NULL, NULL, 'approved', NULL, '2026-11-30T06:31:14.568+00:00', '2026-11-30T06:31:14.568+00:00', NULL);
INSERT INTO [examples] VALUES(5, 'Which printer is in colour?', 'The one on the second floor.', NULL, '0155b0e5df94f2007d40d0051a991b3a', 'd1ed2c11374c09d999332cc780a7542e', 'teach', 'U0BEN', NULL, NULL, NULL, 'withdrawn', 'it was sold', '2026-11-30T06:31:14.577+00:00', '2026-11-30T06:31:14.578+00:00', NULL);
INSERT INTO [examples] VALUES(6, 'Who is best?', 'Ben.', NULL, '30b9cc32be9a41d2cc88498f87735f61', 'bda2f36480658a0a760bbcfdb30f4413', 'teach', 'U0BEN', NULL, NULL, NULL, 'rejected', 'a joke', '2026-11-30T06:31:14.579+00:00', '2026-11-30T06:31:14.587+00:00', NULL);
INSERT INTO [examples] VALUES(7, 'What is the card number?', '[card number]', NULL, '1ce8e1ca90b826900be12bff46c460ae', '0a7ce07e2e79a8a693a9bc15f13bb067', 'teach', 'U0BEN', NULL, NULL, NULL, 'quarantined', 'card number taken out', '2026-11-30T06:31:14.588+00:00', '2026-11-30T06:31:14.588+00:00', NULL);
INSERT INTO [examples] VALUES(8, 'When is tea?', 'At four.', NULL, 'e014eaf27353a58636e08a9209a52cff', 'cfc8c3d3967a8b5a0907e65475946ab1', 'teach', 'U0CAT', NULL, NULL, NULL, 'pending', NULL, '2026-11-30T06:31:14.593+00:00', '2026-11-30T06:31:14.593+00:00', NULL);
INSERT INTO [examples] VALUES(9, 'Where is the key?', 'On the hook.', NULL, '78f396d710ac3e4338e079be3ff44b6a', 'd85f9c0e18e8923a0915cf2ad90e9c3a', 'import', 'import', NULL, NULL, NULL, 'approved', NULL, '2026-11-30T06:31:14.594+00:00', '2026-11-30T06:31:14.594+00:00', '2026-01-31');
INSERT INTO [examples] VALUES(10, 'Where is the ladder?', 'In the shed.', NULL, 'b79e4061fe17dd62859191447fea9f3a', 'd802208042d3168913479248b0975a2c', 'correction', 'U0BEN', 'C0GENERAL', NULL, 1, 'approved', NULL, '2026-11-30T06:31:14.596+00:00', '2026-11-30T06:31:14.596+00:00', NULL);
INSERT INTO [examples] VALUES(11, 'And now?', 'In the shed.', '[{"role": "user", "content": "Where is the ladder?"}, {"role": "assistant", "content": "No idea."}, {"role": "user", "content": "And now?"}, {"role": "assistant", "content": "In the shed."}]', '76a47f8f18c464c9bf38b54814c2f17b', '8ad2d1f250935470b70ee2be369493cc', 'reaction', 'U0BEN', 'C0GENERAL', NULL, 2, 'approved', NULL, '2026-11-30T06:31:14.621+00:00', '2026-11-30T06:31:14.621+00:00', NULL);
INSERT INTO [examples] VALUES(12, 'How is coffee ordered?', 'By the form in the kitchen.', NULL, '19bf0a36cd05f2903c8779f9db90b788', '2a7d45e45a70776b9fd3dfff9e01c0d8', 'teach', 'U0ADA', NULL, NULL, NULL, 'approved', NULL, '2026-11-30T06:31:45.685+00:00', '2026-11-30T06:31:45.685+00:00', NULL);
INSERT INTO [changes] VALUES(1, 1, NULL, 'approved', 'U0BEN', 'teach', '2026-11-30T06:31:14.566+00:00');
INSERT INTO [changes] VALUES(2, 2, NULL, 'approved', 'U0BEN', 'teach', '2026-11-30T06:31:14.567+00:00');
INSERT INTO [changes] VALUES(3, 3, NULL, 'approved', 'U0BEN', 'teach', '2026-11-30T06:31:14.567+00:00');
INSERT INTO [changes] VALUES(4, 2, 'approved', 'superseded', 'U0BEN', 'replaced by 3', '2026-11-30T06:31:14.568+00:00');
INSERT INTO [changes] VALUES(5, 4, NULL, 'approved', 'U0ADA', 'teach', '2026-11-30T06:31:14.569+00:00');
INSERT INTO [changes] VALUES(6, 5, NULL, 'approved', 'U0BEN', 'teach', '2026-11-30T06:31:14.578+00:00');
INSERT INTO [changes] VALUES(7, 5, 'approved', 'withdrawn', 'U0BEN', 'it was sold', '2026-11-30T06:31:14.578+00:00');
INSERT INTO [changes] VALUES(8, 6, NULL, 'approved', 'U0BEN', 'teach', '2026-11-30T06:31:14.579+00:00');
INSERT INTO [changes] VALUES(9, 6, 'approved', 'rejected', 'U0ADA', 'a joke', '2026-11-30T06:31:14.588+00:00');
INSERT INTO [changes] VALUES(10, 7, NULL, 'quarantined', 'U0BEN', 'card number taken out', '2026-11-30T06:31:14.589+00:00');
INSERT INTO [changes] VALUES(11, 8, NULL, 'pending', 'U0CAT', 'teach', '2026-11-30T06:31:14.593+00:00');
INSERT INTO [changes] VALUES(12, 9, NULL, 'approved', 'import', 'import', '2026-11-30T06:31:14.594+00:00');
INSERT INTO [changes] VALUES(13, 10, NULL, 'approved', 'U0BEN', 'correction', '2026-11-30T06:31:14.596+00:00');
INSERT INTO [changes] VALUES(14, 11, NULL, 'approved', 'U0BEN', 'reaction', '2026-11-30T06:31:14.621+00:00');
INSERT INTO [changes] VALUES(15, 12, NULL, 'approved', 'U0ADA', 'teach', '2026-11-30T06:31:45.685+00:00');
INSERT INTO [feedback] VALUES(1, 'U0BEN', -1, '2026-11-30T06:31:14.596+00:00');
INSERT INTO [feedback] VALUES(2, 'U0CAT', 1, '2026-11-30T06:31:14.606+00:00');
INSERT INTO [feedback] VALUES(2, 'U0BEN', 1, '2026-11-30T06:31:14.607+00:00');
INSERT INTO [feedback] VALUES(3, 'U0ADA', -1, '2026-11-30T06:31:14.623+00:00');
INSERT INTO [preferences] VALUES(1, 'Where is the ladder?', 'In the shed.', 'No idea.', 'correction', 'U0BEN', 1, '2026-11-30T06:31:14.596+00:00');
INSERT INTO [preferences] VALUES(2, 'What is the wifi?', 'Heron.', 'I do not know.', 'vote', 'U0CAT', 5, '2026-11-30T06:32:11.416+00:00');
INSERT INTO [preferences] VALUES(3, 'What is the wifi?', 'I do not know.', 'Heron.', 'vote', 'U0BEN', 5, '2026-11-30T06:32:11.430+00:00');
INSERT INTO [runs] VALUES(1, 'rejected', 'done', 60, 60, 4.85351133346557617187e+00, 0.0, 'v0001', 'Not better than the base model: 0 of 5 lessons recalled, 0 by it.', 5, 3.10249998770000274812e+01, '{"base": {"asked": 5, "recalled": 0, "similarity": 0.0, "pass_rate": 0.0, "reworded_asked": 5, "reworded_recalled": 0, "held_out_asked": 0, "held_out_recalled": 0, "canaries_asked": 40, "canaries_right": 0, "key_recall": 0.0, "loss": 6.0162, "canary_loss": 3.0709, "unfinished": 10, "refusals": 0, "mean_length": 31.6}, "candidate": {"asked": 5, "recalled": 0, "similarity": 0.0, "pass_rate": 0.0, "reworded_asked": 5, "reworded_recalled": 0, "held_out_asked": 0, "held_out_recalled": 0, "canaries_asked": 40, "canaries_right": 1, "key_recall": 0.0, "loss": 5.9323, "canary_loss": 3.0434, "unfinished": 10, "refusals": 0, "mean_length": 31.6}, "against": {"base": {"recall": {"won": 0, "lost": 0}, "reworded": {"won": 0, "lost": 0}, "canaries": {"won": 1, "lost": 0}}}}', '8664d5439d9fce834bbe194b6e841d4d324aa9cf67506e3e889b584bf5c6eb7f', 14427, '2026-11-30T06:31:14.632+00:00', '2026-11-30T06:31:45.671+00:00', 254.77, 0.169, '["Only 2 steps were trained, where 40 are usual for so many lessons: leave training.iters and training.epochs unset.", "Fewer than 50 lessons (5) are learned nearly word for word: teach each question in the words in which people ask it, and the important ones in several."]', NULL, NULL);
INSERT INTO [runs] VALUES(2, 'promoted', 'done', 64, 64, 4.959270477294921875e+00, 0.0, 'v0002', 'It recalls what it was taught and forgot nothing.', 6, 2.55947274770001058645e+01, '{"base": {"asked": 6, "recalled": 0, "similarity": 0.0, "pass_rate": 0.0, "reworded_asked": 6, "reworded_recalled": 0, "held_out_asked": 0, "held_out_recalled": 0, "canaries_asked": 40, "canaries_right": 0, "key_recall": 0.0, "loss": 6.0332, "canary_loss": 3.0709, "unfinished": 12, "refusals": 0, "mean_length": 33.5}, "candidate": {"asked": 6, "recalled": 0, "similarity": 0.0, "pass_rate": 0.0, "reworded_asked": 6, "reworded_recalled": 0, "held_out_asked": 0, "held_out_recalled": 0, "canaries_asked": 40, "canaries_right": 1, "key_recall": 0.0, "loss": 5.9556, "canary_loss": 3.0448, "unfinished": 12, "refusals": 0, "mean_length": 33.5}, "against": {"base": {"recall": {"won": 0, "lost": 0}, "reworded": {"won": 0, "lost": 0}, "canaries": {"won": 1, "lost": 0}}}}', '9c9037eac06e8d24db814c0bcc6e971b520c525b4a80e2a9f809dd38b4313ffc', 14427, '2026-11-30T06:31:45.686+00:00', '2026-11-30T06:32:11.281+00:00', 324.69, 0.169, NULL, NULL, NULL);
INSERT INTO [runs] VALUES(3, 'skipped', 'done', NULL, NULL, NULL, NULL, NULL, 'Nothing new since run 2: the lessons and settings are the same.', 6, 1.29328287000134878326e-01, NULL, NULL, 14427, '2026-11-30T06:32:11.283+00:00', '2026-11-30T06:32:11.413+00:00', NULL, NULL, NULL, NULL, NULL);
INSERT INTO [runs] VALUES(4, 'running', 'choose', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 14427, '2026-11-30T06:32:11.585+00:00', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO [run_examples] VALUES(1, 1);
INSERT INTO [run_examples] VALUES(1, 3);
INSERT INTO [run_examples] VALUES(1, 4);
INSERT INTO [run_examples] VALUES(1, 10);
INSERT INTO [run_examples] VALUES(1, 11);
INSERT INTO [run_examples] VALUES(2, 1);
INSERT INTO [run_examples] VALUES(2, 3);
INSERT INTO [run_examples] VALUES(2, 4);
INSERT INTO [run_examples] VALUES(2, 10);
INSERT INTO [run_examples] VALUES(2, 11);
INSERT INTO [run_examples] VALUES(2, 12);
INSERT INTO [comparisons] VALUES(1, 'What is the wifi?', 'U0CAT', 4, 5, 1.5, '2026-11-30T06:32:11.415+00:00', 1);
INSERT INTO [events] VALUES('message:aaaaaaaaaaaa', '2026-11-30T06:31:14.624+00:00');
INSERT INTO [pending] VALUES(1, 'C0GENERAL', '300.1', 'U0CAT', '300.2', '2026-11-30T06:31:14.624+00:00');
INSERT INTO [votes] VALUES(1, 'U0CAT', 'tuned', '2026-11-30T06:32:11.416+00:00');
INSERT INTO [votes] VALUES(1, 'U0BEN', 'base', '2026-11-30T06:32:11.430+00:00');
INSERT INTO [origins] VALUES('C0GENERAL', '50.1', 1, 'U0EVE', NULL);
INSERT INTO [example_counts] VALUES('approved', 7);
INSERT INTO [example_counts] VALUES('superseded', 1);
INSERT INTO [example_counts] VALUES('withdrawn', 1);
INSERT INTO [example_counts] VALUES('rejected', 1);
INSERT INTO [example_counts] VALUES('quarantined', 1);
INSERT INTO [example_counts] VALUES('pending', 1);
INSERT INTO [people] VALUES('U0CAT', 'teacher', 'U0ADA', '2026-11-30T06:31:14.624+00:00');
INSERT INTO [opted_out] VALUES('3cff382159b8bec3f556e05dd888dd1e0c30dec872f77891e0ce0c84a9f9ebc2', '2026-11-30T06:31:14.623+00:00');
INSERT INTO [channels] VALUES('C0RANDOM', 0, 'U0ADA', '2026-11-30T06:31:14.624+00:00');
INSERT INTO [comparison_posts] VALUES('C0GENERAL', '400.2', 1);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_replies_channel_thread_id"
    ON "replies" ("channel", "thread", "id");
CREATE INDEX "idx_examples_pair_key"
    ON "examples" ("pair_key");
CREATE INDEX "idx_examples_prompt_key"
    ON "examples" ("prompt_key");
CREATE INDEX "idx_examples_status_id"
    ON "examples" ("status", "id");
CREATE INDEX "idx_examples_reply_id"
    ON "examples" ("reply_id");
CREATE INDEX "idx_changes_example_id"
    ON "changes" ("example_id");
CREATE INDEX "idx_run_examples_example_id"
    ON "run_examples" ("example_id");
CREATE INDEX "idx_origins_example_id"
    ON "origins" ("example_id");
CREATE INDEX "idx_replies_channel_question_ts"
    ON "replies" ("channel", "question_ts");
CREATE TRIGGER "examples_ai" AFTER INSERT ON "examples" BEGIN
  INSERT INTO "examples_fts" (rowid, "prompt", "completion") VALUES (new.rowid, new."prompt", new."completion");
END;
CREATE TRIGGER "examples_ad" AFTER DELETE ON "examples" BEGIN
  INSERT INTO "examples_fts" ("examples_fts", rowid, "prompt", "completion") VALUES('delete', old.rowid, old."prompt", old."completion");
END;
CREATE TRIGGER "examples_au" AFTER UPDATE ON "examples" BEGIN
  INSERT INTO "examples_fts" ("examples_fts", rowid, "prompt", "completion") VALUES('delete', old.rowid, old."prompt", old."completion");
  INSERT INTO "examples_fts" (rowid, "prompt", "completion") VALUES (new.rowid, new."prompt", new."completion");
END;
CREATE TRIGGER examples_added after insert on examples begin insert into example_counts values (new.status, 1) on conflict do update set number = number + 1; end;
CREATE TRIGGER examples_removed after delete on examples begin update example_counts set number = number - 1 where status = old.status; end;
CREATE TRIGGER examples_moved after update of status on examples begin update example_counts set number = number - 1 where status = old.status; insert into example_counts values (new.status, 1) on conflict do update set number = number + 1; end;
INSERT INTO examples_fts (examples_fts) VALUES('rebuild');
COMMIT;
