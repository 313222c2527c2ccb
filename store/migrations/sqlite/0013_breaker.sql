-- +goose Up
-- An alarm of the breaker: more people were to lose the status at once than the
-- policy allows, so that their losses wait for an admin. At most one is open, and
-- holds every further loss. state: open, releasing, released, discarded.
CREATE TABLE trips (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  opened_at      INTEGER NOT NULL,
  state          TEXT    NOT NULL DEFAULT 'open',
  policy_version INTEGER NOT NULL,
  cause          TEXT    NOT NULL,
  losses         INTEGER NOT NULL,
  holders        INTEGER NOT NULL,
  allowed        INTEGER NOT NULL,
  closed_at      INTEGER,
  closed_by      TEXT    NOT NULL DEFAULT '',
  note           TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX trips_open ON trips (state) WHERE state = 'open';
CREATE INDEX trips_live ON trips (state, id) WHERE state IN ('open', 'releasing');

-- The losses on a trip's list, each as it was decided last, with its own copy of
-- all that decision saw. outcome is 'held' until a release decides it again: then
-- it is 'lost' or 'stayed'. Written under the person's lock, as decisions are.
CREATE TABLE held_losses (
  trip_id        INTEGER NOT NULL,
  person_id      INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  from_status    TEXT    NOT NULL,
  to_status      TEXT    NOT NULL,
  reason         TEXT    NOT NULL,
  policy_version INTEGER NOT NULL,
  evidence       TEXT    NOT NULL,
  outcome        TEXT    NOT NULL DEFAULT 'held',
  PRIMARY KEY (trip_id, person_id)
);

-- What the breaker counts: losses that the rule made of itself. One that an admin
-- has released says so in its note.
CREATE INDEX decisions_losses ON decisions (at)
  WHERE to_status = 'revoked' AND actor = 'rule' AND note = '';
