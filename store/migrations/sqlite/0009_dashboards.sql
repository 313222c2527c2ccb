-- +goose Up
-- For Grafana, Metabase and the like. Names and columns are stable. Times are
-- texts in UTC that SQLite's date functions read, days are those of WIB, a NIP is masked, and no note that an admin
-- wrote is shown. Joins are LEFT so that a query pays for the tables it looks at.

CREATE VIEW dashboard_people AS
SELECT p.id,
       CASE WHEN length(p.nip) = 18 THEN substr(p.nip, 1, 4) || '**** ****** * ' || substr(p.nip, 16) ELSE '********' END AS nip,
       p.name, p.agency, p.unit, p.status,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.since / 1000000, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.first_granted_at / 1000000, 'unixepoch') AS first_granted_at,
       p.reason, p.reason_version AS policy_version,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.until / 1000000, 'unixepoch') AS until,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.created_at / 1000000, 'unixepoch') AS registered_at
FROM people p;

CREATE VIEW dashboard_accounts AS
SELECT a.id, a.person_id, p.name, p.agency, p.unit, p.status, a.platform, a.handle, a.external_id, a.state,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.state_since / 1000000, 'unixepoch') AS state_since,
       a.followers, a.friends, a.following, a.posts,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.last_active_at / 1000000, 'unixepoch') AS last_active_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.synced_at / 1000000, 'unixepoch') AS synced_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(s.due_at, b.due_at) / 1000000, 'unixepoch') AS next_due_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.attempted_at / 1000000, 'unixepoch') AS attempted_at,
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
  WITH RECURSIVE days (k) AS (
    SELECT (SELECT (created_at + 25200000000) / 86400000000 FROM accounts ORDER BY id LIMIT 1)
    UNION ALL
    SELECT k + 1 FROM days
    WHERE k < (max(strftime('%s', 'now') * 1000000, coalesce((SELECT counted_at FROM totals), 0)) + 25200000000) / 86400000000)
  SELECT date(k * 86400, 'unixepoch') AS day, k * 86400000000 - 25200000000 AS begins, k * 86400000000 + 61200000000 AS ends FROM days
) d
JOIN readings r ON r.account_id = a.id AND r.observed_at = (
  SELECT n.observed_at FROM readings n
  WHERE n.account_id = a.id AND n.observed_at < d.ends AND NOT n.suspect
  ORDER BY n.observed_at DESC
  LIMIT 1)
WHERE r.last_seen_at >= d.begins;

CREATE VIEW dashboard_decisions AS
SELECT d.id, d.person_id, p.name, p.agency,
       strftime('%Y-%m-%dT%H:%M:%SZ', d.at / 1000000, 'unixepoch') AS at,
       d.from_status, d.to_status, d.reason, d.policy_version, d.actor
FROM decisions d
LEFT JOIN people p ON p.id = d.person_id;

-- As of the last count, whose time is counted_at; as_of is the newest read in it.
CREATE VIEW dashboard_coverage AS
SELECT t.agency, t.platform, sum(t.expected) AS expected, sum(t.read) AS read,
       strftime('%Y-%m-%dT%H:%M:%SZ', max(t.newest) / 1000000, 'unixepoch') AS as_of,
       (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', counted_at / 1000000, 'unixepoch') FROM totals) AS counted_at
FROM totals_accounts t
GROUP BY t.agency, t.platform;
