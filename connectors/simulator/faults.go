package simulator

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is one kind of bad day. The zero value of every field but Kind means
// no restriction: all platforms, all calls, from now on for ever.
type Fault struct {
	// ID is given by AddFault.
	ID   int  `json:"id"`
	Kind Kind `json:"kind"`
	// Platform and Endpoint restrict the fault. A Graph call belongs to the
	// platform of the account it asks for; a batch as a whole to that of its
	// first item.
	Platform Platform `json:"platform,omitempty"`
	Endpoint Endpoint `json:"endpoint,omitempty"`
	// Share of the calls that are hit, spread evenly: 0.25 hits each fourth.
	Share float64 `json:"share,omitempty"`
	// Accounts is the share of accounts that are hit inside an answer, always
	// the same ones. Only kinds of the content class look at it.
	Accounts float64 `json:"accounts,omitempty"`
	// Times ends the fault after so many hits.
	Times int `json:"times,omitempty"`
	// From and Until bound it on the visible clock; Until is exclusive.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Status replaces the kind's usual HTTP status, Code and Subcode its
	// usual Graph error code.
	Status  int `json:"status,omitempty"`
	Code    int `json:"code,omitempty"`
	Subcode int `json:"subcode,omitempty"`
	// Item is the id or handle that Poison makes indigestible. Empty means
	// every account whose index ends in 13.
	Item string `json:"item,omitempty"`
	// Hits counts how often it struck.
	Hits int `json:"hits"`
}

// ErrBadFault is what AddFault returns for a kind, platform or endpoint that
// does not exist, or a share outside 0 to 1.
var ErrBadFault = errors.New("simulator: bad fault")

func (f *Fault) check() error {
	switch _, known := classOf(f.Kind); {
	case !known:
		return fmt.Errorf("%w: kind %q", ErrBadFault, f.Kind)
	case f.Platform != "" && !slices.Contains(Platforms(), f.Platform):
		return fmt.Errorf("%w: platform %q", ErrBadFault, f.Platform)
	case f.Endpoint != "" && !slices.Contains(endpoints(), f.Endpoint):
		return fmt.Errorf("%w: endpoint %q", ErrBadFault, f.Endpoint)
	case f.Share < 0 || f.Share > 1 || f.Accounts < 0 || f.Accounts > 1:
		return fmt.Errorf("%w: shares run from 0 to 1", ErrBadFault)
	}
	return nil
}

// faults is the list of bad days. The atomic flag keeps clear weather cheap.
type faults struct {
	any  atomic.Bool
	mu   sync.Mutex
	next int
	list []*faultState
}

type faultState struct {
	Fault
	seen int // calls it could have hit
}

// sky is the weather of one call: the faults that hit it.
type sky []*Fault

// has returns the fault of that kind, or nil.
func (y sky) has(kinds ...Kind) *Fault {
	for _, f := range y {
		for _, k := range kinds {
			if f.Kind == k {
				return f
			}
		}
	}
	return nil
}

// AddFault begins a bad day and returns its id.
func (s *Server) AddFault(f Fault) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	f.ID, f.Hits = l.next, 0
	l.list = append(l.list, &faultState{Fault: f})
	l.any.Store(true)
	return f.ID, nil
}

// RemoveFault ends one bad day; it reports whether there was one.
func (s *Server) RemoveFault(id int) bool {
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		if f.ID == id {
			l.list = append(l.list[:i:i], l.list[i+1:]...)
			l.any.Store(len(l.list) > 0)
			return true
		}
	}
	return false
}

// ClearFaults ends all bad days.
func (s *Server) ClearFaults() {
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
	l.any.Store(false)
}

// Faults returns the bad days, past and future ones included.
func (s *Server) Faults() []Fault {
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Fault, len(l.list))
	for i, f := range l.list {
		out[i] = f.Fault
	}
	return out
}

// draw returns the faults that hit a call now, and counts them.
func (l *faults) draw(now time.Time, pf Platform, e Endpoint) sky {
	if !l.any.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var y sky
	for _, f := range l.list {
		if f.concerns(e) && f.hits(now, pf) {
			hit := f.Fault
			y = append(y, &hit)
		}
	}
	return y
}

// concerns tells whether a fault is at home on an endpoint. Unless it names
// its endpoint, it hits a Graph batch as a whole when it spoils the wire or
// the delivery, and item by item when it refuses or bends.
func (f *faultState) concerns(e Endpoint) bool {
	if f.Endpoint != "" {
		return f.Endpoint == e
	}
	c, _ := classOf(f.Kind)
	switch e {
	case GraphBatch:
		return c&(wire|delivery) != 0
	case GraphItem:
		return c&(refusal|content) != 0
	}
	return true
}

func (f *faultState) hits(now time.Time, pf Platform) bool {
	switch {
	case f.Platform != "" && f.Platform != pf,
		f.Times > 0 && f.Hits >= f.Times,
		now.Before(f.From),
		!f.Until.IsZero() && !now.Before(f.Until):
		return false
	}
	f.seen++
	if f.Share > 0 && int(float64(f.seen)*f.Share) == int(float64(f.seen-1)*f.Share) {
		return false
	}
	f.Hits++
	return true
}
