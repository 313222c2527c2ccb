-- +goose Up
-- Only Postgres has an index of names; the step exists so that both have the same
-- number.
SELECT 1;
