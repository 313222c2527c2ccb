package simulator

import (
	"strconv"
	"strings"
	"time"
)

// find looks up each item, by handle or by id, once however often it is
// asked, and sorts them into profiles and absences.
func (s *Server) find(p *reply, pf Platform, items []string, byHandle bool, now time.Time) {
	var seen [xBatch]uint64
	for _, it := range items {
		f, ok := s.lookup(p.sky, pf, it, byHandle, now)
		if !ok || f.State == Deleted || f.State == Suspended {
			p.absent = append(p.absent, absence{it, ok && f.State == Suspended})
			continue
		}
		if n := len(p.profiles); n < len(seen) && !contains(seen[:n], f.ID) {
			seen[n] = f.ID
			p.profiles = append(p.profiles, f)
		}
	}
}

func contains(ids []uint64, id uint64) bool {
	for _, o := range ids {
		if o == id {
			return true
		}
	}
	return false
}

func (s *Server) lookup(y sky, pf Platform, item string, byHandle bool, now time.Time) (Profile, bool) {
	if byHandle {
		return s.byHandle(y, pf, item, now)
	}
	id, err := strconv.ParseUint(item, 10, 64)
	if err != nil {
		return Profile{}, false
	}
	return s.byID(pf, id, now)
}

// byHandle returns whoever answers to a handle now: the account that began
// with it, the one that took it as its new name, or a stranger.
func (s *Server) byHandle(y sky, pf Platform, handle string, now time.Time) (Profile, bool) {
	index, renamed, ok := s.people.parseHandle(pf, handle)
	if !ok {
		return Profile{}, false
	}
	f := s.people.Profile(pf, index, now)
	moved := f.State == Renamed || f.State == TakenOver
	switch {
	case !renamed && (f.State == TakenOver || s.strikes(y.has(Takeover), index)):
		return s.people.stranger(pf, index, now), true
	case renamed != moved:
		return Profile{}, false
	}
	return f, true
}

// byID returns the account with an id, were it a stranger's.
func (s *Server) byID(pf Platform, id uint64, now time.Time) (Profile, bool) {
	index, ok := s.people.indexOf(pf, id)
	if !ok {
		return Profile{}, false
	}
	if index < s.people.people {
		return s.people.Profile(pf, index, now), true
	}
	owner := idMask - index
	if owner >= s.people.people || s.people.state(pf, owner, s.people.days(now)) != TakenOver {
		return Profile{}, false
	}
	return s.people.stranger(pf, owner, now), true
}

// strikes tells whether a fault hits this account.
func (s *Server) strikes(f *Fault, index int) bool {
	if f == nil {
		return false
	}
	return f.Accounts == 0 || fine(s.people.hash(saltFault, index)) < f.Accounts
}

// poisoned tells whether the fault Poison finds its item among those asked for.
func (s *Server) poisoned(y sky, pf Platform, items []string) bool {
	f := y.has(Poison)
	if f == nil {
		return false
	}
	for _, it := range items {
		if f.Item != "" && strings.EqualFold(it, f.Item) || f.Item == "" && s.thirteenth(pf, it) {
			return true
		}
	}
	return false
}

// thirteenth tells whether an id or handle belongs to an index ending in 13.
func (s *Server) thirteenth(pf Platform, item string) bool {
	index, _, ok := s.people.parseHandle(pf, item)
	if !ok {
		id, _ := strconv.ParseUint(item, 10, 64)
		index, ok = s.people.indexOf(pf, id)
	}
	return ok && index%100 == 13
}

// bend lets the faults of the content class change who is in the list and
// what they have.
func (s *Server) bend(p *reply, pf Platform, now time.Time) {
	if len(p.sky) == 0 || len(p.profiles) == 0 {
		return
	}
	for i := range p.profiles {
		s.bendOne(p.sky, &p.profiles[i])
	}
	if p.sky.has(Extra) != nil {
		unasked := (p.profiles[0].Index + s.people.people/2 + 1) % s.people.people
		p.profiles = append(p.profiles, s.people.Profile(pf, unasked, now))
	}
	if p.sky.has(Duplicate) != nil {
		p.profiles = append(p.profiles, p.profiles[0])
	}
	if p.sky.has(Reorder) != nil {
		for i, j := 0, len(p.profiles)-1; i < j; i, j = i+1, j-1 {
			p.profiles[i], p.profiles[j] = p.profiles[j], p.profiles[i]
		}
	}
}

// bendOne changes the numbers of one account.
func (s *Server) bendOne(y sky, f *Profile) {
	if s.strikes(y.has(Purge), f.Index) {
		f.Followers -= f.Followers / 10
		f.Friends -= f.Friends / 10
	}
	if s.strikes(y.has(Collapse), f.Index) {
		f.Followers -= f.Followers * 3 / 5
		f.Friends -= f.Friends * 3 / 5
	}
	if s.strikes(y.has(Zero), f.Index) {
		f.Followers, f.Friends, f.Following, f.Posts = 0, 0, 0, 0
	}
}

// count adds the accounts of an answer to the stats.
func (s *Server) count(p *reply, pf Platform) {
	p.accounts += len(p.profiles)
	if s.reads == nil {
		return
	}
	for i := range p.profiles {
		s.reads.count(pf, p.profiles[i].Index)
	}
}
