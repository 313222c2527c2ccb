-- +goose Up
-- The last count of everything, for summaries and dashboards: counting millions
-- of accounts takes seconds, and nobody who asks for a total should wait for it.
-- totals has one row, which says when and how the others were counted.
CREATE TABLE totals (
  id           int    PRIMARY KEY CHECK (id = 1),
  counted_at   bigint NOT NULL,
  fresh_within bigint NOT NULL,
  accounts     bigint NOT NULL,
  took         bigint NOT NULL
);

-- platform '' counts all people, any other those with an account there.
CREATE TABLE totals_people (
  agency   text   NOT NULL,
  platform text   NOT NULL,
  status   text   NOT NULL,
  people   bigint NOT NULL,
  PRIMARY KEY (agency, platform, status)
);

-- expected: accounts registered; read: of these, read recently enough, of which
-- newest and oldest are the times; failing: whose last attempt failed; stale: that
-- can be read and were not for too long.
CREATE TABLE totals_accounts (
  agency   text   NOT NULL,
  platform text   NOT NULL,
  state    text   NOT NULL,
  expected bigint NOT NULL,
  read     bigint NOT NULL,
  failing  bigint NOT NULL,
  stale    bigint NOT NULL,
  newest   bigint,
  oldest   bigint,
  PRIMARY KEY (agency, platform, state)
);

-- Lists of an agency's people of a status, of people with an account somewhere,
-- and of accounts that want somebody's attention. A steady read changes none of
-- these columns.
CREATE INDEX people_agency_status ON people (agency, status, id);
CREATE INDEX accounts_platform_person ON accounts (platform, person_id);
CREATE INDEX accounts_state ON accounts (state, id) WHERE state <> 'ok';
CREATE INDEX accounts_unreadable ON accounts (id) WHERE state <> 'ok' AND state <> 'pending';
CREATE INDEX accounts_unreadable_person ON accounts (person_id) WHERE state <> 'ok' AND state <> 'pending';

-- Some states occur on one platform alone: taken for independent, a list of both
-- would be expected to be short, gathered whole and sorted.
CREATE STATISTICS accounts_kinds (mcv) ON platform, state, failures FROM accounts;

-- Part of a name, without looking at every name. The extension comes with
-- Postgres, but some installations leave it out: then such a search is slower.
-- +goose StatementBegin
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX people_name ON people USING gin (lower(name) gin_trgm_ops);
EXCEPTION WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'pg_trgm is not to be had: searches for a part of a name look at every name';
END $$;
-- +goose StatementEnd
