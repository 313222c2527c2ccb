package influencer

import (
	"encoding/json"
	"time"
)

// AuditEntry is one thing that somebody ordered: an act on a person, a policy, a
// key, a resync, an export. It holds no NIP and no secret.
type AuditEntry struct {
	ID     int64
	At     time.Time
	Actor  string // who: "cli:NAME" at the command line, "key:ID NAME" over HTTP, "schedule" by a date set before
	Action string // what, as object.verb: "person.suspend", "policy.apply", "key.create"
	Target string // on what, as object:id: "person:12", "policy:3"; the object alone for many
	Agency string // the agency that it concerns, "" for all
	Note   string // the reason that was given
	// Before and After are JSON objects: what the act changed, as it was and as it
	// became. Nil where there is none.
	Before, After json.RawMessage
}

// AuditFilter narrows a list of audit entries. A zero field narrows nothing.
type AuditFilter struct {
	Actor  string
	Action string
	Target string
	Agency string
	Since  time.Time // at this time or later
}

// Exported is a file of many people that somebody was handed.
type Exported struct {
	Actor    string
	Kind     string // what it lists: "accounts"
	Agency   string // here and below, what it was narrowed to; zero for nothing
	Platform Platform
	Since    time.Time
	NIP      NIPForm
	Rows     int  // written; fewer may have arrived of what broke off
	BrokeOff bool // then not all of it arrived
}

// Audit is its entry in the audit log. Nothing changed: what is told as after are
// the facts.
func (x Exported) Audit(at time.Time) (AuditEntry, error) {
	after, err := json.Marshal(struct {
		Rows     int       `json:"rows"`
		NIP      NIPForm   `json:"nip"`
		Agency   string    `json:"agency,omitempty"`
		Platform Platform  `json:"platform,omitempty"`
		Since    time.Time `json:"since,omitzero"`
		BrokeOff bool      `json:"broke_off,omitempty"`
	}{x.Rows, x.NIP, x.Agency, x.Platform, x.Since, x.BrokeOff})
	return AuditEntry{At: at, Actor: x.Actor, Action: x.Kind + ".export", Target: x.Kind, Agency: x.Agency, After: after}, err
}
