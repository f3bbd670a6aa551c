-- The database that whole_entry() (entries.py) gave before there were migrations.
BEGIN TRANSACTION;
CREATE TABLE actions (
	child VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	decided_at VARCHAR NOT NULL, 
	obligation VARCHAR NOT NULL, 
	occurrence INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	rung INTEGER NOT NULL, 
	"to" JSON NOT NULL, 
	due DATE, 
	clause VARCHAR NOT NULL, 
	message VARCHAR NOT NULL, 
	period INTEGER NOT NULL, 
	event VARCHAR, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_actions PRIMARY KEY (number), 
	CONSTRAINT uq_actions_child_key UNIQUE (child, "key")
);
INSERT INTO "actions" VALUES('c1','1/initial-ppm/1/2026-01-19/reminder/1','skipped','2026-01-12T09:00:00.000000+00:00','2026-01-12T09:00:07.000000+00:00','initial-ppm',1,'reminder',1,'["iro", "social_worker"]','2026-01-19','S1 §2','c1: initial-ppm is overdue',1,NULL,1);
INSERT INTO "actions" VALUES('c1','1/initial-ppm/1/2026-01-19/escalation/1','sent','2026-01-12T09:00:00.000000+00:00','2026-01-12T09:00:07.000000+00:00','initial-ppm',1,'escalation',1,'["iro", "social_worker"]','2026-01-19','S1 §2','c1: initial-ppm is overdue',1,NULL,2);
CREATE TABLE events (
	child VARCHAR NOT NULL, 
	event_id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	"on" DATE NOT NULL, 
	recorded_at VARCHAR, 
	known_at VARCHAR NOT NULL, 
	document JSON NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (number), 
	CONSTRAINT uq_events_child_event_id UNIQUE (child, event_id)
);
INSERT INTO "events" VALUES('c1','c1-in','became_looked_after','2026-01-05','2026-01-05T10:15:00.000000+00:00','2026-01-05T10:30:00.000000+00:00','{"type": "became_looked_after", "id": "c1-in", "child": "c1", "on": "2026-01-05", "recorded_at": "2026-01-05T10:15:00+00:00", "date_of_birth": "2019-07-23", "legal_status": "C2", "people": {"social_worker": "Canary-Contact-Zebedee"}}',1);
CREATE TABLE outbox (
	child VARCHAR NOT NULL, 
	action_key VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	created VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (number), 
	CONSTRAINT uq_outbox_child_action_key_role UNIQUE (child, action_key, role), 
	CONSTRAINT fk_outbox_actions FOREIGN KEY(child, action_key) REFERENCES actions (child, "key")
);
INSERT INTO "outbox" VALUES('c1','1/initial-ppm/1/2026-01-19/escalation/1','iro','pending','2026-01-12T09:00:07.000000+00:00',1);
INSERT INTO "outbox" VALUES('c1','1/initial-ppm/1/2026-01-19/escalation/1','social_worker','pending','2026-01-12T09:00:07.000000+00:00',2);
CREATE TABLE rejected (
	child VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	payload JSON, 
	content VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_rejected PRIMARY KEY (number), 
	CONSTRAINT uq_rejected_content UNIQUE (content)
);
INSERT INTO "rejected" VALUES('c1','2026-01-05T10:30:00.000000+00:00','signal case_events','type: unknown','{"note": "Quagga"}','4a180e1990fcebafc5235129731e80911f58d85351a5d362e8f8b50e40a363b0',1);
CREATE INDEX ix_actions_decided_at ON actions (decided_at);
CREATE INDEX ix_rejected_child ON rejected (child);
CREATE INDEX ix_outbox_state ON outbox (state);
COMMIT;
