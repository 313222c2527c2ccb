-- +goose Up
-- Whether a part of a name is found sooner in the index of its letters or by going
-- through the people in order hangs on how many have it. A hundred samples, the
-- default, show nothing of a name that one in three hundred has: 43 ms instead of 12
-- with a million people.
-- +goose StatementBegin
DO $$
BEGIN
  IF to_regclass('people_name') IS NOT NULL THEN
    ALTER INDEX people_name ALTER COLUMN 1 SET STATISTICS 1000;
  END IF;
END $$;
-- +goose StatementEnd
