package worker

import (
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

const (
	wallTime = 3 * time.Second // long enough to empty a queue, short enough to matter to nobody
	wallRow  = 3               // unanswered batches in a row that make a wall
)

// walls remembers for a moment that a platform refuses whole batches, so that
// the rest of a queue is given back instead of being sent into the same wall
// call by call. When to try again is the planner's business.
type walls struct {
	mu  sync.Mutex
	now func() time.Time
	m   map[wallKey]wall
}

type wallKey struct {
	platform influencer.Platform
	purpose  influencer.Purpose // a gate may hold planned reads back and let manual ones through
}

type wall struct {
	row   int
	until time.Time
}

func newWalls(now func() time.Time) *walls {
	return &walls{now: now, m: map[wallKey]wall{}}
}

// stands tells whether a batch need not be tried.
func (w *walls) stands(ref influencer.BatchRef) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now().Before(w.m[wallKey{ref.Platform, ref.Purpose}].until)
}

// note keeps how a batch ended; a nil failure tears the wall down.
func (w *walls) note(ref influencer.BatchRef, f *influencer.Failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := wallKey{ref.Platform, ref.Purpose}
	if f == nil {
		delete(w.m, key)
		return
	}
	s := w.m[key]
	s.row++
	if !passing(f.Kind) || s.row >= wallRow {
		s.until = w.now().Add(wallTime)
		if f.NotCalled && f.Until.Before(s.until) {
			s.until = f.Until
		}
	}
	w.m[key] = s
}

// passing tells whether a failure may be over a second later.
func passing(k influencer.FailureKind) bool {
	return k == influencer.Unavailable || k == influencer.Malformed
}
