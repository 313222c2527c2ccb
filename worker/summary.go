package worker

import (
	"maps"
	"slices"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Summary is what a Sync did.
type Summary struct {
	Platforms []PlatformSummary // by name
	Unread    []Unread          // the first of those that could not be read
	MoreLeft  int               // how many more there were than Unread holds
}

// PlatformSummary is one platform's part of a Sync, in accounts.
type PlatformSummary struct {
	Platform influencer.Platform
	Planned  int                            // to be read; the claimed ones where nobody could count
	Read     int                            // with a reading
	Suspect  int                            // of Read, readings set aside until the next agrees
	Failed   map[influencer.FailureKind]int // tried, and answered with a failure of their own
	NotRead  int                            // not tried, or the whole platform refused
	Cut      bool                           // ended before all was looked at: more may be due than was planned
	Reason   string                         // why NotRead is not 0, or why it was cut; safe to show
	Moved    int                            // statuses moved
	Calls    int                            // reads put to the connector
	Took     time.Duration
}

// Unread is one account that could not be read, or a batch of them.
type Unread struct {
	Platform  influencer.Platform
	AccountID int64
	Handle    string
	Kind      influencer.FailureKind
	Detail    string // safe to show
}

// OK tells whether everything that was to be read was looked at and read.
func (s Summary) OK() bool {
	return !slices.ContainsFunc(s.Platforms, func(p PlatformSummary) bool { return p.Cut || p.NotRead > 0 || len(p.Failed) > 0 })
}

// FailedTotal is the number of accounts that answered with a failure.
func (p PlatformSummary) FailedTotal() int {
	n := 0
	for k := range maps.Values(p.Failed) {
		n += k
	}
	return n
}

// Progress tells how far a Sync is on one platform.
type Progress struct {
	Platform influencer.Platform
	Planned  int       // grows while claims go on, unless it could be counted before
	Done     int       // read, failed or given up
	Waiting  time.Time // when the rate gate opens that all wait for; zero when nobody waits
}

// tally counts a result into p, and returns who could not be read.
func (p *PlatformSummary) tally(res result) []Unread {
	handles := make(map[int64]string, len(res.targets))
	for _, t := range res.targets {
		handles[t.AccountID] = t.Handle
	}
	var unread []Unread
	for _, o := range res.seen {
		if o.Failure != nil {
			unread = append(unread, Unread{Platform: p.Platform, AccountID: o.AccountID, Handle: handles[o.AccountID],
				Kind: o.Failure.Kind, Detail: o.Failure.Detail})
		}
	}
	for kind, n := range res.failed() {
		p.Failed[kind] += n
	}
	p.Read += res.recorded.Read
	p.Suspect += res.recorded.Suspect
	p.Moved += res.recorded.Moved
	return unread
}

// failed counts the accounts that answered with a failure, by its kind.
func (res result) failed() map[influencer.FailureKind]int {
	failed, told := map[influencer.FailureKind]int{}, 0
	for _, o := range res.seen {
		if o.Failure != nil {
			failed[o.Failure.Kind]++
			told++
		}
	}
	// The store refuses readings that cannot be, such as one that lost a metric.
	if n := res.recorded.Failed - told; n > 0 {
		failed[influencer.Malformed] += n
	}
	return failed
}

func (p *PlatformSummary) done() int { return p.Read + p.FailedTotal() + p.NotRead }
