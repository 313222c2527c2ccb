package influencer

// Look is the rule metric of one account of a batch, before and in the answer.
type Look struct {
	Before *int64 // in the newest good reading; nil when none is known
	Now    *int64 // as answered
}

// minPlausible is the number of answers below which a batch of zeros proves
// nothing: a few accounts may well all be new.
const minPlausible = 10

// AllZero tells whether the answers of a batch cannot be true as a whole: at
// least ten accounts answered, all of them with 0, and at least half of them
// had a positive count before, or nothing was known of any. A platform that
// fails like this must not be believed, not even for accounts never read, whose
// zero no later reading would contradict in time.
func AllZero(looks []Look) bool {
	if len(looks) < minPlausible {
		return false
	}
	known, positive := 0, 0
	for _, l := range looks {
		if l.Now == nil || *l.Now != 0 {
			return false
		}
		if l.Before != nil {
			known++
			if *l.Before > 0 {
				positive++
			}
		}
	}
	return known == 0 || 2*positive >= len(looks)
}
