package worker

import (
	"context"
	"fmt"
	"time"
)

const (
	decideEvery = time.Minute
	decideLimit = 500   // people a transaction of the store
	decideLoops = 1_000 // a bound, should the store never say that it is done
)

// decideDue makes the moves that time alone brings: a grace or a suspension that
// is over. It goes on until a round moves nobody.
func decideDue(ctx context.Context, d Decider, now func() time.Time) error {
	for range decideLoops {
		moved, err := d.DecideDue(ctx, now(), decideLimit)
		if err != nil {
			return fmt.Errorf("decide what is due: %w", err)
		}
		if moved == 0 {
			return nil
		}
	}
	return nil
}
