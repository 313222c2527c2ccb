package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// actChunk is how many orders are one transaction.
const actChunk = 500

// Act carries out one order. The error is [influencer.ErrNotFound] when the
// orderer's people have no such one, and [influencer.ErrIllegalAct] when the act
// is not possible; then nothing was done.
func (s *Store) Act(ctx context.Context, o influencer.Order, by influencer.Orderer, at time.Time) (influencer.ActResult, error) {
	results, err := s.Acts(ctx, []influencer.Order{o}, by, at, false)
	if err != nil {
		return influencer.ActResult{}, err
	}
	if err := results[0].Err(); err != nil {
		return results[0], fmt.Errorf("store: act: %w", err)
	}
	return results[0], nil
}

// Acts carries out orders and tells of each what became of it, in their order:
// one that cannot be done is left out, the others are done. Whoever an act hands
// back to the rule is decided at once. Each few hundred orders are a transaction
// of their own, so after an error the results tell what stays. A dry run tells
// the same and writes nothing.
func (s *Store) Acts(ctx context.Context, orders []influencer.Order, by influencer.Orderer, at time.Time, dryRun bool) ([]influencer.ActResult, error) {
	if by.Actor == "" || by.Actor == ruleActor {
		return nil, errors.New("store: acts: who orders them is not named")
	}
	a := acting{s: s, by: by, at: at.UTC().Truncate(time.Microsecond), dryRun: dryRun, lines: map[int64]int{}}
	results := make([]influencer.ActResult, 0, len(orders))
	for len(orders) > 0 {
		chunk := orders[:min(len(orders), actChunk)]
		orders = orders[len(chunk):]
		done, err := a.chunk(ctx, chunk)
		if err != nil {
			return results, fmt.Errorf("store: acts: %w", err)
		}
		results = append(results, done...)
		a.remember(done)
	}
	return results, nil
}

// acting is one [Store.Acts] under way.
type acting struct {
	s      *Store
	by     influencer.Orderer
	at     time.Time
	dryRun bool
	lines  map[int64]int // of the orders done in chunks before, by person
}

// remember lets later chunks know whom an order concerned already.
func (a *acting) remember(done []influencer.ActResult) {
	for _, r := range done {
		if r.Outcome == influencer.ActDone {
			a.lines[r.Person.ID] = r.Order.Line
		}
	}
}

func (a *acting) chunk(ctx context.Context, orders []influencer.Order) ([]influencer.ActResult, error) {
	var c *actChunkUnderWay
	run := func(tx *gorm.DB) error {
		c = &actChunkUnderWay{acting: a, tx: tx, writes: changes{tx: tx}, results: make([]influencer.ActResult, len(orders)), before: map[int64]influencer.Person{}}
		return c.run(orders)
	}
	var err error
	if a.dryRun {
		err = run(a.s.db.WithContext(ctx))
	} else {
		err = a.s.write(ctx, run)
	}
	if err != nil {
		return nil, err
	}
	return c.results, nil
}

// actChunkUnderWay is one transaction of acts.
type actChunkUnderWay struct {
	*acting
	tx      *gorm.DB
	results []influencer.ActResult
	policy  influencer.Policy
	acted   []int // which orders are done
	owners  map[int64]*owner
	before  map[int64]influencer.Person // as they were, of whom an order is done
	moves   []moved
	waiting []*account
	writes  changes
}

func (c *actChunkUnderWay) run(orders []influencer.Order) error {
	ids, err := c.find(orders)
	if err == nil {
		err = c.load(ids)
	}
	for i := 0; err == nil && i < len(orders); i++ {
		err = c.order(i, orders[i], ids[i])
	}
	if err == nil {
		err = c.decide()
	}
	if err != nil {
		return err
	}
	for _, i := range c.acted {
		c.results[i].Person = c.owners[c.results[i].Person.ID].Person
	}
	for _, m := range c.moves {
		c.note(m)
	}
	if c.dryRun {
		return nil
	}
	return c.write()
}

// note files a move with the order that brought it.
func (c *actChunkUnderWay) note(m moved) {
	for _, i := range c.acted {
		if c.results[i].Person.ID == m.owner.ID {
			c.results[i].Moves = append(c.results[i].Moves, m.move)
		}
	}
}

