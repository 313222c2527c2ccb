package influencer

import "time"

// Weighing is one look at an account against what is stored of it.
type Weighing struct {
	Newest *Reading  // the newest stored reading of all; nil when there is none
	Good   *Reading  // the newest one that is not suspect; nil when there is none
	Seen   Counts    // what the look showed
	At     time.Time // when
	Source string    // which API answered
	Metric Metric    // what the rule counts on this platform
}

// Weighed is what becomes of the look.
type Weighed struct {
	Row        Reading  // the row to store. Row.Suspect says that it does not count yet
	Extends    bool     // Row replaces Newest; else Row is new
	Vindicated bool     // Newest was suspect and is good now: clear its mark (done in Row when Extends)
	Refused    *Failure // the look cannot be true: store nothing, take it as this failure
}
