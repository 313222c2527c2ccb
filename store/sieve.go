package store

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// A sieve is the coarse half of a run over everybody: the database leaves out who
// certainly has nothing to hear from a policy, in one pass over the accounts, and
// only the others travel to the rule. It may let too many through, never too few;
// TestSieveHoldsBackNobody sets it against the rule itself.
//
// What it knows of a person is, for each requirement, the best count among the
// accounts that are not stale, not of the future and not long gone, which is
// [influencer.RequirementResult.Best]; and the newest post that the activity looks
// at. It leaves out:
//
//   - who is blocked, suspended with the end yet to come, or has left the service
//   - who holds the status, meets enough lines, and is active
//   - who does not hold it, and does not meet enough lines, or is not active
//
// Everybody else passes: who is in grace or waits, and whose suspension is over.
// With near, the lines are a tenth higher for who holds the status, and a tenth
// lower for who does not, as [influencer.Verdict.Near] has them.
type sieve struct {
	policy influencer.Policy
	at     time.Time
	near   bool
}

// query gives the ids of who passes between two ids, in their order.
func (s sieve) query(after, last int64) (string, []any) {
	columns, args := s.columns()
	return `SELECT p.id FROM people p LEFT JOIN (
			SELECT a.person_id, ` + columns + ` FROM accounts a WHERE a.person_id > ? AND a.person_id <= ? GROUP BY a.person_id) f
		ON f.person_id = p.id WHERE p.id > ? AND p.id <= ? AND ` + s.passes() + ` ORDER BY p.id`, append(args, after, last, after, last)
}

// columns are what is known of a person: best0, best1, … and post. What is asked
// first is what most accounts fail.
func (s sieve) columns() (string, []any) {
	p := s.policy
	ahead := s.at.Add(influencer.Skew).UnixMicro()
	fresh := fmt.Sprintf("a.synced_at >= %d AND a.synced_at <= %d", s.at.Add(-p.EvidenceMaxAge).UnixMicro(), ahead)
	there := fmt.Sprintf("NOT (a.state IN ('gone', 'suspended') AND a.state_since <= %d)", s.at.Add(-p.GoneAfter).UnixMicro())
	var sql strings.Builder
	var args []any
	for i, r := range p.Requirements {
		count := "a.followers"
		if r.Metric == influencer.Friends {
			count = "a.friends"
		}
		least := min(s.line(r, false, 90), s.line(r, true, 100))
		fmt.Fprintf(&sql, "max(CASE WHEN %s >= %d AND a.platform = ? AND %s AND %s THEN %[1]s END) AS best%[5]d, ", count, least, fresh, there, i)
		args = append(args, string(r.Platform))
	}
	fmt.Fprintf(&sql, "max(CASE WHEN a.last_active_at <= %d AND %s THEN a.last_active_at END) AS post", ahead, fresh)
	return sql.String(), args
}

// passes is the condition of the sieve.
func (s sieve) passes() string {
	needed := s.policy.Match.Needed(len(s.policy.Requirements))
	active := fmt.Sprintf("coalesce(f.post, 0) >= %d", s.at.Add(-s.policy.Activity.Within).UnixMicro())
	mayBeActive := active
	if s.policy.Activity.Unknown == influencer.Accept {
		mayBeActive = "1 = 1"
	}
	stay, enters := int64(100), fmt.Sprintf("%s >= %d AND %s", s.met(false, 100), needed, mayBeActive)
	if s.near {
		stay, enters = 110, fmt.Sprintf("%s >= %d AND (%s < %d OR %s)", s.met(false, 90), needed, s.met(false, 100), needed, mayBeActive)
	}
	return fmt.Sprintf(`p.left_why = '' AND CASE
		WHEN p.status IN ('none', 'revoked') THEN %s
		WHEN p.status = 'active' THEN NOT (%s >= %d AND %s)
		WHEN p.status = 'suspended' THEN coalesce(p.until <= %d, 1 = 0)
		ELSE p.status <> 'blocked' END`, enters, s.met(true, stay), needed, active, s.at.UnixMicro())
}

// met counts the requirements that are met when every line is at a percentage.
func (s sieve) met(holder bool, percent int64) string {
	terms := make([]string, len(s.policy.Requirements))
	for i, r := range s.policy.Requirements {
		terms[i] = fmt.Sprintf("CASE WHEN f.best%d >= %d THEN 1 ELSE 0 END", i, s.line(r, holder, percent))
	}
	return "(" + strings.Join(terms, " + ") + ")"
}

// line is the count that meets a percentage of a requirement's line.
func (s sieve) line(r influencer.Requirement, holder bool, percent int64) int64 {
	return (s.policy.Line(r, holder)*percent + 99) / 100
}

// sift finds who passes between two ids.
func (s sieve) sift(db *gorm.DB, after, last int64) (ids []int64, err error) {
	query, args := s.query(after, last)
	if err := each(db, query, args, func(c *cursor) { ids = append(ids, c.int()) }); err != nil {
		return nil, fmt.Errorf("sift people: %w", err)
	}
	return ids, nil
}
