-- A journal as version 5 wrote it. Released versions never change: this file is not to be edited.
PRAGMA foreign_keys = OFF;
PRAGMA application_id = 1397708364;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO "counters" VALUES('consolidated',0);
INSERT INTO "counters" VALUES('dreams',1);
INSERT INTO "counters" VALUES('episodes',3);
INSERT INTO "counters" VALUES('nights',1);
INSERT INTO "counters" VALUES('questions.answered',0);
INSERT INTO "counters" VALUES('questions.asked',0);
INSERT INTO "counters" VALUES('questions.dropped',0);
INSERT INTO "counters" VALUES('questions.queued',1);
INSERT INTO "counters" VALUES('unconsolidated',2);
CREATE TABLE dream_parents (
        dream INTEGER NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        episode INTEGER NOT NULL REFERENCES episodes (id),
        PRIMARY KEY (dream, position)) WITHOUT ROWID;
INSERT INTO "dream_parents" VALUES(1,0,1);
CREATE TABLE dreams (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        night INTEGER REFERENCES nights (number),
        kind TEXT NOT NULL,
        prompt TEXT NOT NULL,
        completion TEXT NOT NULL,
        writer TEXT NOT NULL,
        answer TEXT NOT NULL,
        weight REAL NOT NULL,
        held_out INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        why TEXT NOT NULL,
        created REAL NOT NULL);
INSERT INTO "dreams" VALUES(1,1,'question','What is my dog called?','Bruno','dream','Bruno',1.0,0,'accepted','',1700000004.0);
CREATE TABLE episodes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation TEXT NOT NULL,
        prompt TEXT NOT NULL,
        reply TEXT NOT NULL DEFAULT '',
        source TEXT NOT NULL,
        confidence REAL,
        weight REAL NOT NULL DEFAULT 1,
        learnable INTEGER NOT NULL DEFAULT 1,
        night INTEGER REFERENCES nights (number),
        superseded_by INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        created REAL NOT NULL,
        details TEXT NOT NULL DEFAULT '{}');
INSERT INTO "episodes" VALUES(1,'c1','My dog is called Bruno.','Nice to meet Bruno!','chat',0.75,1.0,1,1,2,1700000000.0,'{"client": "chat"}');
INSERT INTO "episodes" VALUES(2,'c1','My dog is called Rex.','I see.','chat',0.5,1.0,1,NULL,NULL,1700000001.0,'{}');
INSERT INTO "episodes" VALUES(3,'c2','I live in Gränna, 日本.','','tell',NULL,1.2,1,NULL,NULL,1700000002.0,'{}');
CREATE TABLE feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        value REAL,
        text TEXT NOT NULL,
        episode INTEGER REFERENCES episodes (id) ON DELETE CASCADE,
        question INTEGER REFERENCES questions (id) ON DELETE SET NULL,
        source TEXT NOT NULL,
        created REAL NOT NULL);
INSERT INTO "feedback" VALUES(1,'rating',1.0,'',2,NULL,'user',1700000007.0);
CREATE TABLE forgotten (
        night INTEGER NOT NULL REFERENCES nights (number),
        episode INTEGER NOT NULL,
        PRIMARY KEY (night, episode)) WITHOUT ROWID;
INSERT INTO "forgotten" VALUES(1,4);
CREATE TABLE imports (
        key TEXT PRIMARY KEY,
        episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL) WITHOUT ROWID;
INSERT INTO "imports" VALUES('llm:01h',1);
CREATE TABLE life (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        current_night INTEGER REFERENCES nights (number));
INSERT INTO "life" VALUES(1,1);
CREATE TABLE metrics (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        value REAL,
        night INTEGER REFERENCES nights (number),
        episode INTEGER REFERENCES episodes (id) ON DELETE CASCADE,
        created REAL NOT NULL);
INSERT INTO "metrics" VALUES(1,'recall',1.0,1,NULL,1700000008.0);
CREATE TABLE night_episodes (
        night INTEGER NOT NULL REFERENCES nights (number),
        episode INTEGER NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
        PRIMARY KEY (night, episode)) WITHOUT ROWID;
INSERT INTO "night_episodes" VALUES(1,1);
CREATE TABLE nights (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        parent INTEGER REFERENCES nights (number),
        status TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0,
        cause TEXT NOT NULL,
        started REAL NOT NULL,
        finished REAL,
        report TEXT NOT NULL DEFAULT '{}',
        plugins TEXT NOT NULL DEFAULT '{}', deep INTEGER NOT NULL DEFAULT 0, purged INTEGER NOT NULL DEFAULT 0, newest_episode INTEGER NOT NULL DEFAULT 0);
INSERT INTO "nights" VALUES(1,NULL,'accepted',0,'command',1700000003.0,1700000005.0,'{"recall": 1.0}','{"gestation": "sovl-gestation 0.1.0"}',0,0,3);
CREATE TABLE questions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        source TEXT NOT NULL,
        status TEXT NOT NULL,
        episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        answer_episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        created REAL NOT NULL,
        details TEXT NOT NULL DEFAULT '{}');
