-- +goose Up
-- Account reads as the platforms bill them. day is when the UTC day began. Reads
-- recorded at the same time go to different shards, so that none waits for another.
CREATE TABLE usage (
  platform TEXT    NOT NULL,
  day      INTEGER NOT NULL,
  purpose  TEXT    NOT NULL,
  shard    INTEGER NOT NULL,
  reads    INTEGER NOT NULL,
  PRIMARY KEY (platform, day, purpose, shard)
);
