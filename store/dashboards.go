package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// DashboardQuery is what a dashboard asks of one of the dashboard_* views, as
// docs/dashboards.md has it. In its SQL, $1 is the name of an agency.
type DashboardQuery struct {
	View, Asks string
	SQL        string
}

// OfAgency tells whether the query is about one agency.
func (q DashboardQuery) OfAgency() bool { return strings.Contains(q.SQL, "$1") }

// DashboardQueries is one for each view.
func DashboardQueries() []DashboardQuery {
	return []DashboardQuery{
		{"dashboard_people", "who holds the status, by agency", `
SELECT agency, count(*) FILTER (WHERE status IN ('active', 'grace')) AS influencers, count(*) AS people
FROM dashboard_people
GROUP BY agency
ORDER BY influencers DESC
LIMIT 20;
`},
		{"dashboard_accounts", "accounts of one agency by state", `
SELECT platform, state, count(*) AS accounts, max(synced_at) AS newest_read
FROM dashboard_accounts
WHERE agency = $1
GROUP BY platform, state
ORDER BY platform, accounts DESC;
`},
		{"dashboard_daily", "a month of one agency, day by day", `
SELECT day, platform, sum(followers) AS followers, sum(friends) AS friends, count(*) AS accounts
FROM dashboard_daily
WHERE agency = $1 AND day >= current_date - 30
GROUP BY day, platform
ORDER BY day, platform;
`},
		{"dashboard_agency_daily", "a month of one agency, in sums", `
SELECT day, platform, followers, friends, read, expected
FROM dashboard_agency_daily
WHERE agency = $1 AND day >= current_date - 30
ORDER BY day, platform;
`},
		{"dashboard_decisions", "granted and lost in a month, by day", `
SELECT (at AT TIME ZONE 'Asia/Jakarta')::date AS day,
       count(*) FILTER (WHERE to_status = 'active' AND from_status IN ('none', 'pending', 'revoked')) AS granted,
       count(*) FILTER (WHERE to_status = 'revoked' AND from_status IN ('active', 'grace')) AS lost
FROM dashboard_decisions
WHERE at >= now() - interval '30 days'
GROUP BY day
ORDER BY day;
`},
		{"dashboard_coverage", "where the numbers are thin", `
SELECT agency, platform, expected, read, round(100.0 * read / expected, 1) AS percent, as_of, counted_at
FROM dashboard_coverage
WHERE expected > 0
ORDER BY percent, agency, platform
LIMIT 50;
`},
	}
}

// TimeQuery asks a query about an agency of a scratch database on Postgres, on a
// connection of its own, whose planner is told what deploy/readonly.sql tells it for
// the role of dashboards too. It tells how many rows came and in what time.
func (s *Scratch) TimeQuery(ctx context.Context, q DashboardQuery, agency string) (rows int, took time.Duration, err error) {
	conn, err := connect(s.URL, 1)
	if err != nil {
		return 0, 0, err
	}
	defer conn.db.Close()
	if err := conn.db.PingContext(ctx); err != nil {
		return 0, 0, fmt.Errorf("store: time a query: %w", err)
	}
	var args []any
	if q.OfAgency() {
		args = append(args, agency)
	}
	began := time.Now()
	found, err := conn.db.QueryContext(ctx, q.SQL, args...)
	if err != nil {
		return 0, 0, fmt.Errorf("store: time a query of %s: %w", q.View, err)
	}
	defer found.Close()
	for found.Next() {
		rows++
	}
	if err := found.Err(); err != nil {
		return 0, 0, fmt.Errorf("store: time a query of %s: %w", q.View, err)
	}
	return rows, time.Since(began), nil
}