INSERT INTO "questions" VALUES(1,'How old is Rex?','curiosity','queued',2,NULL,1700000006.0,'{}');
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "state" VALUES('vitals','{"exposure": 3.0}');
CREATE INDEX episodes_unconsolidated ON episodes (night) WHERE night IS NULL AND learnable = 1 AND superseded_by IS NULL;
CREATE INDEX episodes_consolidated ON episodes (learnable) WHERE night IS NOT NULL AND learnable = 1 AND superseded_by IS NULL;
CREATE INDEX episodes_conversation ON episodes (conversation);
CREATE INDEX episodes_answered ON episodes (conversation) WHERE reply <> '';
CREATE INDEX episodes_night ON episodes (night) WHERE night IS NOT NULL;
CREATE INDEX episodes_superseded ON episodes (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX night_episodes_episode ON night_episodes (episode);
CREATE UNIQUE INDEX nights_running ON nights (status) WHERE status = 'running';
CREATE INDEX nights_parent ON nights (parent);
CREATE INDEX questions_status ON questions (status);
CREATE INDEX questions_episode ON questions (episode);
CREATE INDEX questions_answer ON questions (answer_episode);
CREATE INDEX feedback_episode ON feedback (episode);
CREATE INDEX feedback_question ON feedback (question);
CREATE INDEX dreams_night ON dreams (night);
CREATE INDEX dreams_kind ON dreams (kind);
CREATE INDEX dreams_verdict ON dreams (verdict, night);
CREATE INDEX dream_parents_episode ON dream_parents (episode);
CREATE INDEX metrics_name ON metrics (name);
CREATE INDEX metrics_episode ON metrics (episode) WHERE episode IS NOT NULL;
CREATE TRIGGER episodes_count_insert AFTER INSERT ON episodes BEGIN UPDATE counters SET value = value + 1 WHERE name = 'episodes'; END;
CREATE TRIGGER episodes_count_delete AFTER DELETE ON episodes BEGIN UPDATE counters SET value = value + -1 WHERE name = 'episodes'; END;
CREATE TRIGGER dreams_count_insert AFTER INSERT ON dreams BEGIN UPDATE counters SET value = value + 1 WHERE name = 'dreams'; END;
CREATE TRIGGER dreams_count_delete AFTER DELETE ON dreams BEGIN UPDATE counters SET value = value + -1 WHERE name = 'dreams'; END;
CREATE TRIGGER nights_count_insert AFTER INSERT ON nights BEGIN UPDATE counters SET value = value + 1 WHERE name = 'nights'; END;
CREATE TRIGGER nights_count_delete AFTER DELETE ON nights BEGIN UPDATE counters SET value = value + -1 WHERE name = 'nights'; END;
CREATE TRIGGER unconsolidated_insert AFTER INSERT ON episodes WHEN (NEW.night IS NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + 1 WHERE name = 'unconsolidated'; END;
CREATE TRIGGER unconsolidated_delete AFTER DELETE ON episodes WHEN (OLD.night IS NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + -1 WHERE name = 'unconsolidated'; END;
CREATE TRIGGER unconsolidated_update AFTER UPDATE OF learnable, night, superseded_by ON episodes WHEN (NEW.night IS NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) <> (OLD.night IS NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + (NEW.night IS NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) - (OLD.night IS NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) WHERE name = 'unconsolidated'; END;
CREATE TRIGGER consolidated_insert AFTER INSERT ON episodes WHEN (NEW.night IS NOT NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + 1 WHERE name = 'consolidated'; END;
CREATE TRIGGER consolidated_delete AFTER DELETE ON episodes WHEN (OLD.night IS NOT NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + -1 WHERE name = 'consolidated'; END;
CREATE TRIGGER consolidated_update AFTER UPDATE OF learnable, night, superseded_by ON episodes WHEN (NEW.night IS NOT NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) <> (OLD.night IS NOT NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) BEGIN UPDATE counters SET value = value + (NEW.night IS NOT NULL AND NEW.learnable = 1 AND NEW.superseded_by IS NULL) - (OLD.night IS NOT NULL AND OLD.learnable = 1 AND OLD.superseded_by IS NULL) WHERE name = 'consolidated'; END;
CREATE TRIGGER questions_count_insert AFTER INSERT ON questions BEGIN UPDATE counters SET value = value + 1 WHERE name = 'questions.' || NEW.status; END;
CREATE TRIGGER questions_count_delete AFTER DELETE ON questions BEGIN UPDATE counters SET value = value + -1 WHERE name = 'questions.' || OLD.status; END;
CREATE TRIGGER questions_count_update AFTER UPDATE OF status ON questions BEGIN UPDATE counters SET value = value + -1 WHERE name = 'questions.' || OLD.status; UPDATE counters SET value = value + 1 WHERE name = 'questions.' || NEW.status; END;
CREATE INDEX imports_episode ON imports (episode);
CREATE INDEX episodes_said ON episodes (id) WHERE source <> 'import';
CREATE INDEX episodes_replied ON episodes (id) WHERE reply <> '';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('episodes',4);
INSERT INTO "sqlite_sequence" VALUES('nights',1);
INSERT INTO "sqlite_sequence" VALUES('dreams',1);
INSERT INTO "sqlite_sequence" VALUES('questions',1);
INSERT INTO "sqlite_sequence" VALUES('feedback',1);
INSERT INTO "sqlite_sequence" VALUES('metrics',1);
COMMIT;
