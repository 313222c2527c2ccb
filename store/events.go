package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// eventRow is an event to be written to the outbox.
type eventRow struct {
	kind    influencer.Event
	person  int64 // 0 where no one person is concerned
	at      time.Time
	payload string
}

// event adds an event to what a transaction writes. data must be whole in itself:
// who gets it asks nothing back. Events of one set leave in the order in which
// they were added.
func (c *changes) event(kind influencer.Event, person int64, at time.Time, data any) error {
	payload, err := encodeEvent(data)
	if err != nil {
		return err
	}
	c.events = append(c.events, eventRow{kind, person, at, payload})
	return nil
}

func encodeEvent(data any) (string, error) {
	payload, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode event: %w", err)
	}
	return string(payload), nil
}

// addEvents turns the events so far into one change.
func (c *changes) addEvents() {
	rows := c.events
	c.events = nil
	if len(rows) == 0 {
		return
	}
	set := new(rowSet).
		nullInts("person_id", pick(rows, func(e *eventRow) *int64 { return nullable(e.person) })).
		texts("kind", pick(rows, func(e *eventRow) string { return string(e.kind) })).
		json("payload", pick(rows, func(e *eventRow) string { return e.payload })).
		times("at", pick(rows, func(e *eventRow) time.Time { return e.at }))
	c.add("events", len(rows), `INSERT INTO outbox (person_id, kind, payload, created_at)
		SELECT person_id, kind, payload, at FROM ?`, set.as(c.tx, "t"))
}

func nullable(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// personJSON is whom an event concerns. Here and below, names once sent keep
// their meaning: other people's programs read them.
type personJSON struct {
	PersonID int64          `json:"person_id"`
	NIP      influencer.NIP `json:"nip"`
	Name     string         `json:"name"`
	Agency   string         `json:"agency"`
	Unit     string         `json:"unit,omitempty"`
}

func personOf(o *owner) personJSON {
	return personJSON{PersonID: o.ID, NIP: o.NIP, Name: o.Name, Agency: o.Agency, Unit: o.Unit}
}

// moveJSON is the payload of a move of a status.
type moveJSON struct {
	personJSON
	From           influencer.Status    `json:"from"`
	To             influencer.Status    `json:"to"`
	Reason         influencer.Reason    `json:"reason"`
	PolicyVersion  int                  `json:"policy_version"`
	At             time.Time            `json:"at"`
	FirstGrantedAt time.Time            `json:"first_granted_at,omitzero"`
	GraceEndsAt    time.Time            `json:"grace_ends_at,omitzero"`
	Until          time.Time            `json:"until,omitzero"`
	Text           influencer.Bilingual `json:"text"`
}

func (m *moved) payload() moveJSON {
	d := influencer.Decision{At: m.at, From: m.move.From, To: m.move.To, Reason: m.move.Reason, Evidence: m.evidence}
	out := moveJSON{
		personJSON: personOf(m.owner), From: d.From, To: d.To, Reason: d.Reason, PolicyVersion: m.version, At: m.at,
		FirstGrantedAt: m.after.FirstGrantedAt, Until: m.after.Until, Text: influencer.Sentences(d, m.policy),
	}
	if d.To == influencer.StatusGrace && m.policy.Grace > 0 {
		out.GraceEndsAt = m.after.GraceSince.Add(m.policy.Grace)
	}
	return out
}

// accountJSON is the payload of a change of an account's state.
type accountJSON struct {
	personJSON
	Account struct {
		ID       int64                   `json:"id"`
		Platform influencer.Platform     `json:"platform"`
		Handle   string                  `json:"handle"`
		State    influencer.AccountState `json:"state"`
		Was      influencer.AccountState `json:"was"`
		Since    time.Time               `json:"since"`
		Error    string                  `json:"error,omitempty"`
	} `json:"account"`
	At   time.Time            `json:"at"`
	Text influencer.Bilingual `json:"text"`
}

// addAccountEvents tells of the accounts whose state the batch changed.
func (r *recording) addAccountEvents(c *changes) error {
	for _, a := range r.attempts {
		kind := influencer.AccountEvent(a.before.State, a.State)
		if kind == "" {
			continue
		}
		out := accountJSON{personJSON: personOf(r.owner(a.PersonID)), At: r.at, Text: influencer.AccountSentences(a.Account)}
		out.Account.ID, out.Account.Platform, out.Account.Handle = a.ID, a.Platform, a.Handle
		out.Account.State, out.Account.Was, out.Account.Since, out.Account.Error = a.State, a.before.State, a.StateSince, a.Error
		if err := c.event(kind, a.PersonID, r.at, out); err != nil {
			return err
		}
	}
	return nil
}

func (r *recording) owner(person int64) *owner {
	for _, o := range r.owners {
		if o.ID == person {
			return o
		}
	}
	return new(owner)
}
