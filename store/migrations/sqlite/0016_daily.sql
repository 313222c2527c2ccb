-- +goose Up
-- Only Postgres has a better way to dashboard_daily; the step exists so that both
-- have the same number.
SELECT 1;
