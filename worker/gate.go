package worker

import (
	"hash/fnv"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// gate says how much a platform may be asked now.
type gate int

const (
	gateOpen gate = iota
	gateProbe
	gateClosed
)

// gate reads a platform's health. After trouble that time alone may not have
// cured, one batch goes ahead of all others; a rate window that has opened needs
// no such care.
func (p *planner) gate(h influencer.PlatformHealth) gate {
	now := p.now()
	switch {
	case now.Before(opens(h)):
		return gateClosed
	case h.Kind == "" || h.Kind == influencer.RateLimited:
		return gateOpen
	case p.probeUnderWay(h, now):
		return gateClosed
	default:
		return gateProbe
	}
}

// opens is when a platform may be called again; zero for now. Where nobody said
// when, the wait doubles with each failure in a row, from 5 s to 5 min.
func opens(h influencer.PlatformHealth) time.Time {
	if h.Kind == "" || !h.Until.IsZero() {
		return h.Until
	}
	wait := 5 * time.Second << min(max(h.Failures-1, 0), 6)
	return h.UpdatedAt.Add(min(wait, 5*time.Minute))
}

// probeUnderWay tells whether a probe was sent whose end is not in the health
// yet. A lost probe blocks no longer than a task can last.
func (p *planner) probeUnderWay(h influencer.PlatformHealth, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent, ok := p.probed[h.Platform]
	return ok && !h.UpdatedAt.After(sent) && now.Before(sent.Add(p.lost))
}

func (p *planner) noteProbe(platform influencer.Platform) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probed[platform] = p.now()
}

func healthOf(all []influencer.PlatformHealth, p influencer.Platform) influencer.PlatformHealth {
	for _, h := range all {
		if h.Platform == p {
			return h
		}
	}
	return influencer.PlatformHealth{Platform: p}
}

// jitter is a wait of 50 to 550 ms, always the same for a platform and a time:
// enough for clocks that differ a little, and all processes agree on it.
func jitter(p influencer.Platform, t time.Time) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(string(p) + strconv.FormatInt(t.UnixNano(), 10)))
	return time.Duration(50+h.Sum32()%501) * time.Millisecond
}
