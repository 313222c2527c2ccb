-- +goose Up
-- Policies that are not in force: kept, waiting for their date, or done with. A
-- scheduled one is put in force at effective_at, with scheduled_by as its author.
-- version is the one that it became.
CREATE TABLE policy_drafts (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  body         TEXT NOT NULL,
  author       TEXT NOT NULL,
  note         TEXT NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  base         INTEGER NOT NULL,
  state        TEXT NOT NULL DEFAULT 'draft',
  effective_at INTEGER,
  scheduled_by TEXT NOT NULL DEFAULT '',
  version      INTEGER
);
CREATE INDEX policy_drafts_due ON policy_drafts (effective_at) WHERE state = 'scheduled';

-- When everybody had been decided under a version; NULL while that is under way,
-- or was cut short. The rule in force stays the highest version.
ALTER TABLE policies ADD COLUMN decided_at INTEGER;
-- From when on somebody may take up what was not finished: a lease.
ALTER TABLE policies ADD COLUMN decide_from INTEGER;
UPDATE policies SET decided_at = created_at;
