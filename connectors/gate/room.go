package gate

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// Room is what an endpoint's limits let through at a moment.
type Room struct {
	Calls int       // as the platform counts them; below 0 where no limit is known to count them
	Until time.Time // when calls are let through again, while Calls is 0
	Known bool      // some call of the endpoint was answered; else one goes ahead of the others
}

// Room looks at the limits of a key without counting anything.
func (g *Redis) Room(ctx context.Context, k connectors.Key, p influencer.Purpose) (Room, error) {
	got, err := g.room.Run(ctx, g.o.Client, g.keys(k), g.o.Now().UnixMilli(), g.floor(p), g.o.Margin.Milliseconds()).Int64Slice()
	if err == nil && len(got) != 3 {
		err = fmt.Errorf("%d values of 3", len(got))
	}
	if err != nil {
		return Room{}, fmt.Errorf("gate: room on %s: %w", k.Platform, err)
	}
	r := Room{Calls: int(got[0]), Known: got[2] == 1}
	if got[1] > 0 {
		r.Until = time.UnixMilli(got[1]).UTC()
	}
	return r, nil
}

// Headroom tells how many accounts of a platform can be read now.
type Headroom struct {
	gate *Redis
	asks map[influencer.Platform][]connectors.Ask
}

// NewHeadroom looks through g at the limits of these calls, see
// [connectors.Limited].
func NewHeadroom(g *Redis, asks map[influencer.Platform][]connectors.Ask) *Headroom {
	return &Headroom{g, asks}
}

// Headroom is how many accounts the limits let through for a purpose, and when to
// come back if none. Of a platform's endpoints the one with the least room
// speaks, because nobody knows yet which of them the accounts will need; one
// that never answered speaks only when no other did, for a single call. known is
// false where no limit is known, and where Redis does not say.
func (h *Headroom) Headroom(ctx context.Context, p influencer.Platform, why influencer.Purpose) (accounts int, until time.Time, known bool) {
	accounts, answered := -1, false
	for _, ask := range h.asks[p] {
		room, err := h.gate.Room(ctx, ask.Key, why)
		if err != nil {
			return 0, time.Time{}, false
		}
		if answered && !room.Known {
			continue
		}
		if room.Known && !answered { // what endpoints without an answer said is void
			answered, accounts, until = true, -1, time.Time{}
		}
		if n := room.accounts(ask); n >= 0 && (accounts < 0 || n < accounts) {
			accounts, until = n, room.Until
		}
	}
	return max(accounts, 0), until, accounts >= 0
}

// accounts is how many accounts the room is for, -1 for any number.
func (r Room) accounts(ask connectors.Ask) int {
	switch {
	case r.Calls < 0:
		return -1
	case !r.Known && r.Calls > 0:
		return max(ask.Reads, 1) // one call goes ahead, whatever it counts for
	}
	return r.Calls * max(ask.Reads, 1) / max(ask.Cost, 1) // a batch may also be less than full
}
