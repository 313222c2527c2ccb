-- +goose Up
-- Only Postgres has a better way to dashboard_daily. This one makes sure that a step is
-- noted once: of processes that race on a file, all but one fail at a step that makes a
-- table, but a step without one, such as the next, would be taken by each of them.
CREATE UNIQUE INDEX goose_db_version_once ON goose_db_version (version_id);
