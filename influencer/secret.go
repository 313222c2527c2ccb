package influencer

import "log/slog"

// Secret is a token or key. It prints, logs and marshals as a mask; only
// [Secret.Reveal] gives the text.
type Secret string

const mask = "********"

// Reveal returns the text itself, for the one place that sends or encrypts it.
func (s Secret) Reveal() string { return string(s) }

// String returns a mask, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString returns the mask, for %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText returns the mask, for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns the mask, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
