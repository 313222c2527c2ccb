package influencer

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// WIB is western Indonesian time, UTC+7 without summer time: the zone of dates
// shown to people and of a day in the statistics.
var WIB = time.FixedZone("WIB", 7*60*60)

// Lang is a language for people: Indonesian first.
type Lang string

// The languages.
const (
	Indonesian Lang = "id"
	English    Lang = "en"
)

var indonesianMonths = [...]string{"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"}

// Number writes n with its thousands grouped: 1.234 in Indonesian, 1,234 in
// English.
func (l Lang) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	separator := ","
	if l == Indonesian {
		separator = "."
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return sign + digits
}

// Date writes the day of t in WIB: "23 Agu 2026", "23 Aug 2026".
func (l Lang) Date(t time.Time) string {
	t = t.In(WIB)
	if l == Indonesian {
		return fmt.Sprintf("%d %s %d", t.Day(), indonesianMonths[t.Month()-1], t.Year())
	}
	return t.Format("2 Jan 2006")
}

// DateTime writes t in WIB with its zone: "23 Agu 2026 15.05 WIB", "23 Aug 2026
// 15:05 WIB".
func (l Lang) DateTime(t time.Time) string {
	if l == Indonesian {
		return l.Date(t) + t.In(WIB).Format(" 15.04 WIB")
	}
	return l.Date(t) + t.In(WIB).Format(" 15:04 WIB")
}

// List joins items the way a sentence does: "a, b, dan c", "a, b, and c".
func (l Lang) List(items []string) string {
	and := "and"
	if l == Indonesian {
		and = "dan"
	}
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	case 2:
		return items[0] + " " + and + " " + items[1]
	default:
		return strings.Join(items[:n-1], ", ") + ", " + and + " " + items[n-1]
	}
}

// Duration writes whole days, or else hours and minutes: "30 hari", "1 jam 30
// menit"; "30 days", "1 hour 30 minutes".
func (l Lang) Duration(d time.Duration) string {
	units := []struct {
		value    time.Duration
		id, name string
	}{{day, "hari", "day"}, {time.Hour, "jam", "hour"}, {time.Minute, "menit", "minute"}, {time.Second, "detik", "second"}}
	var parts []string
	for _, unit := range units {
		n := int64(d / unit.value)
		if n <= 0 || len(parts) == 2 {
			continue
		}
		d -= time.Duration(n) * unit.value
		name := unit.id
		if l != Indonesian {
			name = plural(n, unit.name)
		}
		parts = append(parts, l.Number(n)+" "+name)
	}
	if len(parts) == 0 && l == Indonesian {
		return "0 detik"
	} else if len(parts) == 0 {
		return "0 seconds"
	}
	return strings.Join(parts, " ")
}

func plural(n int64, name string) string {
	if n == 1 {
		return name
	}
	return name + "s"
}

// Count writes a value of a metric: "512 pengikut", "1,234 followers".
func (l Lang) Count(n int64, m Metric) string { return l.Number(n) + " " + l.metric(n, m) }

func (l Lang) metric(n int64, m Metric) string {
	switch {
	case l == Indonesian && m == Friends:
		return "teman"
	case l == Indonesian:
		return "pengikut"
	case m == Friends:
		return plural(n, "friend")
	default:
		return plural(n, "follower")
	}
}
