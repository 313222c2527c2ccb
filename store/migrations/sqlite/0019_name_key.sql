-- +goose Up
-- The same name for what a search compares as in Postgres. SQLite makes it on the
-- way: there are few enough people, and it cannot add a column that is stored.
ALTER TABLE people ADD COLUMN name_key text GENERATED ALWAYS AS (lower(name)) VIRTUAL;
