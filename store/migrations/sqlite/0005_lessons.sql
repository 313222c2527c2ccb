-- +goose Up
-- What a connector found out about its platform by asking, so that the next
-- process does not pay for the same lesson.
CREATE TABLE lessons (
  platform text NOT NULL,
  name     text NOT NULL,
  value    text NOT NULL,
  PRIMARY KEY (platform, name)
);
