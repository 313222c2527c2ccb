package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

var moves = total("pengikut_decisions_total", "Moves of statuses stored since this process was first scraped, by whomever they were made.", "from", "to", "reason")

// settled is how old a decision's id must be, on the wall, to be counted for the
// last time: ids are given before transactions commit, so that a smaller one may
// show after a greater.
const settled = 15 * time.Minute

// moveCounter counts decisions by what they moved. Decisions are only ever added,
// so that those with an id above a mark can be counted anew each time, and the mark
// follows behind.
type moveCounter struct {
	from Decisions
	wall func() time.Time

	mu      sync.Mutex
	began   bool
	counted map[influencer.MoveCount]int64 // for good, up to mark; keys have no Count
	mark    int64
	later   []milestone
}

// milestone is the newest id at a time.
type milestone struct {
	at time.Time
	id int64
}

func decisions(from Decisions) *probe {
	c := &moveCounter{from: from, wall: time.Now, counted: map[influencer.MoveCount]int64{}}
	return &probe{name: "decisions", numbers: []number{moves}, every: quick, timeout: slowTimeout, ask: c.collect}
}

func (c *moveCounter) collect(ctx context.Context) ([]prometheus.Metric, error) {
	all, err := c.count(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]prometheus.Metric, 0, len(all))
	for m, n := range all {
		out = append(out, moves.of(float64(n), string(m.From), string(m.To), string(m.Reason)))
	}
	return out, nil
}

// count is the number of decisions since the first count, by move; every move of
// the rule is there, 0 included.
func (c *moveCounter) count(ctx context.Context) (map[influencer.MoveCount]int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest, err := c.from.NewestDecision(ctx)
	if err == nil && !c.began {
		c.mark, c.began = newest, true
	}
	if err == nil {
		err = c.settle(ctx, newest)
	}
	if err != nil {
		return nil, err
	}
	open, err := c.from.CountMoves(ctx, c.mark, 0)
	if err != nil {
		return nil, err
	}
	out := known()
	for m, n := range c.counted {
		out[m] += n
	}
	for _, m := range open {
		out[kindOf(m)] += m.Count
	}
	return out, nil
}

// settle counts for good what is old enough.
func (c *moveCounter) settle(ctx context.Context, newest int64) error {
	now := c.wall()
	c.later = append(c.later, milestone{now, newest})
	upTo, n := c.mark, 0
	for ; n < len(c.later) && now.Sub(c.later[n].at) >= settled; n++ {
		upTo = c.later[n].id
	}
	if upTo == c.mark {
		c.later = c.later[n:]
		return nil
	}
	old, err := c.from.CountMoves(ctx, c.mark, upTo)
	if err != nil {
		c.later = c.later[:len(c.later)-1]
		return err
	}
	for _, m := range old {
		c.counted[kindOf(m)] += m.Count
	}
	c.mark, c.later = upTo, c.later[n:]
	return nil
}

func kindOf(m influencer.MoveCount) influencer.MoveCount {
	m.Count = 0
	return m
}

// known is every move that leads to one status, none of them counted.
func known() map[influencer.MoveCount]int64 {
	out := map[influencer.MoveCount]int64{}
	for _, m := range influencer.Moves() {
		for _, from := range m.From {
			if m.To != influencer.Former {
				out[influencer.MoveCount{From: from, To: m.To, Reason: m.Reason}] = 0
			}
		}
	}
	return out
}
