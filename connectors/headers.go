package connectors

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The names of limits.
const (
	limitWindow        = "window"
	limitAppDay        = "app-24h"
	limitUserDay       = "user-24h"
	limitAppUsage      = "app-usage"
	limitBusinessUsage = "business-usage"
	limitRefusal       = "refusal"
)

// maxReset is the farthest reset that is believed. The longest window that any
// of the platforms tells in a header is 24 hours.
const maxReset = 48 * time.Hour

// ParseLimits reads every rate header that X and Graph send. X's
// x-rate-limit-* count calls of one endpoint, its x-app-limit-24hour-* and
// x-user-limit-24hour-* calls of a day; resets are Unix seconds
// (docs.x.com, fundamentals/rate-limits; node-twitter-api-v2 issue 553). Graph's
// X-App-Usage and X-Business-Use-Case-Usage tell percent of the quota, and
// estimated_time_to_regain_access minutes (developers.facebook.com,
// graph-api/overview/rate-limiting).
func ParseLimits(h http.Header, now time.Time) []Limit {
	var out []Limit
	add := func(l Limit, ok bool) {
		if ok {
			out = append(out, l)
		}
	}
	add(epochLimit(h, "x-rate-limit-", Limit{Name: limitWindow}, now))
	add(epochLimit(h, "x-app-limit-24hour-", Limit{Name: limitAppDay, Wide: true}, now))
	add(epochLimit(h, "x-user-limit-24hour-", Limit{Name: limitUserDay, Wide: true}, now))
	add(appUsage(h.Get("X-App-Usage"), now))
	add(businessUsage(h.Get("X-Business-Use-Case-Usage"), now))
	return out
}

func epochLimit(h http.Header, prefix string, l Limit, now time.Time) (Limit, bool) {
	remaining, err := strconv.ParseInt(h.Get(prefix+"remaining"), 10, 64)
	if err != nil {
		return l, false
	}
	reset, err := strconv.ParseInt(h.Get(prefix+"reset"), 10, 64)
	if err != nil {
		return l, false
	}
	l.Limit, _ = strconv.ParseInt(h.Get(prefix+"limit"), 10, 64)
	l.Remaining, l.Reset = max(remaining, 0), time.Unix(reset, 0).UTC()
	return l, l.Reset.After(now) && l.Reset.Before(now.Add(maxReset))
}

// usage is one object of Graph's usage headers. The times are percentages too;
// only the last member is a time.
type usage struct {
	Calls  float64 `json:"call_count"`
	CPU    float64 `json:"total_cputime"`
	Time   float64 `json:"total_time"`
	Regain float64 `json:"estimated_time_to_regain_access"`
}

func (u usage) percent() int64 { return int64(max(u.Calls, u.CPU, u.Time)) }

func (u usage) limit(name string, now time.Time) Limit {
	l := Limit{Name: name, Wide: true, Limit: 100, Remaining: max(100-u.percent(), 0), Reset: now.Add(Cooldown)}
	if u.Regain > 0 {
		// Access is gone while the platform names a time for its return.
		wait := min(time.Duration(u.Regain*float64(time.Minute)), maxReset)
		l.Remaining, l.Reset = 0, now.Add(wait)
	}
	return l
}

func appUsage(header string, now time.Time) (Limit, bool) {
	var u usage
	if header == "" || json.Unmarshal([]byte(header), &u) != nil {
		return Limit{}, false
	}
	return u.limit(limitAppUsage, now), true
}

// businessUsage takes the worst of up to 32 objects.
func businessUsage(header string, now time.Time) (Limit, bool) {
	var all map[string][]usage
	if header == "" || json.Unmarshal([]byte(header), &all) != nil {
		return Limit{}, false
	}
	var worst Limit
	for _, list := range all {
		for _, u := range list {
			l := u.limit(limitBusinessUsage, now)
			if worst.Name == "" || l.Remaining < worst.Remaining || l.Remaining == worst.Remaining && l.Reset.After(worst.Reset) {
				worst = l
			}
		}
	}
	return worst, worst.Name != ""
}

// retryAfter reads Retry-After, in seconds or as a date.
func retryAfter(h http.Header, now time.Time) time.Time {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if secs, err := strconv.ParseInt(v, 10, 32); err == nil && secs > 0 {
		return now.Add(min(time.Duration(secs)*time.Second, maxReset))
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) && at.Before(now.Add(maxReset)) {
		return at.UTC()
	}
	return time.Time{}
}

// opening returns when the limits that are used up let calls through again,
// zero when none is used up. A refusal with calls left in the window comes from
// another limit, so that a window with a remainder says nothing about it.
func opening(limits []Limit) time.Time {
	var until time.Time
	for _, l := range limits {
		if l.Remaining <= 0 && l.Reset.After(until) {
			until = l.Reset
		}
	}
	return until
}
