-- +goose Up
-- For Grafana, Metabase and the like. Names and columns are stable. Times are real
-- timestamps, days are those of WIB, a NIP is masked, and no note that an admin
-- wrote is shown. Joins are LEFT so that a query pays for the tables it looks at.

CREATE VIEW dashboard_people AS
SELECT p.id,
       CASE WHEN length(p.nip) = 18 THEN substr(p.nip, 1, 4) || '**** ****** * ' || substr(p.nip, 16) ELSE '********' END AS nip,
       p.name, p.agency, p.unit, p.status,
       to_timestamp(p.since::double precision / 1000000) AS since,
       to_timestamp(p.first_granted_at::double precision / 1000000) AS first_granted_at,
       p.reason, p.reason_version AS policy_version,
       to_timestamp(p.until::double precision / 1000000) AS until,
       to_timestamp(p.created_at::double precision / 1000000) AS registered_at
FROM people p;

CREATE VIEW dashboard_accounts AS
SELECT a.id, a.person_id, p.name, p.agency, p.unit, p.status, a.platform, a.handle, a.external_id, a.state,
       to_timestamp(a.state_since::double precision / 1000000) AS state_since,
       a.followers, a.friends, a.following, a.posts,
       to_timestamp(a.last_active_at::double precision / 1000000) AS last_active_at,
       to_timestamp(a.synced_at::double precision / 1000000) AS synced_at,
       to_timestamp(coalesce(s.due_at, b.due_at)::double precision / 1000000) AS next_due_at,
       to_timestamp(a.attempted_at::double precision / 1000000) AS attempted_at,
       a.failures, a.error
FROM accounts a
LEFT JOIN people p ON p.id = a.person_id
LEFT JOIN schedule s ON s.account_id = a.id
LEFT JOIN batches b ON b.id = s.batch_id;

-- A row for each account and day on which a good reading stood: a reading spans
-- the days from its first to its last read, and the newest that began before the
-- day was over counts. Looked up day by day, so that a month costs a month's rows
-- however long the history.
CREATE VIEW dashboard_daily AS
SELECT a.id AS account, d.day, r.followers, r.friends, p.agency, a.platform, a.person_id
FROM accounts a
LEFT JOIN people p ON p.id = a.person_id
CROSS JOIN (
  SELECT date '1970-01-01' + k::int AS day, k * 86400000000 - 25200000000 AS begins, k * 86400000000 + 61200000000 AS ends
  FROM generate_series(
    (SELECT (created_at + 25200000000) / 86400000000 FROM accounts ORDER BY id LIMIT 1),
    (greatest(extract(epoch FROM now())::bigint * 1000000, (SELECT counted_at FROM totals)) + 25200000000)::bigint / 86400000000) AS k
) d
CROSS JOIN LATERAL (
  SELECT n.followers, n.friends, n.last_seen_at
  FROM readings n
  WHERE n.account_id = a.id AND n.observed_at < d.ends AND NOT n.suspect
  ORDER BY n.observed_at DESC
  LIMIT 1
) r
WHERE r.last_seen_at >= d.begins;

CREATE VIEW dashboard_decisions AS
SELECT d.id, d.person_id, p.name, p.agency,
       to_timestamp(d.at::double precision / 1000000) AS at,
       d.from_status, d.to_status, d.reason, d.policy_version, d.actor
FROM decisions d
LEFT JOIN people p ON p.id = d.person_id;

-- Lets a dashboard's span of time find its decisions.
CREATE INDEX decisions_at_timestamp ON decisions (to_timestamp(at::double precision / 1000000));

-- As of the last count, whose time is counted_at; as_of is the newest read in it.
CREATE VIEW dashboard_coverage AS
SELECT t.agency, t.platform, sum(t.expected)::bigint AS expected, sum(t.read)::bigint AS read,
       to_timestamp(max(t.newest)::double precision / 1000000) AS as_of,
       (SELECT to_timestamp(counted_at::double precision / 1000000) FROM totals) AS counted_at
FROM totals_accounts t
GROUP BY t.agency, t.platform;
