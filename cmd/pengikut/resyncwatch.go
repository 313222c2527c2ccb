package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

const (
	watchEvery = 300 * time.Millisecond // between two looks
	lineEvery  = 5 * time.Second        // between two lines, where there is no bar
	hintAfter  = 20 * time.Second       // without anybody having begun
	blindTime  = time.Minute            // how long whoever knows may be out of reach
	maxTold    = 1000                   // failures told by name
)

// watcher shows how far a resync is.
type watcher struct {
	a       *app
	service resyncBooks
	id      int64
	bar     *bar
	line    string    // the line told last
	lineAt  time.Time // on the wall, as all here
	began   time.Time
	seenAt  time.Time // when the service answered last
	hinted  bool
}

// watch shows the progress of a resync until its end, and then what became of it.
func (a *app) watch(ctx context.Context, s resyncService, id int64, output string) error {
	now := time.Now()
	w := &watcher{a: a, service: s, id: id, began: now, seenAt: now, bar: a.newBar(-1, "waiting for the service")}
	r, err := w.follow(ctx)
	w.bar.end()
	switch {
	case ctx.Err() != nil:
		a.say("not watched any more: resync %d goes on. Watch it: pengikut resyncs show %[1]d --wait; take it back: pengikut resyncs cancel %[1]d", id)
		return errReported
	case err != nil:
		return err
	}
	return a.tellEnd(ctx, s, r, output)
}

// follow looks again and again until the resync is over.
func (w *watcher) follow(ctx context.Context) (web.Resync, error) {
	again := time.NewTicker(watchEvery)
	defer again.Stop()
	for {
		r, err := w.look(ctx)
		if err != nil || r.State.Over() {
			return r, err
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-again.C:
		}
	}
}

// look asks once. Who does not answer for a moment may be starting again.
func (w *watcher) look(ctx context.Context) (web.Resync, error) {
	r, err := w.service.One(ctx, w.id)
	now := time.Now()
	if err != nil {
		if errors.Is(err, influencer.ErrNotFound) || ctx.Err() != nil || now.Sub(w.seenAt) > blindTime {
			return r, err
		}
		return web.Resync{State: influencer.ResyncQueued}, nil
	}
	w.seenAt = now
	w.show(r, now)
	return r, nil
}

func (w *watcher) show(r web.Resync, now time.Time) {
	settled := r.Done + r.Failed + r.Cancelled
	w.bar.at(settled, max(r.Total, 1))
	w.bar.say(progressText(r))
	if w.bar.p == nil {
		w.tellLine(r, now)
	}
	if r.State == influencer.ResyncQueued && len(waitsOf(r)) == 0 && now.Sub(w.began) > hintAfter && !w.hinted {
		w.hinted = true
		w.a.say("nobody has begun it: does \"pengikut serve\" run on this database?")
	}
}

// tellLine tells how far it is when that has changed, and not too often.
func (w *watcher) tellLine(r web.Resync, now time.Time) {
	line := fmt.Sprintf("resync %d: %s of %s, %s", r.ID, number(r.Done+r.Failed+r.Cancelled), number(r.Total), progressText(r))
	if line != w.line && (w.line == "" || r.State.Over() || now.Sub(w.lineAt) >= lineEvery) {
		w.line, w.lineAt = line, now
		w.a.say("%s", line)
	}
}

// progressText says what became of whom, who is waited for, and until when.
func progressText(r web.Resync) string {
	parts := []string{number(r.Done) + " done", number(r.Failed) + " failed"}
	if r.Cancelled > 0 {
		parts = append(parts, number(r.Cancelled)+" cancelled")
	}
	parts = append(parts, waitsOf(r)...)
	if r.ETA != nil {
		parts = append(parts, "ends about "+clockTime(*r.ETA))
	}
	return strings.Join(parts, ", ")
}

// waitsOf says which platforms are waited for, and until when.
func waitsOf(r web.Resync) []string {
	var out []string
	for _, p := range r.Platforms {
		switch {
		case p.WaitingUntil == nil:
		case p.WaitingFor == influencer.RateLimited:
			out = append(out, fmt.Sprintf("waiting for the rate limit of %s until %s", p.Platform, clockTime(*p.WaitingUntil)))
		default:
			out = append(out, fmt.Sprintf("waiting for %s (%s) until %s", p.Platform, p.WaitingFor, clockTime(*p.WaitingUntil)))
		}
	}
	return out
}

// clockTime is a time of day, with its day when that is not near.
func clockTime(t time.Time) string {
	if d := time.Until(t); d > 12*time.Hour || d < -12*time.Hour {
		return t.Local().Format("2 Jan 15:04")
	}
	return t.Local().Format("15:04")
}

// tellEnd prints what became of a resync, and on the error stream who could not be
// read and why.
func (a *app) tellEnd(ctx context.Context, s resyncBooks, r web.Resync, output string) error {
	if output == "json" {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.tellResync(r)
	}
	if r.Failed > 0 {
		if err := a.tellFailures(ctx, s, r); err != nil {
			return err
		}
	}
	if r.Failed > 0 || r.Cancelled > 0 {
		return errReported
	}
	return nil
}

// tellResync prints a resync with its platforms.
func (a *app) tellResync(r web.Resync) {
	type row = web.ResyncPlatform
	n := func(get func(row) int64) func(row) string { return func(r row) string { return number(get(r)) } }
	g := grid[row]{paper: a.paper(a.out), columns: []column[row]{
		{head: "Platform", cell: func(r row) string { return string(r.Platform) }},
		{head: "Total", right: true, cell: n(func(r row) int64 { return r.Total })},
		{head: "Done", right: true, cell: n(func(r row) int64 { return r.Done })},
		{head: "Failed", right: true, cell: n(func(r row) int64 { return r.Failed })},
		{head: "Cancelled", right: true, cell: n(func(r row) int64 { return r.Cancelled })},
		{head: "Waiting", right: true, cell: n(func(r row) int64 { return r.Waiting })},
	}}
	_ = g.page(r.Platforms)
	text := fmt.Sprintf("resync %d is %s: %s of %s, %s", r.ID, r.State, number(r.Done+r.Failed+r.Cancelled), number(r.Total), progressText(r))
	if started, ended := timeOr(r.StartedAt), timeOr(r.EndedAt); !started.IsZero() && !ended.IsZero() {
		text += ", took " + ended.Sub(started).Round(time.Second/10).String()
	}
	a.print("%s", text)
}

// tellFailures names who could not be read, and what to do about it.
func (a *app) tellFailures(ctx context.Context, s resyncBooks, r web.Resync) error {
	told := 0
	for page, err := range walk(ctx, listFlags{limit: maxTold}, func(ctx context.Context, p influencer.Paging) (influencer.Page[web.ResyncFailure], error) {
		return s.Failures(ctx, r.ID, p)
	}) {
		if err != nil {
			return err
		}
		for _, f := range page.Items {
			told++
			a.say("  %s %s of %s: %s", f.Platform, clean(f.Handle), clean(f.Name), failureLine(f))
		}
	}
	if more := r.Failed - int64(told); more > 0 {
		a.say("  and %s more: pengikut resyncs failures %d", number(more), r.ID)
	}
	return nil
}

func failureLine(f web.ResyncFailure) string {
	text := string(f.Kind)
	if f.Detail != "" {
		text += ": " + clean(f.Detail)
	}
	if f.NextStep != "" {
		text += "; next: " + f.NextStep
	}
	return text
}
