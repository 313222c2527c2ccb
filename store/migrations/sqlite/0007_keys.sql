-- +goose Up
-- Keys of the API. hash is the SHA-256 of the secret part, in hex: 256 random bits
-- need neither salt nor stretching. agency '' is a key for all agencies.
CREATE TABLE api_keys (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL,
  role          TEXT    NOT NULL CHECK (role IN ('viewer', 'admin')),
  agency        TEXT    NOT NULL DEFAULT '',
  hash          TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  created_by    TEXT    NOT NULL,
  expires_at    INTEGER,
  revoked_at    INTEGER,
  last_used_at  INTEGER
);
