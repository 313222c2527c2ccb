package store

import (
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// policyCache keeps policies by version; a stored policy never changes. The zero
// cache is empty.
type policyCache struct {
	mu       sync.Mutex
	versions map[int]influencer.Policy
}

func (c *policyCache) get(version int) (influencer.Policy, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.versions[version]
	return p, ok
}

func (c *policyCache) put(p influencer.Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions = map[int]influencer.Policy{}
	}
	c.versions[p.Version] = p
}

// currentPolicy is the policy in force. Ask after the people are locked: then a
// decision is either made under a new policy, or its person is yet to be decided
// again because of that policy.
func (s *Store) currentPolicy(tx *gorm.DB) (influencer.Policy, error) {
	var version int
	if _, err := scanOne(tx.Raw(`SELECT coalesce(max(version), 0) FROM policies`), &version); err != nil {
		return influencer.Policy{}, fmt.Errorf("policy in force: %w", err)
	}
	return s.policy(tx, version)
}

// policy loads a version, once in the life of the store.
func (s *Store) policy(tx *gorm.DB, version int) (influencer.Policy, error) {
	if p, ok := s.policies.get(version); ok {
		return p, nil
	}
	var body string
	found, err := scanOne(tx.Raw(`SELECT body FROM policies WHERE version = ?`, version), &body)
	if err != nil {
		return influencer.Policy{}, fmt.Errorf("policy %d: %w", version, err)
	}
	if !found {
		return influencer.Policy{}, fmt.Errorf("policy %d: %w", version, gorm.ErrRecordNotFound)
	}
	p, err := influencer.ParsePolicy([]byte(body))
	if err != nil {
		return influencer.Policy{}, fmt.Errorf("policy %d: %w", version, err)
	}
	p.Version = version
	s.policies.put(p)
	return p, nil
}

// ruling is what the rule says of a set of owners at one time.
type ruling struct {
	moves    []moved
	doubtful map[int64]*account // to be read again soon
	held     []moved            // losses that [Store.passBreaker] took out of moves
	trip     int64              // whose list they go on
}

// rule decides owners, whose accounts are loaded, and gives those who move their
// new standing.
func rule(tx *gorm.DB, p influencer.Policy, owners []*owner, at time.Time) (ruling, error) {
	r := ruling{doubtful: map[int64]*account{}}
	err := judge(tx, p, owners, at, func(o *owner, v influencer.Verdict) { r.take(p, o, v, at) })
	return r, err
}

// judge gives fn what the rule says of each owner, whose accounts are loaded.
func judge(tx *gorm.DB, p influencer.Policy, owners []*owner, at time.Time, fn func(*owner, influencer.Verdict)) error {
	if len(owners) == 0 {
		return nil
	}
	if err := addFreezes(tx, owners, at); err != nil {
		return err
	}
	evidence := make([]influencer.Evidence, len(owners))
	for i, o := range owners {
		evidence[i] = o.evidence()
	}
	if err := addHistory(tx, p, owners, evidence); err != nil {
		return err
	}
	for i, o := range owners {
		fn(o, influencer.Decide(p, evidence[i], at))
	}
	return nil
}

// waiting lists the accounts that must be read again before their owners can be
// decided.
func (r *ruling) waiting() []*account {
	list := make([]*account, 0, len(r.doubtful))
	for _, a := range r.doubtful {
		list = append(list, a)
	}
	return list
}

// take notes what the rule says of one owner. An account is only worth another
// read while the answer hangs on it.
func (r *ruling) take(p influencer.Policy, o *owner, v influencer.Verdict, at time.Time) {
	if v.Qualifies == influencer.Unknown {
		for _, id := range v.Doubtful {
			r.doubtful[id] = o.account(id)
		}
	}
	if v.Move == nil {
		return
	}
	after := o.Standing.After(*v.Move, p, at)
	r.moves = append(r.moves, moved{
		owner: o, move: *v.Move, after: after, evidence: v.Used, version: p.Version, policy: p, at: at, actor: ruleActor,
	})
	o.Standing = after
}

func (o *owner) account(id int64) *account {
	for _, a := range o.accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// addHistory adds older readings to the evidence of the few who cannot be decided
// on the newest alone: holders below the line.
func addHistory(tx *gorm.DB, p influencer.Policy, owners []*owner, evidence []influencer.Evidence) error {
	var wanted []*account
	var whose []int
	for i, o := range owners {
		for _, id := range influencer.NeedsHistory(p, evidence[i]) {
			wanted = append(wanted, o.account(id))
			whose = append(whose, i)
		}
	}
	if err := loadOlder(tx, wanted); err != nil {
		return err
	}
	for _, i := range whose {
		evidence[i] = owners[i].evidence()
	}
	return nil
}

// hasten brings forward the next read of accounts that a decision waits for, to
// when a read can confirm what the last one said: they leave the batches that
// would be read later. It puts none off.
func (c *changes) hasten(p influencer.Policy, accounts []*account, at time.Time) {
	if len(accounts) == 0 {
		return
	}
	set := new(rowSet).
		ints("id", pick(accounts, func(a **account) int64 { return (*a).ID })).
		times("due", pick(accounts, func(a **account) time.Time { return later(at, (*a).SyncedAt.Add(p.ConfirmGap)) }))
	c.add("due times", -1, `UPDATE schedule AS s SET due_at = t.due, batch_id = NULL FROM ? WHERE s.account_id = t.id
		AND (s.due_at > t.due OR EXISTS (SELECT 1 FROM batches b WHERE b.id = s.batch_id AND b.resting AND b.due_at > t.due))`, set.as(c.tx, "t"))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
