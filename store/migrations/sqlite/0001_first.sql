-- +goose Up
-- Times are microseconds since 1970 UTC, the same in both databases: SQLite
-- compares times as text and would find nothing across zones. The dashboard_*
-- views turn them into timestamps. NULL is "never" or "unknown", never 0.

CREATE TABLE people (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  nip              TEXT   NOT NULL UNIQUE,
  name             TEXT   NOT NULL,
  agency           TEXT   NOT NULL,
  unit             TEXT   NOT NULL DEFAULT '',
  status           TEXT   NOT NULL DEFAULT 'none',
  since            INTEGER,
  first_granted_at INTEGER,
  grace_since      INTEGER,
  held_before      TEXT   NOT NULL DEFAULT '',
  until            INTEGER,
  reason           TEXT   NOT NULL DEFAULT '',
  reason_version   INTEGER NOT NULL DEFAULT 0,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
);
CREATE INDEX people_agency ON people (agency, id);
CREATE INDEX people_status ON people (status, id) WHERE status <> 'none';

-- handle_key is the handle as registered, in lower case, and never changes;
-- handle follows a rename. The numbers are those of the newest good reading.
-- Nothing that a read changes is indexed here, so that recording is cheap.
CREATE TABLE accounts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id      INTEGER NOT NULL REFERENCES people (id),
  platform       TEXT   NOT NULL,
  handle_key     TEXT   NOT NULL,
  handle         TEXT   NOT NULL,
  external_id    TEXT   NOT NULL DEFAULT '',
  state          TEXT   NOT NULL DEFAULT 'pending',
  state_since    INTEGER NOT NULL,
  followers      INTEGER,
  friends        INTEGER,
  following      INTEGER,
  posts          INTEGER,
  last_active_at INTEGER,
  observed_at    INTEGER,
  synced_at      INTEGER,
  reads          INTEGER NOT NULL DEFAULT 0,
  between_reads  TEXT   NOT NULL DEFAULT '',
  suspect        INTEGER NOT NULL DEFAULT 0,
  source         TEXT   NOT NULL DEFAULT '',
  attempted_at   INTEGER,
  failures       INTEGER NOT NULL DEFAULT 0,
  error          TEXT   NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  UNIQUE (platform, handle_key)
);
CREATE INDEX accounts_person ON accounts (person_id);
-- One profile of a platform is one account here: it counts for one person, once.
CREATE UNIQUE INDEX accounts_external ON accounts (platform, external_id) WHERE external_id <> '';
-- Whose time as gone may have come.
CREATE INDEX accounts_gone ON accounts (state_since) WHERE state IN ('gone', 'suspended');

-- When each account that is in no batch wants to be read. One that is in a batch
-- is read with it: then due_at is NULL and batch_id names the batch. An account
-- leaves its batch by being given a due_at of its own here; the batch finds out
-- when it is read next.
CREATE TABLE schedule (
  account_id INTEGER PRIMARY KEY REFERENCES accounts (id),
  platform   TEXT    NOT NULL,
  due_at     INTEGER,
  batch_id   INTEGER
);
CREATE INDEX schedule_due ON schedule (platform, due_at, account_id) WHERE due_at IS NOT NULL;
CREATE INDEX schedule_batch ON schedule (batch_id) WHERE batch_id IS NOT NULL;

-- Accounts that are read together, by one call or a few, day after day: a claim
-- costs one row, and so does the schedule of hundreds of accounts. While a batch rests, due_at is when
-- it is to be read; while it is claimed, due_at is when the lease ends. In either
-- case the next claim after that takes it, with a higher fence, which makes
-- whoever held it too late. person_ids are the accounts' people, in the same order;
-- capacity is how many accounts the batch had room for when it was made.
CREATE TABLE batches (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  platform    TEXT    NOT NULL,
  purpose     TEXT    NOT NULL,
  fence       INTEGER NOT NULL,
  resting     INTEGER NOT NULL DEFAULT 0,
  due_at      INTEGER NOT NULL,
  capacity    INTEGER NOT NULL,
  account_ids TEXT NOT NULL,
  person_ids  TEXT NOT NULL
);
CREATE INDEX batches_due ON batches (platform, due_at);

-- Numbers seen from observed_at to last_seen_at; the same numbers read again
-- extend the newest row. between_reads: times of up to three reads in between.
-- What a read writes here and below names its account or person without a foreign
-- key: it is written by transactions that hold the person's lock, nobody is ever
-- deleted, and the check of each row would cost as much as the row.
CREATE TABLE readings (
  account_id     INTEGER NOT NULL,
  observed_at    INTEGER NOT NULL,
  last_seen_at   INTEGER NOT NULL,
  reads          INTEGER NOT NULL DEFAULT 1,
  between_reads  TEXT   NOT NULL DEFAULT '',
  followers      INTEGER,
  friends        INTEGER,
  following      INTEGER,
  posts          INTEGER,
  last_active_at INTEGER,
  suspect        INTEGER NOT NULL DEFAULT 0,
  source         TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, observed_at)
);

CREATE TABLE policies (
  version    INTEGER PRIMARY KEY,
  body       TEXT   NOT NULL,
  author     TEXT   NOT NULL,
  note       TEXT   NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
);

-- The default policy, as of this schema.
INSERT INTO policies (version, body, author, note, created_at) VALUES (1,
  '{"match":"any","requirements":[{"platform":"x","metric":"followers","at_least":500},{"platform":"instagram","metric":"followers","at_least":500},{"platform":"facebook","metric":"friends","at_least":500}],"leave_below":"100%","confirm":2,"confirm_gap":"1h","grace":"0s","activity":{"within":"30d","unknown":"hold"},"evidence_max_age":"35d","suspect":{"drop":"50%","from":100},"gone_after":"14d","breaker":{"share":"5%","floor":20,"window":"1h"},"approval":"automatic"}',
  'pengikut', 'default policy', unixepoch() * 1000000);

-- Append-only. evidence is the decision's own copy of all it saw.
CREATE TABLE decisions (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id      INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  from_status    TEXT   NOT NULL,
  to_status      TEXT   NOT NULL,
  reason         TEXT   NOT NULL,
  policy_version INTEGER NOT NULL,
  actor          TEXT   NOT NULL,
  note           TEXT   NOT NULL DEFAULT '',
  evidence       TEXT   NOT NULL
);
CREATE INDEX decisions_person ON decisions (person_id, id);

CREATE TABLE outbox (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id    INTEGER,
  kind         TEXT   NOT NULL,
  payload      TEXT   NOT NULL,
  created_at   INTEGER NOT NULL,
  delivered_at INTEGER
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE delivered_at IS NULL;

CREATE TABLE platform_health (
  platform   TEXT   PRIMARY KEY,
  kind       TEXT   NOT NULL DEFAULT '',
  detail     TEXT   NOT NULL DEFAULT '',
  since      INTEGER NOT NULL,
  until      INTEGER,
  failures   INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
);

-- ciphertext: AES-256-GCM under the key that key_id names, bound to this row.
-- account_id is NULL for a token of the ministry's own.
CREATE TABLE credentials (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  platform   TEXT   NOT NULL,
  account_id INTEGER REFERENCES accounts (id),
  label      TEXT   NOT NULL DEFAULT '',
  key_id     TEXT   NOT NULL,
  ciphertext TEXT   NOT NULL,
  state      TEXT   NOT NULL DEFAULT 'ok',
  detail     TEXT   NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER
);
CREATE UNIQUE INDEX credentials_account ON credentials (platform, account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX credentials_label ON credentials (platform, label) WHERE account_id IS NULL;
