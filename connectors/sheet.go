package connectors

import (
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

// Sheet keeps the promise of [Connector.Read]: one observation per target. The
// targets are filed under the key that the platform answers with, in small
// letters, and each key is filled once.
type Sheet struct {
	source  string
	targets []influencer.Target
	obs     []influencer.Observation
	filled  []bool
	asked   []bool
	keys    map[string][]int // several targets may share one key
	order   []string
}

// NewSheet files targets under key; a failure from key settles the target
// without a call, for what the platform must not be asked.
func NewSheet(source string, targets []influencer.Target, key func(influencer.Target) (string, *influencer.Failure)) *Sheet {
	s := &Sheet{source: source, targets: targets, keys: map[string][]int{},
		obs: make([]influencer.Observation, len(targets)), filled: make([]bool, len(targets)), asked: make([]bool, len(targets))}
	for i, t := range targets {
		k, f := key(t)
		if f != nil {
			s.put(i, influencer.Observation{Failure: f})
			continue
		}
		s.asked[i] = true
		low := strings.ToLower(k)
		if s.keys[low] == nil {
			s.order = append(s.order, k)
		}
		s.keys[low] = append(s.keys[low], i)
	}
	return s
}

// Keys lists what there is to ask, each key once, in the order of the targets.
func (s *Sheet) Keys() []string { return s.order }

// Asks tells whether anybody asked for the key.
func (s *Sheet) Asks(key string) bool { return s.keys[strings.ToLower(key)] != nil }

// Known tells whether the key has been answered.
func (s *Sheet) Known(key string) bool {
	list := s.keys[strings.ToLower(key)]
	return len(list) > 0 && s.filled[list[0]]
}

// Silent lists the keys without an answer so far.
func (s *Sheet) Silent() []string {
	var out []string
	for _, k := range s.order {
		if !s.Known(k) {
			out = append(out, k)
		}
	}
	return out
}

// Answer files what the platform said of a key; AccountID and Source are filled
// in here. What nobody asked for is dropped. A second answer is dropped too, but
// one with other numbers leaves neither to be believed.
func (s *Sheet) Answer(key string, o influencer.Observation) {
	for _, i := range s.keys[strings.ToLower(key)] {
		switch {
		case !s.filled[i]:
			s.put(i, o)
		case s.disagrees(i, o):
			s.put(i, influencer.Observation{Failure: Failf(influencer.Malformed, "", "answered twice, with different numbers")})
		}
	}
}

func (s *Sheet) disagrees(i int, o influencer.Observation) bool {
	old := s.obs[i]
	return old.Failure == nil && o.Failure == nil &&
		(old.ExternalID != o.ExternalID || !old.Counts.SameNumbers(o.Counts))
}

// Fail files a failure for a key, unless it has an answer.
func (s *Sheet) Fail(key string, f *influencer.Failure) {
	if !s.Known(key) {
		s.Answer(key, influencer.Observation{Failure: f})
	}
}

// Rest fails every target without an answer.
func (s *Sheet) Rest(f *influencer.Failure) {
	for i := range s.obs {
		if !s.filled[i] {
			s.put(i, influencer.Observation{Failure: f})
		}
	}
}

func (s *Sheet) put(i int, o influencer.Observation) {
	o.AccountID, o.Source = s.targets[i].AccountID, s.source
	if o.Failure != nil {
		f := *o.Failure
		o.Failure = &f
	}
	s.obs[i], s.filled[i] = o, true
}

// Close ends the read. A failure of the whole batch stands alone when nothing
// was answered before it; otherwise what was read is kept, and the rest is told
// off with a passing failure. Targets still silent are Unavailable. Where two or
// more were asked and not one could be understood, the batch failed as a whole:
// a platform that renamed a field has not spoilt a hundred accounts.
func (s *Sheet) Close(whole error) ([]influencer.Observation, error) {
	if whole != nil {
		f := AsFailure(whole)
		if !s.anyAnswer() {
			return nil, f
		}
		s.Rest(perAccount(f))
	}
	s.Rest(Failf(influencer.Unavailable, "", "the platform passed over this account in silence"))
	if f := s.allPassing(); f != nil {
		return nil, f
	}
	return s.obs, nil
}

func (s *Sheet) anyAnswer() bool {
	for i := range s.obs {
		if s.filled[i] && s.asked[i] {
			return true
		}
	}
	return false
}

// allPassing returns the first failure when two or more were asked and each one
// failed for a reason that is not the account's.
func (s *Sheet) allPassing() *influencer.Failure {
	var first *influencer.Failure
	n := 0
	for i := range s.obs {
		if !s.asked[i] {
			continue
		}
		f := s.obs[i].Failure
		if f == nil {
			return nil
		}
		if _, lasting := f.Kind.State(); lasting {
			return nil
		}
		if n++; first == nil {
			first = f
		}
	}
	if n < 2 {
		return nil
	}
	g := *first
	g.Detail = "not one account could be read; the first: " + g.Detail
	return &g
}
