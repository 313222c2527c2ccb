package connectors

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Count is a number of followers, friends or posts as an answer holds it: absent
// or null is unknown, a whole JSON number from 0 up is known, and everything else
// is a reason to disbelieve the record. None of the platforms documents counts
// as strings, so that a string is no count. Decoding never fails, lest one odd
// record lose the others.
type Count struct {
	N   *int64 // nil while unknown
	Bad bool   // something was there that is no count
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if c.Bad = err != nil || n < 0; !c.Bad {
		c.N = &n
	}
	return nil
}

// Need returns the count, or why there is none: never a guess.
func (c Count) Need(name string) (*int64, *influencer.Failure) {
	switch {
	case c.Bad:
		return nil, Failf(influencer.Malformed, "", "%s is not a whole number from 0 up", name)
	case c.N == nil:
		return nil, Failf(influencer.Malformed, "", "%s is missing", name)
	}
	return c.N, nil
}

// Text is a string that may also come as a JSON number, as platforms write ids;
// anything else is "".
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = Text(s)
	} else if digits.Match(b) {
		*t = Text(b)
	}
	return nil
}

var digits = regexp.MustCompile(`^[0-9]{1,20}$`)

// Flag is a boolean; anything that is not true is false.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true"
	return nil
}

// Record is a nested object whose wrong type does not fail what is around it:
// OK tells whether it was there and decoded.
type Record[T any] struct {
	V  T
	OK bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Record[T]) UnmarshalJSON(b []byte) error {
	*r = Record[T]{}
	var v T
	if !bytes.Equal(b, []byte("null")) && json.Unmarshal(b, &v) == nil {
		r.V, r.OK = v, true
	}
	return nil
}

// activitySlack is how far a newest post may lie in the future before it is
// disbelieved; clocks differ a little.
const activitySlack = 10 * time.Minute

// Activity returns t as a last activity, or the zero time when it cannot be one:
// unset, before the platforms existed, or in the future.
func Activity(t, now time.Time) time.Time {
	if t.Year() < 2004 || t.After(now.Add(activitySlack)) {
		return time.Time{}
	}
	return t.UTC()
}
