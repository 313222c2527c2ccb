package web

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Resync is a manual order to read accounts now, and how far it is: total = done
// + failed + cancelled + waiting.
type Resync struct {
	ID        int64                  `json:"id"`
	State     influencer.ResyncState `json:"state" enum:"queued,running,done,cancelled"`
	Total     int64                  `json:"total" doc:"Accounts that it is about"`
	Done      int64                  `json:"done" doc:"Read after the order, by whomever"`
	Failed    int64                  `json:"failed" doc:"Tried in vain; the list of them says why"`
	Cancelled int64                  `json:"cancelled" doc:"Not tried any more"`
	Waiting   int64                  `json:"waiting"`
	ETA       *time.Time             `json:"eta" doc:"When it will end if it goes on as it did; null while nobody can say"`
	Platforms []ResyncPlatform       `json:"platforms" nullable:"false"`
	Order     ResyncSelection        `json:"order"`
	Actor     string                 `json:"actor" doc:"Who ordered it"`
	Reads     int64                  `json:"reads" doc:"Account reads that it was expected to cost"`
	CreatedAt *time.Time             `json:"created_at"`
	StartedAt *time.Time             `json:"started_at"`
	EndedAt   *time.Time             `json:"ended_at"`
}

// ResyncPlatform is one platform's part of a resync.
type ResyncPlatform struct {
	Platform  influencer.Platform `json:"platform"`
	Total     int64               `json:"total"`
	Done      int64               `json:"done"`
	Failed    int64               `json:"failed"`
	Cancelled int64               `json:"cancelled"`
	Waiting   int64               `json:"waiting"`

	WaitingUntil  *time.Time             `json:"waiting_until" doc:"When the platform may be read again; null while it is read"`
	WaitingFor    influencer.FailureKind `json:"waiting_for" doc:"What it waits for, such as rate_limited"`
	WaitingDetail string                 `json:"waiting_detail"`
}

// ResyncSelection says whose accounts a resync reads; what is empty narrows
// nothing. The people named are counted, not told.
type ResyncSelection struct {
	Platforms []influencer.Platform `json:"platforms" nullable:"false"`
	People    int                   `json:"people"`
	Agency    string                `json:"agency"`
	All       bool                  `json:"all"`
}

// ResyncEstimate is what an order would read, and what that costs.
type ResyncEstimate struct {
	Accounts  int64        `json:"accounts"`
	Reads     int64        `json:"reads" doc:"Account reads that the platforms will bill"`
	Platforms []ResyncCost `json:"platforms" nullable:"false"`
}

// ResyncCost is one platform's part of an estimate.
type ResyncCost struct {
	Platform     influencer.Platform `json:"platform"`
	Accounts     int64               `json:"accounts"`
	Reads        int64               `json:"reads"`
	Joined       int64               `json:"joined" doc:"Of accounts, those that another resync under way reads in any case"`
	CapLeft      *int64              `json:"cap_left" doc:"Account reads that the month's cap still lets through; null for no cap"`
	LeastSeconds *int64              `json:"least_seconds" doc:"How long the platform's rate limits make it take at the least; null while they are not known"`
}

// ResyncAnswer is what an order comes to.
type ResyncAnswer struct {
	ID       *int64         `json:"id" doc:"The resync; null for a dry run"`
	Joined   bool           `json:"joined" doc:"The very same order was under way already, and this is it"`
	DryRun   bool           `json:"dry_run"`
	Estimate ResyncEstimate `json:"estimate"`
	Resync   *Resync        `json:"resync"`
}

// ResyncFailure is one account that a resync could not read.
type ResyncFailure struct {
	AccountID int64                  `json:"account_id"`
	PersonID  int64                  `json:"person_id"`
	NIP       string                 `json:"nip"`
	Name      string                 `json:"name"`
	Agency    string                 `json:"agency"`
	Platform  influencer.Platform    `json:"platform"`
	Handle    string                 `json:"handle"`
	Kind      influencer.FailureKind `json:"kind"`
	Detail    string                 `json:"detail"`
	Cause     string                 `json:"cause" doc:"Why, in words"`
	NextStep  string                 `json:"next_step" doc:"What a person may do about it"`
	At        *time.Time             `json:"at"`
}

// Resync views a resync as it stands at a time.
func (v Viewer) Resync(r influencer.Resync, health []influencer.PlatformHealth, now time.Time) Resync {
	waits := map[influencer.Platform]influencer.ResyncWait{}
	for _, w := range r.Waits(health, now) {
		waits[w.Platform] = w
	}
	return Resync{
		ID: r.ID, State: r.State, Total: r.Total, Done: r.Done, Failed: r.Failed, Cancelled: r.Cancelled, Waiting: r.Waiting(),
		ETA: stamp(r.ETA(health, now)), Actor: r.Actor, Reads: r.Reads,
		CreatedAt: stamp(r.CreatedAt), StartedAt: stamp(r.StartedAt), EndedAt: stamp(r.EndedAt),
		Order: ResyncSelection{Platforms: append([]influencer.Platform{}, r.Wanted.Platforms...), People: r.Wanted.People, Agency: r.Wanted.Agency, All: r.Wanted.All},
		Platforms: each(r.Platforms, func(p influencer.ResyncPlatform) ResyncPlatform {
			w := waits[p.Platform]
			return ResyncPlatform{Platform: p.Platform, Total: p.Total, Done: p.Done, Failed: p.Failed, Cancelled: p.Cancelled, Waiting: p.Waiting(),
				WaitingUntil: stamp(w.Until), WaitingFor: w.Kind, WaitingDetail: w.Detail}
		}),
	}
}

// ResyncEstimate views an estimate.
func (v Viewer) ResyncEstimate(e influencer.ResyncEstimate) ResyncEstimate {
	return ResyncEstimate{Accounts: e.Accounts, Reads: e.Reads, Platforms: each(e.Platforms, func(c influencer.ResyncCost) ResyncCost {
		out := ResyncCost{Platform: c.Platform, Accounts: c.Accounts, Reads: c.Reads, Joined: c.Joined, CapLeft: c.CapLeft}
		if c.LeastTime != nil {
			seconds := int64((*c.LeastTime + time.Second - 1) / time.Second)
			out.LeastSeconds = &seconds
		}
		return out
	})}
}

// ResyncFailure views an account that could not be read.
func (v Viewer) ResyncFailure(f influencer.ResyncFailure) ResyncFailure {
	advice := f.Advice(influencer.English)
	return ResyncFailure{AccountID: f.AccountID, PersonID: f.PersonID, NIP: v.nip(f.NIP), Name: f.Name, Agency: f.Agency, Platform: f.Platform,
		Handle: f.Handle, Kind: f.Kind, Detail: f.Detail, Cause: advice.Cause, NextStep: advice.NextStep, At: stamp(f.At)}
}
