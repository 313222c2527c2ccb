package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pengikut/pengikut/influencer"
)

const (
	linesABeat  = 5                // moves told one by one
	statusEvery = 5 * time.Second  // on the wall
	hintsLatest = 10 * time.Second // after the start, with or without an influencer to point at
)

// teller tells what happens in a demo, as it happens.
type teller struct {
	*demo
	lastID       int64 // the newest decision told
	lastTrip     int64 // the newest alarm of the breaker told
	gained, lost int
	first        influencer.NIP // who was the first to move
	hinted       bool
	statusAt     time.Time
}

func (t *teller) run(ctx context.Context) error {
	t.statusAt = t.now()
	beat := time.NewTicker(demoTick)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return t.end(context.WithoutCancel(ctx))
		case <-beat.C:
		}
		if err := t.beat(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (t *teller) beat(ctx context.Context) error {
	news, err := t.news(ctx)
	if err != nil {
		return err
	}
	t.tell(news)
	if err := t.alarm(ctx); err != nil {
		return err
	}
	if !t.hinted && (t.first != "" || t.now().Sub(t.began) > hintsLatest) {
		t.hinted = true
		t.hints()
	}
	if t.now().Sub(t.statusAt) < statusEvery {
		return nil
	}
	t.statusAt = t.now()
	return t.status(ctx)
}

// news is every decision since the last beat, oldest first. Another terminal's are
// among them, whose time may lie before that of others told already: their number
// tells what is new.
func (t *teller) news(ctx context.Context) ([]influencer.OwnedDecision, error) {
	var news []influencer.OwnedDecision
	err := t.house.store.EachDecision(ctx, influencer.DecisionFilter{}, func(d influencer.OwnedDecision) error {
		if d.ID <= t.lastID {
			return errTold
		}
		news = append(news, d)
		return nil
	})
	if err != nil && !errors.Is(err, errTold) {
		return nil, err
	}
	slices.Reverse(news)
	if n := len(news); n > 0 {
		t.lastID = news[n-1].ID
	}
	return news, nil
}

// errTold ends the walk over decisions at those that were told before.
var errTold = errors.New("told before")

// tell tells the first few moves in a sentence each, and counts the others.
func (t *teller) tell(news []influencer.OwnedDecision) {
	var more [effects]int
	for i, d := range news {
		e := influencer.Move{From: d.From, To: d.To}.Effect()
		t.count(e, d)
		if i >= linesABeat {
			more[e]++
			continue
		}
		t.say("%s  %s  %s: %s", t.mark(e), d.NIP.Grouped(), clean(d.Name), clean(d.Receipt.Sentence.English))
	}
	if n := len(news) - linesABeat; n > 0 {
		t.say("…  and %s: %s granted, %s lost, %s otherwise", plural(n, "move more", "moves more"),
			number(more[gains]), number(more[loses]), number(more[warned]+more[otherwise]))
	}
}

func (t *teller) count(e effect, d influencer.OwnedDecision) {
	switch e {
	case gains:
		t.gained++
	case loses:
		t.lost++
	}
	if t.first == "" {
		t.first = d.NIP
	}
}

func (t *teller) mark(e effect) string {
	sheet := t.paper(t.out)
	switch e {
	case gains:
		return sheet.paint(text.FgGreen, "+ granted")
	case loses:
		return sheet.paint(text.FgRed, "- lost   ")
	}
	return "~ moved  "
}

// alarm tells when the breaker has tripped.
func (t *teller) alarm(ctx context.Context) error {
	trip, err := t.house.store.OpenTrip(ctx)
	switch {
	case errors.Is(err, influencer.ErrNotFound):
		return nil
	case err != nil:
		return err
	case trip.ID == t.lastTrip:
		return nil
	}
	t.lastTrip = trip.ID
	t.say("%s  the breaker tripped: %s at once where %s of %s holders are allowed. Nobody loses the status until somebody looks:\n   pengikut breaker show %d",
		t.paper(t.out).paint(text.FgRed, "! alarm  "), plural(trip.Losses, "loss", "losses"), number(trip.Allowed), number(trip.Holders), trip.ID)
	return nil
}

// status tells where everything stands, in one line.
func (t *teller) status(ctx context.Context) error {
	sum, err := t.house.store.Summary(ctx, influencer.SummaryFilter{})
	if err != nil {
		return err
	}
	sheet := t.paper(t.out)
	t.say("%s", sheet.bold(fmt.Sprintf("=  after %s: %s (%s granted, %s lost so far), %s of %s accounts read, %s answered",
		daysAndHours(t.time().Sub(t.began)), plural(sum.Statuses[influencer.StatusActive]+sum.Statuses[influencer.StatusGrace], "influencer", "influencers"),
		number(t.gained), number(t.lost), number(sum.Read), number(sum.Expected),
		plural(int(t.sim.Stats().Total.Calls), "call", "calls"))))
	return nil
}

// hints tells what to look at next.
func (t *teller) hints() {
	nip := t.first
	if nip == "" {
		nip = influencer.NIP(t.sim.Population().Person(0).NIP)
	}
	t.say(`
   Look at it from a second terminal:
     export PENGIKUT_DATA_DIR=%[1]s
     %[2]s influencers
     %[2]s person %[3]s
     %[2]s decisions --since 24h
     %[2]s accounts --state gone
   End with Ctrl-C.
`, quoted(t.dir), quoted(cmp.Or(t.program, "pengikut")), nip)
}

// end tells the last moves and where everything stood.
func (t *teller) end(ctx context.Context) error {
	news, err := t.news(ctx)
	t.tell(news)
	return errors.Join(err, t.status(ctx))
}

// quoted is s as a shell takes it for one word.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`$&|;<>()*?[]#~!\\", r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func daysAndHours(d time.Duration) string {
	if d < day {
		return span(d)
	}
	return fmt.Sprintf("%dd %dh", d/day, d%day/time.Hour)
}
