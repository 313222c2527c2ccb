package influencer

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Events that are no move of a status.
const (
	EventAccountProblem Event = "account_problem" // an account cannot be read, or not in full; see AccountState
	EventAccountOK      Event = "account_ok"      // and can be read again
	EventPolicyChanged  Event = "policy_changed"  // another version of the rule is in force
	EventBreakerTripped Event = "breaker_tripped" // so many losses at once that they wait for an admin
	EventTest           Event = "test"            // somebody tries a webhook; never stored
)

// Events lists what a webhook may ask for: every move of a status, then the rest.
func Events() []Event {
	var out []Event
	for _, row := range moveTable {
		if !slices.Contains(out, row.Event) {
			out = append(out, row.Event)
		}
	}
	return append(out, EventAccountProblem, EventAccountOK, EventPolicyChanged, EventBreakerTripped)
}

// ForEverybody tells whether an event that names no agency is for webhooks of one
// agency too. An alarm counts the losses of all agencies: it is for those who see
// them all.
func (e Event) ForEverybody() bool { return e == EventPolicyChanged }

// bilingual says the same in both languages.
func bilingual(say func(Lang) string) Bilingual { return Bilingual{say(Indonesian), say(English)} }

// TestText is what the test of a webhook says.
func TestText() Bilingual {
	return Bilingual{"Ini hanya percobaan: webhook ini terhubung dengan Pengikut.", "This is only a test: this webhook is connected to Pengikut."}
}

// OutEvent is something that happened, as the outbox keeps it.
type OutEvent struct {
	ID       int64
	Kind     Event
	PersonID int64 // 0 where no one person is concerned
	At       time.Time
	Data     json.RawMessage // a JSON object, whole in itself, NIPs whole
}

// MaskNIPs masks every member called nip of a JSON object. Members come out in
// the order of their names, so that the same object always gives the same text.
func MaskNIPs(data json.RawMessage) (json.RawMessage, error) {
	var members any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // a float would round large ones
	if err := d.Decode(&members); err != nil {
		return nil, err
	}
	maskNIPs(members)
	return json.Marshal(members)
}

func maskNIPs(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if nip, isText := member.(string); isText && name == "nip" {
				v[name] = NIP(nip).Masked()
			}
			maskNIPs(member)
		}
	case []any:
		for _, member := range v {
			maskNIPs(member)
		}
	}
}
