-- +goose Up
-- The last count of everything, for summaries and dashboards: counting millions
-- of accounts takes seconds, and nobody who asks for a total should wait for it.
-- totals has one row, which says when and how the others were counted.
CREATE TABLE totals (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  counted_at   INTEGER NOT NULL,
  fresh_within INTEGER NOT NULL,
  accounts     INTEGER NOT NULL,
  took         INTEGER NOT NULL
);

-- platform '' counts all people, any other those with an account there.
CREATE TABLE totals_people (
  agency   TEXT   NOT NULL,
  platform TEXT   NOT NULL,
  status   TEXT   NOT NULL,
  people   INTEGER NOT NULL,
  PRIMARY KEY (agency, platform, status)
);

-- expected: accounts registered; read: of these, read recently enough, of which
-- newest and oldest are the times; failing: whose last attempt failed; stale: that
-- can be read and were not for too long.
CREATE TABLE totals_accounts (
  agency   TEXT   NOT NULL,
  platform TEXT   NOT NULL,
  state    TEXT   NOT NULL,
  expected INTEGER NOT NULL,
  read     INTEGER NOT NULL,
  failing  INTEGER NOT NULL,
  stale    INTEGER NOT NULL,
  newest   INTEGER,
  oldest   INTEGER,
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

