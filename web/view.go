package web

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Page is one page of a list.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"` // "" on the last page
}

// Person is one civil servant.
type Person struct {
	ID             int64             `json:"id"`
	NIP            string            `json:"nip"`
	Name           string            `json:"name"`
	Agency         string            `json:"agency"`
	Unit           string            `json:"unit"`
	Status         influencer.Status `json:"status" format:"status"`
	Since          *time.Time        `json:"since"`
	FirstGrantedAt *time.Time        `json:"first_granted_at"`
	Reason         influencer.Reason `json:"reason" format:"reason"`
	LossHeld       *LossHeld         `json:"loss_held,omitempty" doc:"A loss that the breaker holds back; absent when there is none"`
	// Until is the end of a suspension; absent when there is none, or it is open.
	Until *time.Time `json:"until,omitempty" doc:"The end of a suspension; absent when there is none, or it is open"`
	// Left is why the person is no longer in the service, since LeftAt; absent for
	// who is.
	Left     influencer.Leaving `json:"left,omitempty" enum:"retired,moved,deceased,dismissed,ended" doc:"Why the person is no longer in the service; absent for who is"`
	LeftAt   *time.Time         `json:"left_at,omitempty"`
	Accounts []Account          `json:"accounts"`
}

// Counts is what an account showed. A number that is unknown is null.
type Counts struct {
	Followers    *int64     `json:"followers"`
	Friends      *int64     `json:"friends"`
	Following    *int64     `json:"following"`
	Posts        *int64     `json:"posts"`
	LastActiveAt *time.Time `json:"last_active_at"`
}

// Account is one profile of a person on a platform.
type Account struct {
	ID         int64                   `json:"id"`
	Platform   influencer.Platform     `json:"platform" format:"platform"`
	Handle     string                  `json:"handle"`
	ExternalID string                  `json:"external_id"`
	State      influencer.AccountState `json:"state" format:"state"`
	Counts
	SyncedAt    *time.Time `json:"synced_at"`
	NextDueAt   *time.Time `json:"next_due_at"`
	AttemptedAt *time.Time `json:"attempted_at"`
	Error       string     `json:"error"`
}

// OwnedAccount is an account in a list over many people.
type OwnedAccount struct {
	Account
	PersonID int64           `json:"person_id"`
	NIP      string          `json:"nip"`
	Name     string          `json:"name"`
	Agency   string          `json:"agency"`
	Problem  *AccountProblem `json:"problem" doc:"What is wrong with its numbers, and what to do; null when nothing is"`
}

// Reading is what an account showed from ObservedAt to LastSeenAt.
type Reading struct {
	ObservedAt *time.Time `json:"observed_at"`
	LastSeenAt *time.Time `json:"last_seen_at"`
	Reads      int        `json:"reads"`
	Counts
	Suspect bool   `json:"suspect"`
	Source  string `json:"source"`
}

// Decision is one move of a status with what it rested on: in words, as the sum
// that the rule made, and as the readings that it made it of.
type Decision struct {
	ID             int64                `json:"id"`
	PersonID       int64                `json:"person_id"`
	NIP            string               `json:"nip"`
	Name           string               `json:"name"`
	Agency         string               `json:"agency"`
	At             *time.Time           `json:"at"`
	From           influencer.Status    `json:"from" format:"status"`
	To             influencer.Status    `json:"to" format:"status"`
	Reason         influencer.Reason    `json:"reason" format:"reason"`
	Event          influencer.Event     `json:"event"`
	PolicyVersion  int                  `json:"policy_version"`
	Actor          string               `json:"actor"`
	Note           string               `json:"note"`
	Sentence       influencer.Bilingual `json:"sentence"`
	FirstGrantedAt *time.Time           `json:"first_granted_at"` // as the decision left it
	Sum            *influencer.Sum      `json:"sum,omitempty" doc:"How the rule came to its answer; absent where it was not asked"`
	Evidence       Evidence             `json:"evidence"`
}

// Evidence is the decision's own copy of what it saw.
type Evidence struct {
	Status   influencer.Status `json:"status" format:"status"`
	Accounts []AccountEvidence `json:"accounts"`
}

// AccountEvidence is one account as the rule saw it, readings newest first.
type AccountEvidence struct {
	AccountID  int64                   `json:"account_id"`
	Platform   influencer.Platform     `json:"platform" format:"platform"`
	Handle     string                  `json:"handle"`
	State      influencer.AccountState `json:"state" format:"state"`
	StateSince *time.Time              `json:"state_since"`
	Readings   []Reading               `json:"readings"`
}

// PolicyVersion is one version of the rule. Policy has the policy file's form.
type PolicyVersion struct {
	Version   int        `json:"version"`
	Author    string     `json:"author"`
	Note      string     `json:"note"`
	CreatedAt *time.Time `json:"created_at"`
	DecidedAt *time.Time `json:"decided_at" doc:"When everybody had been decided under it; null while that is under way"`
	Changes   []string   `json:"changes"` // against the version before
	Policy    PolicyFile `json:"policy"`
}

