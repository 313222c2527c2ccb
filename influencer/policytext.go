package influencer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDuration bounds every duration of a policy, so that adding one to a time
// stays sound.
const maxDuration = 3660 * day

var durationUnits = []struct {
	name  string
	value time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// parseDuration reads "35d", "1h30m", "0s": whole numbers with units d, h, m, s
// from large to small. A bare 0 needs no unit.
func parseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%.20q is not a duration such as 30d, 12h or 1h30m", s)
	if s == "0" {
		return 0, nil
	}
	var sum time.Duration
	rest, units := s, durationUnits
	for rest != "" {
		number := digitsOf(rest)
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, bad
		}
		rest = rest[len(number):]
		for len(units) > 0 && !strings.HasPrefix(rest, units[0].name) {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, bad
		}
		if n > int64(maxDuration/units[0].value) {
			return 0, fmt.Errorf("is longer than %s", durationText(maxDuration))
		}
		sum += time.Duration(n) * units[0].value
		rest, units = rest[1:], units[1:]
	}
	if s == "" {
		return 0, bad
	}
	return sum, nil
}

func digitsOf(s string) string {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return s[:i]
		}
	}
	return s
}

// durationText is the shortest text that parseDuration reads as d. What is less
// than a second is lost: Validate refuses it.
func durationText(d time.Duration) string {
	if d < 0 {
		return "-" + durationText(-d)
	}
	var b strings.Builder
	for _, unit := range durationUnits {
		if n := d / unit.value; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.value
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// parseShare reads "90%" or "12.5%", two decimals at most.
func parseShare(s string) (Share, error) {
	bad := errors.New("must be a share such as 90% or 12.5%")
	text, found := strings.CutSuffix(s, "%")
	whole, fraction, dotted := strings.Cut(text, ".")
	if !found || len(whole) > 5 || digitsOf(whole) != whole || digitsOf(fraction) != fraction ||
		len(fraction) > 2 || dotted && fraction == "" {
		return 0, bad
	}
	n, err := strconv.Atoi(whole + (fraction + "00")[:2])
	if err != nil || whole == "" {
		return 0, bad
	}
	return Share(n), nil
}

// String writes the share as the policy file does: "90%", "12.5%".
func (s Share) String() string {
	if s < 0 {
		return "-" + (-s).String()
	}
	text := strconv.Itoa(int(s / 100))
	if fraction := int(s % 100); fraction > 0 {
		text += strings.TrimRight(fmt.Sprintf(".%02d", fraction), "0")
	}
	return text + "%"
}

// String writes the match as a person reads it.
func (m Match) String() string {
	if m.Mode == MatchAtLeast {
		return fmt.Sprintf("at_least: %d", m.N)
	}
	return string(m.Mode)
}
