-- +goose Up
-- Manual orders to read accounts now. same_as is alike for equal orders; the NIPs
-- of an order stand nowhere but in it, hashed. agency is the one that was asked
-- for or that the actor is bound to.
CREATE TABLE resyncs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  actor      TEXT   NOT NULL,
  platforms  TEXT   NOT NULL DEFAULT '',
  people     INTEGER NOT NULL DEFAULT 0,
  agency     TEXT   NOT NULL DEFAULT '',
  everybody  INTEGER NOT NULL DEFAULT 0,
  same_as    TEXT   NOT NULL,
  state      TEXT   NOT NULL DEFAULT 'queued',
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER,
  total      INTEGER NOT NULL DEFAULT 0,
  reads      INTEGER NOT NULL DEFAULT 0,
  pruned     INTEGER NOT NULL DEFAULT 0
);
-- The few that are under way: every read asks whether there are any.
CREATE INDEX resyncs_open ON resyncs (id) WHERE ended_at IS NULL;

-- The accounts of each. One that waits may be handed out from next_at on, which
-- is later than the order after a try that failed. Those that a cancelled resync
-- left waiting are cancelled: nobody looks at them any more.
CREATE TABLE resync_members (
  account_id INTEGER NOT NULL,
  resync_id  INTEGER NOT NULL,
  platform   TEXT   NOT NULL,
  state      TEXT   NOT NULL DEFAULT 'waiting',
  tries      INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER NOT NULL,
  ended_at   INTEGER,
  kind       TEXT   NOT NULL DEFAULT '',
  detail     TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, resync_id)
);
CREATE INDEX resync_members_waiting ON resync_members (resync_id, platform, next_at, account_id) WHERE state = 'waiting';
CREATE INDEX resync_members_failed ON resync_members (resync_id, account_id) WHERE state = 'failed';

-- How many became what. Reads recorded at the same time count in different shards,
-- so that none waits for another; total stands in shard 0 alone.
CREATE TABLE resync_counts (
  resync_id INTEGER NOT NULL,
  platform  TEXT   NOT NULL,
  shard     INTEGER NOT NULL,
  total     INTEGER NOT NULL DEFAULT 0,
  done      INTEGER NOT NULL DEFAULT 0,
  failed    INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (resync_id, platform, shard)
);

-- When an account that a manual read took out of its turn would have been read:
-- it goes back to that when the read does not come about.
ALTER TABLE schedule ADD COLUMN was_due_at INTEGER;
