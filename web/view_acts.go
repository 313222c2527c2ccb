package web

import (
	"encoding/json"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// ActResult is what became of one order.
type ActResult struct {
	Line     int                   `json:"line,omitempty" doc:"In the file, or the order's place in the request, from 1"`
	PersonID int64                 `json:"person_id,omitempty" doc:"Absent when nobody was found"`
	NIP      string                `json:"nip,omitempty"`
	Name     string                `json:"name,omitempty"`
	Agency   string                `json:"agency,omitempty"`
	Unit     string                `json:"unit,omitempty"`
	Act      influencer.ActionKind `json:"act" format:"act"`
	Outcome  influencer.ActOutcome `json:"outcome" enum:"done,not_found,illegal,duplicate,unreadable"`
	Problem  string                `json:"problem,omitempty" doc:"Why it was not done"`
	From     influencer.Status     `json:"from,omitempty" format:"status"`
	To       influencer.Status     `json:"to,omitempty" format:"status" doc:"Where the person stands now"`
	Until    *time.Time            `json:"until,omitempty" doc:"The end of the person's suspension; absent when there is none, or it is open"`
	Moves    []Move                `json:"moves" doc:"The act's, and what the rule decided at once after it"`
}

// Move is one move of a status.
type Move struct {
	From   influencer.Status `json:"from" format:"status"`
	To     influencer.Status `json:"to" format:"status"`
	Reason influencer.Reason `json:"reason" format:"reason"`
}

// ActResult views what became of an order.
func (v Viewer) ActResult(r influencer.ActResult) ActResult {
	out := ActResult{Line: r.Order.Line, PersonID: r.Person.ID, Name: r.Person.Name, Agency: r.Person.Agency, Unit: r.Person.Unit,
		Act: r.Order.Kind, Outcome: r.Outcome, Problem: r.Problem, From: r.From, To: r.Person.Status, Until: stamp(r.Person.Until),
		Moves: each(r.Moves, func(m influencer.Move) Move { return Move(m) })}
	switch {
	case r.Person.NIP != "":
		out.NIP = v.nip(r.Person.NIP)
	case r.Order.NIP != "":
		out.NIP = v.nip(r.Order.NIP)
	}
	return out
}

// AuditEntry is one thing that somebody ordered.
type AuditEntry struct {
	ID     int64           `json:"id"`
	At     *time.Time      `json:"at"`
	Actor  string          `json:"actor" doc:"cli:NAME, key:ID NAME, or schedule"`
	Action string          `json:"action" example:"person.suspend"`
	Target string          `json:"target" example:"person:12"`
	Agency string          `json:"agency" doc:"The one that it concerns; empty for all"`
	Note   string          `json:"note"`
	Before json.RawMessage `json:"before" doc:"What it changed, as it was; null when there is none"`
	After  json.RawMessage `json:"after" doc:"And as it became"`
}

// AuditView views an audit entry.
func AuditView(e influencer.AuditEntry) AuditEntry {
	return AuditEntry{ID: e.ID, At: stamp(e.At), Actor: e.Actor, Action: e.Action, Target: e.Target, Agency: e.Agency,
		Note: e.Note, Before: orNull(e.Before), After: orNull(e.After)}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// Freeze is a time without new grants.
type Freeze struct {
	ID      int64                  `json:"id"`
	Agency  string                 `json:"agency" doc:"Whose people; empty for all"`
	From    *time.Time             `json:"from"`
	Until   *time.Time             `json:"until" doc:"The first moment after it, as it was ordered"`
	EndedAt *time.Time             `json:"ended_at" doc:"When somebody ended it before that; else null"`
	State   influencer.FreezeState `json:"state" enum:"planned,in_force,over"`
	Note    string                 `json:"note"`
	Actor   string                 `json:"actor"`
	AddedAt *time.Time             `json:"added_at"`
}

// FreezeView views a freeze at a time.
func FreezeView(f influencer.Freeze, now time.Time) Freeze {
	return Freeze{ID: f.ID, Agency: f.Agency, From: stamp(f.From), Until: stamp(f.Until), EndedAt: stamp(f.EndedAt),
		State: f.State(now), Note: f.Note, Actor: f.Actor, AddedAt: stamp(f.AddedAt)}
}

// Affiliation is a time that a person spent with an agency.
type Affiliation struct {
	Agency string     `json:"agency"`
	Unit   string     `json:"unit"`
	From   *time.Time `json:"from"`
	Until  *time.Time `json:"until"` // null for the one of today
}

// AffiliationView views an affiliation.
func AffiliationView(a influencer.Affiliation) Affiliation {
	return Affiliation{Agency: a.Agency, Unit: a.Unit, From: stamp(a.From), Until: stamp(a.Until)}
}
