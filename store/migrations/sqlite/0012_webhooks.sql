-- +goose Up
-- Who gets events. key_id and ciphertext: the signing secret, encrypted and bound
-- to this row as credentials are; the old_ ones stay valid until old_until after a
-- change of secret. events: names parted by commas, '' for all. failures counts
-- those in a row and failed_at is the last; nothing is sent before closed_to.
CREATE TABLE webhooks (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  url            TEXT   NOT NULL,
  format         TEXT   NOT NULL,
  events         TEXT   NOT NULL DEFAULT '',
  agency         TEXT   NOT NULL DEFAULT '',
  nip            TEXT   NOT NULL,
  key_id         TEXT   NOT NULL DEFAULT '',
  ciphertext     TEXT   NOT NULL DEFAULT '',
  old_key_id     TEXT   NOT NULL DEFAULT '',
  old_ciphertext TEXT   NOT NULL DEFAULT '',
  old_until      INTEGER,
  state          TEXT   NOT NULL DEFAULT 'active',
  detail         TEXT   NOT NULL DEFAULT '',
  failures       INTEGER   NOT NULL DEFAULT 0,
  failed_at      INTEGER,
  closed_to      INTEGER,
  created_by     TEXT   NOT NULL,
  created_at     INTEGER NOT NULL
);

-- One event on its way to one webhook. Ids rise with those of the events, so that
-- the order of one lane is the order of what happened; lane is the person, 0 for
-- events of no person. due_at is the next try, or while leased the end of the
-- lease; a claim raises the fence, and so ends what an earlier one might write.
-- outbox.delivered_at says when an event got its rows here.
CREATE TABLE deliveries (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id   INTEGER  NOT NULL,
  event_id     INTEGER  NOT NULL,
  lane         INTEGER  NOT NULL,
  state        TEXT    NOT NULL DEFAULT 'waiting',
  leased       INTEGER NOT NULL DEFAULT 0,
  fence        INTEGER  NOT NULL DEFAULT 0,
  due_at       INTEGER  NOT NULL,
  expires_at   INTEGER  NOT NULL,
  attempts     INTEGER    NOT NULL DEFAULT 0,
  status       INTEGER    NOT NULL DEFAULT 0,
  error        TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER  NOT NULL,
  attempted_at INTEGER,
  done_at      INTEGER,
  UNIQUE (webhook_id, event_id)
);
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_lane ON deliveries (webhook_id, lane, id) WHERE state = 'waiting';
CREATE INDEX deliveries_dead ON deliveries (webhook_id, id) WHERE state = 'dead';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE state <> 'waiting';
CREATE INDEX deliveries_event ON deliveries (event_id);