// Key is an API key without the key.
type Key struct {
	ID         int64               `json:"id"`
	Name       string              `json:"name"`
	Role       influencer.Role     `json:"role" format:"role"`
	Agency     string              `json:"agency" doc:"The only agency it sees, empty for all"`
	State      influencer.KeyState `json:"state" format:"key-state"`
	CreatedAt  *time.Time          `json:"created_at"`
	CreatedBy  string              `json:"created_by"`
	ExpiresAt  *time.Time          `json:"expires_at"`
	LastUsedAt *time.Time          `json:"last_used_at" doc:"To the minute"`
	RevokedAt  *time.Time          `json:"revoked_at"`
}

// KeyView views a key at a time.
func KeyView(k influencer.Key, now time.Time) Key {
	return Key{
		ID: k.ID, Name: k.Name, Role: k.Role, Agency: k.Agency, State: k.State(now), CreatedAt: stamp(k.CreatedAt), CreatedBy: k.CreatedBy,
		ExpiresAt: stamp(k.ExpiresAt), LastUsedAt: stamp(k.LastUsedAt), RevokedAt: stamp(k.RevokedAt),
	}
}

// Draft is a policy that is not in force, or was not when it was saved. Policy has
// the policy file's form.
type Draft struct {
	ID          int64                 `json:"id"`
	State       influencer.DraftState `json:"state"`
	EffectiveAt *time.Time            `json:"effective_at"`
	ScheduledBy string                `json:"scheduled_by"`
	Author      string                `json:"author"`
	Note        string                `json:"note"`
	CreatedAt   *time.Time            `json:"created_at"`
	Base        int                   `json:"base"`    // the version that was in force when it was saved
	Version     *int                  `json:"version"` // the version that it became
	Changes     []string              `json:"changes"` // against the policy in force
	Policy      PolicyFile            `json:"policy"`
}

// PreviewGroup counts one agency's or platform's people by what a policy would do
// to them. One of Agency and Platform is set.
type PreviewGroup struct {
	Agency   string              `json:"agency,omitempty"`
	Platform influencer.Platform `json:"platform,omitempty"`
	PreviewCounts
	Expected int        `json:"expected"`
	Read     int        `json:"read"`
	AsOf     *time.Time `json:"as_of"`
}

// PreviewCounts counts people by what a policy would do to them.
type PreviewCounts struct {
	Gain        int `json:"gain"`
	Lose        int `json:"lose"`        // at once
	Grace       int `json:"grace"`       // begin one, and lose at its end
	Unconfirmed int `json:"unconfirmed"` // lose when further reads confirm it
	Otherwise   int `json:"otherwise"`
	Near        int `json:"near"` // stay, but within 10 % of a line
}

// RerunRow is one person whom another policy would have moved otherwise.
type RerunRow struct {
	PersonID    int64                   `json:"person_id"`
	NIP         string                  `json:"nip"`
	Name        string                  `json:"name"`
	Agency      string                  `json:"agency"`
	Status      influencer.Status       `json:"status"`
	WouldStatus influencer.Status       `json:"would_status"`
	Outcome     influencer.RerunOutcome `json:"outcome"`
	Made        []Step                  `json:"made"`
	Would       []Step                  `json:"would"`
}

// Step is one move of a status.
type Step struct {
	At     *time.Time        `json:"at"`
	From   influencer.Status `json:"from"`
	To     influencer.Status `json:"to"`
	Reason influencer.Reason `json:"reason"`
}

// Viewer turns what is stored into what one viewer may see.
type Viewer struct {
	WholeNIP bool // else NIPs are masked
}

// PageOf turns a page of stored rows into a page of views.
func PageOf[S, V any](p influencer.Page[S], view func(S) V) Page[V] {
	return Page[V]{Items: each(p.Items, view), NextCursor: p.Next}
}

// Person views a person with accounts.
func (v Viewer) Person(p influencer.PersonAccounts) Person {
	return Person{
		ID: p.ID, NIP: v.nip(p.NIP), Name: p.Name, Agency: p.Agency, Unit: p.Unit,
		Status: p.Status, Since: stamp(p.Since), FirstGrantedAt: stamp(p.FirstGrantedAt), Reason: p.Reason,
		LossHeld: lossHeld(p.LossHeld),
		Until:    stamp(p.Until), Left: p.Left, LeftAt: stamp(p.LeftAt),
		Accounts: each(p.Accounts, v.Account),
	}
}

// Account views an account.
func (v Viewer) Account(a influencer.Account) Account {
	return Account{
		ID: a.ID, Platform: a.Platform, Handle: a.Handle, ExternalID: a.ExternalID, State: a.State,
		Counts: countsOf(a.Counts), SyncedAt: stamp(a.SyncedAt), NextDueAt: stamp(a.NextDueAt),
		AttemptedAt: stamp(a.AttemptedAt), Error: a.Error,
	}
}

