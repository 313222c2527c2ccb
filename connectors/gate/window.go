package gate

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// Window is how many calls of a key a whole window lets through for a purpose, 0
// while no answer has told.
func (g *Redis) Window(ctx context.Context, k connectors.Key, p influencer.Purpose) (int, error) {
	limit, err := g.o.Client.HGet(ctx, g.keys(k)[0], "window:limit").Int()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("gate: window of %s: %w", k.Platform, err)
	}
	return limit - (limit*g.floor(p)+99)/100, nil
}

// Window is how many accounts of a platform a whole window lets through for a
// purpose, 0 where no limit is known.
func (h *Headroom) Window(ctx context.Context, p influencer.Platform, why influencer.Purpose) int {
	accounts := 0
	for _, ask := range h.asks[p] {
		calls, err := h.gate.Window(ctx, ask.Key, why)
		n := calls * max(ask.Reads, 1) / max(ask.Cost, 1)
		if err == nil && n > 0 && (accounts == 0 || n < accounts) {
			accounts = n
		}
	}
	return accounts
}
