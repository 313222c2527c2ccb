package influencer

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WebhookFormat is the form in which a webhook gets events.
type WebhookFormat string

// The formats. Both are signed in the same way.
const (
	FormatStandard    WebhookFormat = "standard"    // {"type","timestamp","data"}, as Standard Webhooks has it
	FormatCloudEvents WebhookFormat = "cloudevents" // CloudEvents 1.0 in structured JSON
)

// NIPForm says how a webhook sees NIPs.
type NIPForm string

// The forms.
const (
	NIPMasked NIPForm = "masked"
	NIPWhole  NIPForm = "whole"
)

// WebhookState says whether a webhook gets events. What happens while it is
// paused waits for it.
type WebhookState string

// The states of a webhook.
const (
	WebhookActive WebhookState = "active"
	WebhookPaused WebhookState = "paused"
)

// WebhookSettings is what somebody chooses about a webhook. A zero field takes
// the default.
type WebhookSettings struct {
	URL    string
	Format WebhookFormat // "" is standard
	Events []Event       // only these; none means all
	Agency string        // only of this agency's people; "" means all
	NIP    NIPForm       // "" is masked
}

// Normal fills in the defaults and refuses what is unknown. Whether the address
// may be called is for who calls it to say.
func (w WebhookSettings) Normal() (WebhookSettings, error) {
	if w.Format == "" {
		w.Format = FormatStandard
	}
	if w.NIP == "" {
		w.NIP = NIPMasked
	}
	switch {
	case w.URL == "":
		return w, errors.New("no address is given")
	case w.Format != FormatStandard && w.Format != FormatCloudEvents:
		return w, fmt.Errorf("format %q is neither %s nor %s", w.Format, FormatStandard, FormatCloudEvents)
	case w.NIP != NIPMasked && w.NIP != NIPWhole:
		return w, fmt.Errorf("nip %q is neither %s nor %s", w.NIP, NIPMasked, NIPWhole)
	}
	for _, e := range w.Events {
		if !slices.Contains(Events(), e) {
			return w, fmt.Errorf("event %q is none of: %s", e, joinEvents(Events()))
		}
	}
	return w, nil
}

func joinEvents(events []Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// Wants tells whether an event of an agency is for this webhook; agency is "" for
// an event that concerns no one agency.
func (w WebhookSettings) Wants(e Event, agency string) bool {
	if len(w.Events) > 0 && !slices.Contains(w.Events, e) {
		return false
	}
	return w.Agency == "" || w.Agency == agency || agency == "" && e.ForEverybody()
}

// PlainURL is an address without its query, which often holds a secret.
func PlainURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	u.User, u.Fragment = nil, ""
	return strings.Replace(u.String(), "?%E2%80%A6", "?…", 1)
}

// Webhook is an address that events are sent to, without its secret.
type Webhook struct {
	ID int64
	WebhookSettings
	State     WebhookState
	Detail    string // why it is paused
	CreatedBy string
	CreatedAt time.Time
	Failures  int       // in a row
	FailedAt  time.Time // the last one
	ClosedTo  time.Time // nothing is sent before, as it failed too often or asked for it; zero when open
	Waiting   int       // deliveries
	Dead      int
}
