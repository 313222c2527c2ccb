package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// standardJSON is the body that Standard Webhooks recommends.
type standardJSON struct {
	Type      influencer.Event `json:"type"`
	Timestamp time.Time        `json:"timestamp"`
	Data      json.RawMessage  `json:"data"`
}

// cloudEvent is a CloudEvent 1.0 in structured JSON.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// typePrefix makes the type of a CloudEvent unlike that of any other program.
const typePrefix = "io.github.pengikut."

// Body is the message of an event in the webhook's form, and its content type.
// The same event always gives the same bytes.
func Body(o influencer.Outgoing) (body []byte, contentType string, err error) {
	data := o.Event.Data
	if o.NIP != influencer.NIPWhole {
		if data, err = influencer.MaskNIPs(data); err != nil {
			return nil, "", fmt.Errorf("event %d: %w", o.Event.ID, err)
		}
	}
	at := o.Event.At.UTC()
	if o.Format != influencer.FormatCloudEvents {
		body, err = json.Marshal(standardJSON{Type: o.Event.Kind, Timestamp: at, Data: data})
		return body, "application/json", err
	}
	e := cloudEvent{SpecVersion: "1.0", ID: o.MessageID(), Source: fmt.Sprintf("/pengikut/webhooks/%d", o.Ref.WebhookID),
		Type: typePrefix + string(o.Event.Kind), Time: at, DataContentType: "application/json", Data: data}
	if o.Event.PersonID != 0 {
		e.Subject = fmt.Sprintf("people/%d", o.Event.PersonID)
	}
	body, err = json.Marshal(e)
	return body, "application/cloudevents+json", err
}