// OwnedAccount views an account with its owner.
func (v Viewer) OwnedAccount(a influencer.OwnedAccount) OwnedAccount {
	return OwnedAccount{Account: v.Account(a.Account), PersonID: a.PersonID, NIP: v.nip(a.NIP), Name: a.Name, Agency: a.Agency}
}

// Decision views a decision with whom it concerns.
func (v Viewer) Decision(d influencer.OwnedDecision) Decision {
	return Decision{
		ID: d.ID, PersonID: d.PersonID, NIP: v.nip(d.NIP), Name: d.Name, Agency: d.Agency, At: stamp(d.At),
		From: d.From, To: d.To, Reason: d.Reason, Event: d.Receipt.Event, PolicyVersion: d.PolicyVersion, Actor: d.Actor, Note: d.Note,
		Sentence: d.Receipt.Sentence, FirstGrantedAt: stamp(d.Receipt.FirstGrantedAt), Sum: d.Receipt.Sum,
		Evidence: Evidence{Status: d.Evidence.Standing.Status, Accounts: each(d.Evidence.Accounts, accountEvidence)},
	}
}

// PolicyVersion views a version of the rule.
func (v Viewer) PolicyVersion(p influencer.PolicyVersion) PolicyVersion {
	return PolicyVersion{
		Version: p.Policy.Version, Author: p.Author, Note: p.Note, CreatedAt: stamp(p.CreatedAt), DecidedAt: stamp(p.DecidedAt),
		Changes: append([]string{}, p.Changes...), Policy: policyFile(p.Policy),
	}
}

// Draft views a draft.
func (v Viewer) Draft(d influencer.Draft) Draft {
	out := Draft{
		ID: d.ID, State: d.State, EffectiveAt: stamp(d.EffectiveAt), ScheduledBy: d.ScheduledBy, Author: d.Author, Note: d.Note,
		CreatedAt: stamp(d.CreatedAt), Base: d.Base, Changes: append([]string{}, d.Changes...), Policy: policyFile(d.Policy),
	}
	if d.Version != 0 {
		out.Version = &d.Version
	}
	return out
}

// PreviewGroupView views one group of a preview.
func PreviewGroupView(by influencer.CoverageBy, g influencer.PreviewGroup) PreviewGroup {
	out := PreviewGroup{PreviewCounts: previewCounts(g.Effects), Expected: g.Expected, Read: g.Read, AsOf: stamp(g.AsOf)}
	if by == influencer.ByPlatform {
		out.Platform = influencer.Platform(g.Name)
	} else {
		out.Agency = g.Name
	}
	return out
}

func previewCounts(c [influencer.Effects]int) PreviewCounts {
	return PreviewCounts{
		Gain: c[influencer.EffectGain], Lose: c[influencer.EffectLose], Grace: c[influencer.EffectGrace],
		Unconfirmed: c[influencer.EffectUnconfirmed], Otherwise: c[influencer.EffectOtherwise], Near: c[influencer.EffectNear],
	}
}

// RerunRow views what another policy would have meant for a person.
func (v Viewer) RerunRow(r influencer.RerunRow) RerunRow {
	return RerunRow{PersonID: r.ID, NIP: v.nip(r.NIP), Name: r.Name, Agency: r.Agency, Status: r.Status, WouldStatus: r.WouldStand.Status,
		Outcome: r.Outcome(), Made: each(r.Made, step), Would: each(r.Would, step)}
}

func step(s influencer.Step) Step {
	return Step{At: stamp(s.At), From: s.Move.From, To: s.Move.To, Reason: s.Move.Reason}
}

// Reading views a reading.
func (v Viewer) Reading(r influencer.Reading) Reading { return reading(r) }

func reading(r influencer.Reading) Reading {
	return Reading{
		ObservedAt: stamp(r.ObservedAt), LastSeenAt: stamp(r.LastSeenAt), Reads: r.Reads,
		Counts: countsOf(r.Counts), Suspect: r.Suspect, Source: r.Source,
	}
}

func accountEvidence(a influencer.AccountEvidence) AccountEvidence {
	return AccountEvidence{
		AccountID: a.AccountID, Platform: a.Platform, Handle: a.Handle, State: a.State,
		StateSince: stamp(a.StateSince), Readings: each(a.Readings, reading),
	}
}

func (v Viewer) nip(n influencer.NIP) string {
	if v.WholeNIP {
		return string(n)
	}
	return n.Masked()
}

func countsOf(c influencer.Counts) Counts {
	return Counts{Followers: c.Followers, Friends: c.Friends, Following: c.Following, Posts: c.Posts, LastActiveAt: stamp(c.LastActiveAt)}
}

// stamp is t in UTC, nil for never.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// each views every row; no rows are [] in JSON, not null.
func each[S, V any](rows []S, view func(S) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = view(r)
	}
	return out
}
