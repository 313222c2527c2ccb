package influencer

import "time"

// PolicyVersion is a policy as the store keeps it, with who brought it.
type PolicyVersion struct {
	Policy    Policy // with its version
	Author    string
	Note      string
	CreatedAt time.Time
	DecidedAt time.Time // when everybody had been decided under it; zero while that is under way
	Changes   []string  // against the version before, a line each; see [Diff]
}

// PolicyApplied tells what applying a policy did.
type PolicyApplied struct {
	Version PolicyVersion // the one in force now
	New     bool          // false when the policy in force says the same: then no version was added
	Redecided
}

// Preview tells what a policy would do, in numbers.
type Preview struct {
	People      int // all of them looked at
	Moves       map[Move]int
	Unconfirmed map[Move]int // of who stay: the losses that further reads would confirm
	Near        int          // people who stay, but only just
	Breaker     BreakerView
}

// BreakerView is what the breaker of a policy would say to its losses.
type BreakerView struct {
	Losses  int   // people who would lose the status at once
	Made    int   // losses within the window that came before them
	Holders int   // who held the status within the window
	Allowed int   // how many of them may lose it within the window
	Open    int64 // a trip that is open already, 0 when there is none: it holds every loss
}

// Holds tells whether the losses would wait for an admin.
func (b BreakerView) Holds() bool {
	return b.Losses > 0 && (b.Made+b.Losses > b.Allowed || b.Open != 0)
}

// PreviewRow is one person whom a policy would move, now or when further reads
// confirm it, or who would stay by less than a tenth of a line. One of the three
// is not nil.
type PreviewRow struct {
	Person
	Platforms   []Platform // that the person has an account on, each once
	Move        *Move
	Unconfirmed *Move
	Near        *NearLine
}

// Unconfirmed is the loss, or the begin of a grace, that a person who stays has
// to expect: as soon as reads enough say what the newest one says. It is nil for
// everybody else.
func (v Verdict) Unconfirmed(p Policy, now time.Time) *Move {
	if v.Move != nil || !v.Used.Standing.Status.Holds() || p.Confirm <= 1 {
		return nil
	}
	p.Confirm = 1
	m := Decide(p, v.Used, now).Move
	if m == nil || m.To == StatusActive {
		return nil
	}
	return m
}

// NearLine is the requirement by which a person is near to gaining or losing the
// status.
type NearLine struct {
	Requirement
	Line  int64 // the count asked for, given the person's standing
	Value int64 // what the person has
}

// Near tells by which requirement a person who stays is near to a move: one who
// does not hold the status and would with lines a tenth lower, or one who holds
// it and would not meet lines a tenth higher. It is nil for everybody else.
func (v Verdict) Near(p Policy) *NearLine {
	status := v.Used.Standing.Status
	holder := status.Holds()
	if v.Move != nil || v.Activity == No || status == StatusSuspended || status == StatusBlocked || v.Used.Standing.Left != "" {
		return nil
	}
	if met := v.meeting(100); (met >= p.Match.Needed(len(v.Requirements))) != holder {
		return nil
	}
	percent := 90
	if holder {
		percent = 110
	}
	if (v.meeting(percent) >= p.Match.Needed(len(v.Requirements))) == holder {
		return nil
	}
	return v.nearest(percent)
}

// meeting counts the requirements met if every line were at this percentage.
func (v Verdict) meeting(percent int) int {
	n := 0
	for _, r := range v.Requirements {
		if r.meets(percent) {
			n++
		}
	}
	return n
}

func (r RequirementResult) meets(percent int) bool {
	return r.Best != nil && *r.Best*100 >= r.Line*int64(percent)
}

// nearest is the requirement nearest to its line of those whose answer changes
// when the lines are at this percentage.
func (v Verdict) nearest(percent int) *NearLine {
	var near *NearLine
	for _, r := range v.Requirements {
		if r.meets(percent) == r.meets(100) {
			continue
		}
		n := &NearLine{Requirement: r.Requirement, Line: r.Line, Value: *r.Best}
		if near == nil || n.distance()*near.Line < near.distance()*n.Line {
			near = n
		}
	}
	return near
}

func (n *NearLine) distance() int64 { return max(n.Line-n.Value, n.Value-n.Line) }