// find gives the person's id of each order, 0 where there is none.
func (c *actChunkUnderWay) find(orders []influencer.Order) ([]int64, error) {
	var nips []string
	for _, o := range orders {
		if o.PersonID == 0 {
			nips = append(nips, string(o.NIP))
		}
	}
	known := map[influencer.NIP]int64{}
	err := each(c.tx, `SELECT id, nip FROM people WHERE nip ?`, []any{anyOf(c.tx, nips)}, func(r *cursor) {
		id := r.int()
		known[influencer.NIP(r.text())] = id
	})
	if err != nil {
		return nil, fmt.Errorf("find: %w", err)
	}
	ids := make([]int64, len(orders))
	for i, o := range orders {
		if ids[i] = o.PersonID; ids[i] == 0 {
			ids[i] = known[o.NIP]
		}
	}
	return ids, nil
}

// load locks the people whom the orderer may reach; a dry run only looks.
func (c *actChunkUnderWay) load(ids []int64) error {
	get := lockPeople
	if c.dryRun {
		get = loadOwners
	}
	people, err := get(c.tx, ids)
	if err == nil {
		err = addFreezes(c.tx, people, c.at)
	}
	if err != nil {
		return err
	}
	c.owners = make(map[int64]*owner, len(people))
	for _, o := range people {
		if c.by.Agency == "" || o.Agency == c.by.Agency {
			c.owners[o.ID] = o
		}
	}
	c.policy, err = c.s.currentPolicy(c.tx)
	return err
}

// order carries out one order in memory.
func (c *actChunkUnderWay) order(i int, o influencer.Order, id int64) error {
	r := &c.results[i]
	r.Order, r.Outcome = o, influencer.ActDone
	person := c.owners[id]
	if person != nil {
		r.Person, r.From = person.Person, person.Status
	}
	line, again := c.lines[id]
	if _, here := c.before[id]; here && !again {
		line, again = c.lineOf(id), true
	}
	var err error
	switch {
	case person == nil:
		r.Outcome, r.Problem = influencer.ActNotFound, "nobody with this NIP or id"
		return nil
	case again:
		r.Outcome, r.Problem = influencer.ActDuplicate, influencer.SamePerson(line)
		return nil
	case o.Kind == influencer.ActionMove:
		err = c.transfer(person, o)
	default:
		err = c.act(person, o)
	}
	if errors.Is(err, influencer.ErrIllegalAct) {
		r.Outcome = influencer.ActIllegal
		r.Problem = strings.TrimPrefix(err.Error(), influencer.ErrIllegalAct.Error()+": ")
		return nil
	}
	c.acted = append(c.acted, i)
	return err
}

func (c *actChunkUnderWay) lineOf(id int64) int {
	for _, i := range c.acted {
		if c.results[i].Person.ID == id {
			return c.results[i].Order.Line
		}
	}
	return 0
}

// act carries out an act on a status.
func (c *actChunkUnderWay) act(o *owner, order influencer.Order) error {
	if err := order.Check(c.at); err != nil {
		return err
	}
	order.Until = order.Until.UTC().Truncate(time.Microsecond)
	e := influencer.Evidence{Standing: o.Standing, FrozenUntil: o.frozenUntil, Act: &order.Action}
	if order.Kind == influencer.ActionUnapprove && c.policy.Approval == influencer.Automatic {
		return fmt.Errorf("%w: unapprove while approval is automatic: the rule would grant again at once", influencer.ErrIllegalAct)
	}
	move, after, err := influencer.Act(e, c.at)
	if err != nil {
		return err
	}
	c.before[o.ID] = o.Person
	o.Standing = after
	c.moves = append(c.moves, moved{
		owner: o, move: move, after: after, evidence: e, at: c.at, actor: c.by.Actor, note: order.Note,
	})
	return nil
}

// decide has the rule decide those whom an act handed back to it. Its losses pass
// the breaker, and whoever was acted on leaves the breaker's lists.
func (c *actChunkUnderWay) decide() error {
	var open, all []*owner
	for _, m := range c.moves {
		all = append(all, m.owner)
		if m.evidence.Act.Kind.Opens() {
			open = append(open, m.owner)
		}
	}
	var r ruling
	var err error
	if len(open) > 0 {
		r, err = rule(c.tx, c.policy, open, c.at)
	}
	if err == nil && len(all) > 0 && !c.dryRun {
		err = c.s.passBreaker(&c.writes, c.policy, all, &r, run{cause: influencer.CauseAct}, c.at)
	}
	c.moves = append(c.moves, r.moves...)
	c.waiting = r.waiting()
	return err
}
