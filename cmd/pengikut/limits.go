package main

import (
	"context"
	"fmt"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/worker"
)

// asksOf is what the connectors' reads are counted against.
func asksOf(on map[influencer.Platform]worker.Connector) map[influencer.Platform][]connectors.Ask {
	asks := map[influencer.Platform][]connectors.Ask{}
	for p, c := range on {
		if l, ok := c.(connectors.Limited); ok {
			asks[p] = l.Asks()
		}
	}
	return asks
}

// tellWaiting says on the error stream which platforms are not called now, since
// their accounts show nothing of it: nobody has tried them.
func (a *app) tellWaiting(ctx context.Context, h *house, only influencer.Platform) error {
	all, err := h.store.PlatformHealth(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if (only == "" || only == p.Platform) && p.Until.After(h.now()) {
			fmt.Fprintf(a.err, "%s is not read before %s: %s\n", p.Platform, influencer.English.DateTime(p.Until), clean(p.Detail))
		}
	}
	return nil
}
