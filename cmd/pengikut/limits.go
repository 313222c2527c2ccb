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

// checkReads tells of the month's reads, the cap, and what the month will come to.
func (h *house) checkReads(ctx context.Context, p influencer.Platform) finding {
	f := finding{What: string(p) + " reads", State: fine}
	b, err := h.store.Forecast(ctx, p)
	if err != nil {
		f.State, f.Detail = failed, err.Error()
		return f
	}
	number, until := influencer.English.Number, b.NextMonth().Format("2 Jan 15:04 UTC")
	f.Detail = number(b.Used) + " this month"
	if b.Cap != nil {
		f.Detail += " of " + number(*b.Cap)
	} else {
		f.Detail += ", no cap"
	}
	f.Detail += ", forecast " + number(b.Forecast) + " until " + until
	switch {
	case b.Spent():
		f.State, f.Detail = warning, f.Detail+": the cap is used up, nothing is read until then"
	case b.Cap != nil && b.Forecast > *b.Cap:
		f.State, f.Detail = warning, f.Detail+": the cap will be used up before"
	}
	return f
}
