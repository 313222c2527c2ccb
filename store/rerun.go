package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// rerunPeople are people a page: each comes with every reading of the time asked
// about.
const rerunPeople = 100

// Rerun tells what a policy would have done with recorded history, from where
// everybody stood at a time until now: see [influencer.Rerun]. A zero since takes
// the whole history. It hands everybody whom it would have moved otherwise to fn,
// in the order of their ids, and ends with fn's error. It writes nothing, takes no
// lock and may run beside all else.
func (s *Store) Rerun(ctx context.Context, p influencer.Policy, since, until time.Time, fn func(influencer.RerunRow) error) (influencer.RerunTotals, error) {
	var out influencer.RerunTotals
	err := p.Validate()
	if err == nil {
		r := rerun{s: s, db: s.db.WithContext(ctx), policy: p, since: since.UTC(), until: until.UTC().Truncate(time.Microsecond)}
		err = r.walk(&out, fn)
	}
	if err != nil {
		return out, fmt.Errorf("store: rerun: %w", err)
	}
	return out, nil
}

// rerun is one Rerun under way.
type rerun struct {
	s            *Store
	db           *gorm.DB
	policy       influencer.Policy
	since, until time.Time
	freezes      []influencer.Freeze
}

func (r *rerun) walk(out *influencer.RerunTotals, fn func(influencer.RerunRow) error) (err error) {
	if r.freezes, err = loadFreezes(r.db, ""); err != nil {
		return err
	}
	for last := int64(0); ; {
		people, err := loadPeople(r.db, `SELECT `+personColumns+` FROM people p WHERE p.id > ? ORDER BY p.id LIMIT ?`, last, rerunPeople)
		if err != nil || len(people) == 0 {
			return err
		}
		page, err := r.load(people)
		if err != nil {
			return err
		}
		for i := range page {
			if err := r.tell(&page[i], out, fn); err != nil {
				return err
			}
		}
		last = people[len(people)-1].ID
	}
}

// told is one person with what is recorded of the time.
type told struct {
	influencer.RerunRow
	history influencer.History
	asked   bool // a decision within the time was seen
}

// tell runs one history again and hands it to fn when it goes otherwise.
func (r *rerun) tell(t *told, out *influencer.RerunTotals, fn func(influencer.RerunRow) error) error {
	t.Would, t.WouldStand = influencer.Rerun(r.policy, t.history)
	if out.Add(t.RerunRow) {
		return fn(t.RerunRow)
	}
	return nil
}

// load loads what is recorded of people who are ordered by id.
func (r *rerun) load(people []*owner) ([]told, error) {
	page := make([]told, len(people))
	byPerson := make(map[int64]*told, len(people))
	for i, o := range people {
		t := &page[i]
		t.Person = o.Person
		t.history = influencer.History{Since: r.since, Until: r.until, Standing: o.Standing, Agency: o.Agency, Freezes: r.freezes}
		byPerson[o.ID] = t
	}
	first, last := people[0].ID, people[len(people)-1].ID
	accounts, err := r.loadAccounts(byPerson, first, last)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	if err := r.loadReadings(accounts, byPerson); err != nil {
		return nil, fmt.Errorf("readings: %w", err)
	}
	return page, r.loadDecisions(byPerson, accounts, first, last)
}

// place is where an account's history is.
type place struct {
	person int64
	index  int
}

func (r *rerun) loadAccounts(people map[int64]*told, first, last int64) (map[int64]place, error) {
	out := map[int64]place{}
	err := each(r.db, `SELECT id, person_id, platform, handle, state, state_since, created_at FROM accounts
		WHERE person_id BETWEEN ? AND ? ORDER BY id`, []any{first, last}, func(c *cursor) {
		a := influencer.AccountHistory{AccountID: c.int()}
		person := c.int()
		a.Platform, a.Handle, a.State = influencer.Platform(c.word()), c.text(), influencer.AccountState(c.word())
		a.StateSince, a.AddedAt = c.time(), c.time()
		a.Metric = r.s.opts.Metric(a.Platform)
		if t := people[person]; t != nil {
			out[a.AccountID] = place{person, len(t.history.Accounts)}
			t.history.Accounts = append(t.history.Accounts, a)
		}
	})
	return out, err
}

// from is the time from which readings matter: what is older proves nothing at
// since.
func (r *rerun) from() int64 {
	if r.since.IsZero() {
		return 0
	}
	return r.since.Add(-r.policy.EvidenceMaxAge).UnixMicro()
}

// loadReadings gives accounts their readings, and of those before the time the one
// that lasted into it.
func (r *rerun) loadReadings(accounts map[int64]place, people map[int64]*told) error {
	ids := make([]int64, 0, len(accounts))
	for id := range accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	set := new(rowSet).ints("id", ids)
	return each(r.db, `SELECT `+readingColumns+` FROM ? JOIN readings r ON r.account_id = t.id
		WHERE r.observed_at <= ? AND r.observed_at >= coalesce((
			SELECT max(n.observed_at) FROM readings n WHERE n.account_id = t.id AND n.observed_at <= ?), 0)
		ORDER BY r.account_id, r.observed_at`, []any{set.as(r.db, "t"), r.until.UnixMicro(), r.from()}, func(c *cursor) {
		reading := readReading(c)
		at := accounts[reading.AccountID]
		a := &people[at.person].history.Accounts[at.index]
		a.Readings = append(a.Readings, reading)
	})
}

// loadDecisions gives people the moves that were made, the acts among them, and
// what decisions kept of the times of reads.
func (r *rerun) loadDecisions(people map[int64]*told, accounts map[int64]place, first, last int64) error {
	rows, err := r.db.Raw(`SELECT person_id, at, from_status, to_status, reason, evidence FROM decisions
		WHERE person_id BETWEEN ? AND ? AND at > ? AND at <= ? ORDER BY person_id, id`, first, last, r.from(), r.until.UnixMicro()).Rows()
	if err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var person int64
		var at sql.NullInt64
		var m influencer.Move
		var evidence string
		if err := rows.Scan(&person, &at, &m.From, &m.To, &m.Reason, &evidence); err != nil {
			return fmt.Errorf("decisions: %w", err)
		}
		t := people[person]
		if t == nil {
			continue // added meanwhile
		}
		e, err := decodeEvidence(evidence)
		if err != nil {
			return fmt.Errorf("decisions of person %d: %w", person, err)
		}
		t.took(influencer.Step{At: timeOf(at), Move: m}, e, accounts)
	}
	return rows.Err()
}

// took takes a decision into a history.
func (t *told) took(s influencer.Step, e influencer.Evidence, accounts map[int64]place) {
	h := &t.history
	for _, a := range e.Accounts {
		at, known := accounts[a.AccountID]
		if !known || at.person != t.ID {
			continue
		}
		for _, r := range a.Readings {
			seen := &h.Accounts[at.index].Seen
			*seen = append(append(*seen, r.ObservedAt, r.LastSeenAt), r.Between...)
		}
	}
	if !s.At.After(h.Since) {
		return
	}
	if !t.asked {
		h.Standing, t.asked = e.Standing, true
	}
	if e.Act != nil {
		h.Acts = append(h.Acts, influencer.PastAct{At: s.At, Action: *e.Act})
	} else {
		h.Decided = append(h.Decided, s.At)
	}
	t.Made = append(t.Made, s)
	t.Status = s.Move.To // also when it was made after the person was loaded
}
