-- +goose Up
-- What people ordered: append-only. agency is the one that the act concerned, ''
-- for all; before and after are JSON objects, NULL where there is none. No NIP
-- and no secret stands here.
CREATE TABLE audit (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  actor   TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  target  TEXT    NOT NULL,
  agency  TEXT    NOT NULL DEFAULT '',
  note    TEXT    NOT NULL DEFAULT '',
  before  TEXT,
  after   TEXT
);
CREATE INDEX audit_target ON audit (target, id);
CREATE INDEX audit_agency ON audit (agency, id);
