package web

import (
	"container/list"
	"sync"
	"time"
)

// limiter counts events by name, in windows on the wall's clock. It holds no more than so many names:
// the one that was heard of longest ago makes room.
type limiter struct {
	window  time.Duration
	maximum int // names

	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // of *tally, the newest first
}

type tally struct {
	name  string
	count int
	ends  time.Time // of the window
}

func newLimiter(window time.Duration, maximum int) *limiter {
	return &limiter{window: window, maximum: maximum, byName: map[string]*list.Element{}, recent: list.New()}
}

// add counts one more event of a name and tells how many the window has, and how
// long it lasts.
func (l *limiter) add(name string, n int) (count int, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	t := l.find(name)
	if !t.ends.After(now) {
		t.count, t.ends = 0, now.Add(l.window)
	}
	t.count += n
	return t.count, t.ends.Sub(now)
}

// find is the tally of a name, in front of the others.
func (l *limiter) find(name string) *tally {
	if e := l.byName[name]; e != nil {
		l.recent.MoveToFront(e)
		return e.Value.(*tally)
	}
	if l.recent.Len() >= l.maximum {
		oldest := l.recent.Back()
		delete(l.byName, l.recent.Remove(oldest).(*tally).name)
	}
	t := &tally{name: name}
	l.byName[name] = l.recent.PushFront(t)
	return t
}

// count is how many events of a name the window has so far; it remembers nothing.
func (l *limiter) count(name string) (count int, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, now := l.byName[name], time.Now()
	if e == nil {
		return 0, 0
	}
	t := e.Value.(*tally)
	if !t.ends.After(now) {
		return 0, 0
	}
	return t.count, t.ends.Sub(now)
}

// forget drops a name.
func (l *limiter) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.byName[name]; e != nil {
		l.recent.Remove(e)
		delete(l.byName, name)
	}
}
