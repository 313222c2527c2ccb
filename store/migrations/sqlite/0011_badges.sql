-- +goose Up
-- The public page of a person, behind an id that nobody can guess. It stays the
-- same through losses and returns, unless it is replaced.
CREATE TABLE badges (
  person_id  INTEGER PRIMARY KEY REFERENCES people (id),
  public_id  TEXT    NOT NULL UNIQUE,
  hidden     BOOLEAN NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL
);

-- Each award of the status, whose id is its place in the status lists: a
-- credential that was revoked stays revoked when the person returns, and the new
-- award gets a new one.
CREATE TABLE badge_awards (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id  INTEGER NOT NULL REFERENCES people (id),
  awarded_at INTEGER NOT NULL,
  ended_at   INTEGER
);
CREATE UNIQUE INDEX badge_awards_open ON badge_awards (person_id) WHERE ended_at IS NULL;
CREATE INDEX badge_awards_person ON badge_awards (person_id, id);

-- Keys that sign, encrypted like tokens. Old ones stay, so that what they signed
-- can still be checked; the newest signs.
CREATE TABLE signing_keys (
  kid        TEXT    PRIMARY KEY,
  public_key TEXT    NOT NULL,
  key_id     TEXT    NOT NULL,
  ciphertext TEXT    NOT NULL,
  created_at INTEGER NOT NULL
);
