package influencer

// RerunRow is one person whom another rule would have moved otherwise.
type RerunRow struct {
	Person              // as the person stands now
	Made       []Step   // the moves that were made, oldest first
	Would      []Step   // those that would have been
	WouldStand Standing // where they would have led
}

// RerunOutcome is what another rule would have meant for a person in the end.
type RerunOutcome string

// The outcomes.
const (
	WouldGain RerunOutcome = "gain" // would hold the status now, and does not
	WouldLose RerunOutcome = "lose" // holds it now, and would not
	WouldSame RerunOutcome = "same"
)

// Outcome compares how the person stands with how the person would.
func (r RerunRow) Outcome() RerunOutcome {
	switch is, would := r.Status.Holds(), r.WouldStand.Status.Holds(); {
	case would && !is:
		return WouldGain
	case is && !would:
		return WouldLose
	}
	return WouldSame
}

// RerunTotals counts people by what another rule would have meant for them.
type RerunTotals struct {
	People     int
	Gain, Lose int // at the end
	Same       int // at the end, Otherwise of them by other moves
	Otherwise  int
	Made       int // moves that were made
	Would      int // moves that would have been
}

// Add counts a person, and tells whether the moves differ.
func (t *RerunTotals) Add(r RerunRow) (differs bool) {
	t.People++
	t.Made += len(r.Made)
	t.Would += len(r.Would)
	differs = !sameMoves(r.Made, r.Would)
	switch r.Outcome() {
	case WouldGain:
		t.Gain++
	case WouldLose:
		t.Lose++
	default:
		t.Same++
		if differs {
			t.Otherwise++
		}
	}
	return differs
}

// sameMoves tells whether two histories go through the same moves. When does not
// matter: what time alone brings is decided a little later in life.
func sameMoves(a, b []Step) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Move != b[i].Move {
			return false
		}
	}
	return true
}
