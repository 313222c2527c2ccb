package simulator

import (
	"math"
	"strconv"
	"time"
)

// Profile is the truth about one account at one time, whatever a fault or a
// missing permission lets its platform say about it.
type Profile struct {
	Platform Platform
	Index    int
	// ID is the platform's own id; it outlives a change of handle.
	ID uint64
	// Handle is the one the account answers to now.
	Handle string
	Name   string
	State  State
	// Followers and Following are shown by X and Instagram, Friends by
	// Facebook; a platform's other numbers are 0.
	Followers, Friends, Following int64
	// Posts is the number of posts so far.
	Posts int64
	// LastPost is when the newest post was written, in UTC; zero if there is none.
	LastPost time.Time
}

// ExternalID returns the id as the platforms write it.
func (f Profile) ExternalID() string { return strconv.FormatUint(f.ID, 10) }

// Profile computes the truth about one account at the visible time at. It is
// the answer key for tests that must know who should be an influencer.
func (p *Population) Profile(pf Platform, index int, at time.Time) Profile {
	day := p.days(at)
	state := p.state(pf, index, day)
	f := Profile{
		Platform: pf, Index: index, ID: p.ID(pf, index), Name: p.Name(index), State: state,
		Handle: p.handle(pf, index, state == Renamed || state == TakenOver),
	}
	h := p.on(pf, saltCount, index)
	if pf == Facebook {
		f.Friends = min(p.count(pf, index, day), 5000) // Facebook's ceiling for friends
	} else {
		f.Followers = p.count(pf, index, day)
		f.Following = 50 + int64(h>>20%900)
	}
	f.LastPost, f.Posts = p.newestPost(pf, index, at)
	return f
}

// stranger is the account that answers to a handle taken over from index.
func (p *Population) stranger(pf Platform, index int, at time.Time) Profile {
	f := p.Profile(pf, idMask-index, at)
	f.Handle, f.State = p.Handle(pf, index), Ordinary
	return f
}

// count returns the followers or friends on a simulated day: a size drawn
// once, and two slow waves around it that never halve it. One account in four
// is drawn close to 500, so that the line is crossed often, both ways.
func (p *Population) count(pf Platform, index int, day float64) int64 {
	h := p.on(pf, saltCount, index)
	size := 380 * math.Exp(1.15*bell(h))
	if mix64(h)&3 == 0 {
		size = 430 + 140*unit(h, 0)
	}
	w := p.on(pf, saltWave, index)
	long := wave(day, 20+70*unit(w, 0), unit(w, 1))
	short := wave(day, 3+6*unit(w, 2), unit(w, 3))
	return int64(math.Round(size * (1 + (0.03+0.09*unit(w, 2))*long + 0.015*short)))
}

func wave(day, period, phase float64) float64 {
	return math.Sin(2 * math.Pi * (day/period + phase))
}

// newestPost returns when an account last posted and how often it has so far.
func (p *Population) newestPost(pf Platform, index int, at time.Time) (time.Time, int64) {
	h := p.on(pf, saltActivity, index)
	written := 1 + int64(h>>16%4000)
	u, m := fine(h), &p.mix
	switch {
	case u < m.NeverPosted:
		return time.Time{}, 0
	case u < m.NeverPosted+m.Dormant:
		return p.dormant(h, at), written
	case u < m.NeverPosted+m.Dormant+m.Fading:
		return secondOf(p.visible(onsetSpan * unit(h, 0)).Add(-30 * 24 * time.Hour)), written
	}
	period := time.Duration(3+141*unit(h, 1)*unit(h, 2)) * time.Hour
	phase := time.Duration(unit(h, 3) * float64(period))
	n := floorDiv(at.Sub(p.start)+phase, period)
	return secondOf(p.start.Add(time.Duration(n)*period - phase)), written + 100_000 + n
}

// dormant returns the newest post of an account that was silent at Start.
func (p *Population) dormant(h uint64, at time.Time) time.Time {
	if again := p.visible(onsetSpan * unit(h, 0)); h&1 == 0 && !again.After(at) {
		return secondOf(again)
	}
	back := time.Duration((31 + 369*unit(h, 1)) * 24 * float64(time.Hour))
	return secondOf(p.start.Add(-back))
}

func secondOf(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func floorDiv(a, b time.Duration) int64 {
	n := int64(a / b)
	if a%b < 0 {
		n--
	}
	return n
}

// postID returns the snowflake of the newest post on X.
func (p *Population) postID(f *Profile) uint64 {
	ms := uint64(f.LastPost.UnixMilli() - snowflakeEpoch)
	return ms<<22 | p.hash(saltPost, f.Index)&(1<<22-1)
}
