package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// A decision's evidence is kept as JSON: a receipt that a person can read and
// from which replay decides again. The names are part of every decision ever
// stored, so they only grow. What is unknown or never was is left out.
type evidenceJSON struct {
	Standing    standingJSON       `json:"standing"`
	Accounts    []evidenceItem     `json:"accounts"`
	FrozenUntil time.Time          `json:"frozen_until,omitzero"`
	Act         *influencer.Action `json:"act,omitempty"`
}

type standingJSON struct {
	Status         influencer.Status  `json:"status"`
	Since          time.Time          `json:"since,omitzero"`
	FirstGrantedAt time.Time          `json:"first_granted_at,omitzero"`
	GraceSince     time.Time          `json:"grace_since,omitzero"`
	HeldBefore     influencer.Status  `json:"held_before,omitempty"`
	Until          time.Time          `json:"until,omitzero"`
	Reason         influencer.Reason  `json:"reason,omitempty"`
	ReasonVersion  int                `json:"reason_version,omitempty"`
	Left           influencer.Leaving `json:"left,omitempty"`
	LeftAt         time.Time          `json:"left_at,omitzero"`
}

type evidenceItem struct {
	AccountID  int64                   `json:"account_id"`
	Platform   influencer.Platform     `json:"platform"`
	Handle     string                  `json:"handle"`
	State      influencer.AccountState `json:"state"`
	StateSince time.Time               `json:"state_since,omitzero"`
	Readings   []readingJSON           `json:"readings,omitempty"`
}

type readingJSON struct {
	ObservedAt   time.Time   `json:"observed_at"`
	LastSeenAt   time.Time   `json:"last_seen_at"`
	Reads        int         `json:"reads"`
	Between      []time.Time `json:"between,omitempty"`
	Followers    *int64      `json:"followers,omitempty"`
	Friends      *int64      `json:"friends,omitempty"`
	Following    *int64      `json:"following,omitempty"`
	Posts        *int64      `json:"posts,omitempty"`
	LastActiveAt time.Time   `json:"last_active_at,omitzero"`
	Suspect      bool        `json:"suspect,omitempty"`
	Source       string      `json:"source,omitempty"`
}

// encodeEvidence writes evidence in its stored form.
func encodeEvidence(e influencer.Evidence) (string, error) {
	out := evidenceJSON{
		Standing: standingJSON(e.Standing), Accounts: make([]evidenceItem, len(e.Accounts)), FrozenUntil: e.FrozenUntil, Act: e.Act,
	}
	for i, a := range e.Accounts {
		out.Accounts[i] = evidenceItem{a.AccountID, a.Platform, a.Handle, a.State, a.StateSince, encodeReadings(a.Readings)}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("encode evidence: %w", err)
	}
	return string(b), nil
}

func encodeReadings(readings []influencer.Reading) []readingJSON {
	out := make([]readingJSON, len(readings))
	for i, r := range readings {
		out[i] = readingJSON{
			ObservedAt: r.ObservedAt, LastSeenAt: r.LastSeenAt, Reads: r.Reads, Between: r.Between,
			Followers: r.Followers, Friends: r.Friends, Following: r.Following, Posts: r.Posts,
			LastActiveAt: r.LastActiveAt, Suspect: r.Suspect, Source: r.Source,
		}
	}
	return out
}

// decodeEvidence reads what encodeEvidence wrote.
func decodeEvidence(stored string) (influencer.Evidence, error) {
	var in evidenceJSON
	if err := json.Unmarshal([]byte(stored), &in); err != nil {
		return influencer.Evidence{}, fmt.Errorf("decode evidence: %w", err)
	}
	e := influencer.Evidence{
		Standing: influencer.Standing(in.Standing), Accounts: make([]influencer.AccountEvidence, len(in.Accounts)),
		FrozenUntil: in.FrozenUntil, Act: in.Act,
	}
	for i, a := range in.Accounts {
		e.Accounts[i] = influencer.AccountEvidence{
			AccountID: a.AccountID, Platform: a.Platform, Handle: a.Handle, State: a.State, StateSince: a.StateSince,
			Readings: decodeReadings(a.AccountID, a.Readings),
		}
	}
	return e, nil
}

func decodeReadings(account int64, readings []readingJSON) []influencer.Reading {
	if len(readings) == 0 {
		return nil
	}
	out := make([]influencer.Reading, len(readings))
	for i, r := range readings {
		out[i] = influencer.Reading{
			AccountID: account, ObservedAt: r.ObservedAt, LastSeenAt: r.LastSeenAt, Reads: r.Reads, Between: r.Between,
			Counts: influencer.Counts{
				Followers: r.Followers, Friends: r.Friends, Following: r.Following, Posts: r.Posts, LastActiveAt: r.LastActiveAt,
			},
			Suspect: r.Suspect, Source: r.Source,
		}
	}
	return out
}
