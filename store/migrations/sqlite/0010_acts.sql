-- +goose Up
-- Who has left the service: why, and since when. It is a mark beside the status,
-- which is then none, revoked or blocked, and the accounts of such a person are
-- not in the schedule.
ALTER TABLE people ADD COLUMN left_why TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN left_at INTEGER;
CREATE INDEX people_left ON people (id) WHERE left_why <> '';

-- The agency that the person was with when it was decided. A program before this
-- schema wrote none: '' is the person's of today, and a move to another agency
-- fills it in.
ALTER TABLE decisions ADD COLUMN agency TEXT NOT NULL DEFAULT '';

-- Where a person was before: a row for each agency left behind. The one of today
-- stands with the person, and began when the newest row here ended.
CREATE TABLE affiliations (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL,
  agency    TEXT   NOT NULL,
  unit      TEXT   NOT NULL,
  from_at   INTEGER NOT NULL,
  to_at     INTEGER NOT NULL
);
CREATE INDEX affiliations_person ON affiliations (person_id, id);
CREATE INDEX affiliations_agency ON affiliations (agency, id);

-- Times without new grants, of an agency or, '', of all. ends_at is until_at, or
-- when somebody ended it before. settled_to is the last person who was decided
-- again after the end, settled_at when all had been.
CREATE TABLE freezes (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  agency     TEXT   NOT NULL,
  from_at    INTEGER NOT NULL,
  until_at   INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  note       TEXT   NOT NULL,
  actor      TEXT   NOT NULL,
  added_at   INTEGER NOT NULL,
  settled_to INTEGER NOT NULL DEFAULT 0,
  settled_at INTEGER
);
CREATE INDEX freezes_open ON freezes (ends_at) WHERE settled_at IS NULL;
