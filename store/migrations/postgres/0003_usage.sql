-- +goose Up
-- Account reads as the platforms bill them. day is when the UTC day began. Reads
-- recorded at the same time go to different shards, so that none waits for another.
CREATE TABLE usage (
  platform text   NOT NULL,
  day      bigint NOT NULL,
  purpose  text   NOT NULL,
  shard    int    NOT NULL,
  reads    bigint NOT NULL,
  PRIMARY KEY (platform, day, purpose, shard)
) WITH (fillfactor = 50);
