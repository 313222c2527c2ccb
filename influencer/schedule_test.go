package influencer

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextDueCases(t *testing.T) {
	t.Parallel()
	base := Schedule{AccountID: 0, Every: day, ConfirmGap: time.Hour, At: at} // id 0 has no jitter
	for _, c := range []struct {
		name string
		edit func(*Schedule)
		want time.Duration
	}{
		{"read well", func(*Schedule) {}, day},
		{"no Every", func(s *Schedule) { s.Every = 0 }, day},
		{"doubtful", func(s *Schedule) { s.Doubtful = true }, time.Hour + time.Second},
		{"doubtful, read more often than the gap", func(s *Schedule) { s.Doubtful, s.Every = true, time.Minute }, time.Minute},
		{"first passing failure", func(s *Schedule) { s.Failure, s.Failures = Unavailable, 1 }, 5 * time.Minute},
		{"fourth", func(s *Schedule) { s.Failure, s.Failures = Malformed, 4 }, 40 * time.Minute},
		{"ninth", func(s *Schedule) { s.Failure, s.Failures = Unavailable, 9 }, 1280 * time.Minute},
		{"tenth", func(s *Schedule) { s.Failure, s.Failures = Unavailable, 10 }, day},
		{"millionth", func(s *Schedule) { s.Failure, s.Failures = Unavailable, 1e6 }, day},
		{"told when", func(s *Schedule) { s.Failure, s.Failures, s.Until = RateLimited, 1, at.Add(15*time.Minute) }, 15 * time.Minute},
		{"told for ever", func(s *Schedule) { s.Failure, s.Until = BudgetSpent, at.AddDate(900, 0, 0) }, 32 * day},
		{"told the past", func(s *Schedule) { s.Failure, s.Until = RateLimited, at.Add(-day) }, 5 * time.Minute},
		{"gone", func(s *Schedule) { s.Failure, s.Failures = Gone, 30 }, day},
		{"needs consent", func(s *Schedule) { s.Failure, s.Failures = NeedsConsent, 1 }, day},
		{"unreadable", func(s *Schedule) { s.Failure, s.Failures = Unreadable, 1 }, day},
		{"still unreadable", func(s *Schedule) { s.Failure, s.Failures = Unreadable, 3 }, 3 * day},
		{"long unreadable", func(s *Schedule) { s.Failure, s.Failures = Unreadable, 400 }, 7 * day},
	} {
		s := base
		c.edit(&s)
		if got := NextDue(s).Sub(at); got != c.want {
			t.Errorf("%s: in %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNextDueProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{
			AccountID:  rapid.Int64Min(1).Draw(t, "id"),
			Every:      rapid.SampledFrom([]time.Duration{time.Minute, 6 * time.Hour, day, 30 * day}).Draw(t, "every"),
			ConfirmGap: rapid.SampledFrom([]time.Duration{0, time.Hour, day}).Draw(t, "gap"),
			At:         at,
			Failure:    rapid.SampledFrom(append(FailureKinds(), "")).Draw(t, "failure"),
			Until:      at.Add(time.Duration(rapid.Int64Range(-1000, 10000).Draw(t, "until")) * time.Hour),
			Failures:   rapid.IntRange(0, 100).Draw(t, "failures"),
			Doubtful:   rapid.Bool().Draw(t, "doubtful"),
		}
		if rapid.Bool().Draw(t, "no until") {
			s.Until = time.Time{}
		}
		due := NextDue(s)
		wait := due.Sub(at)
		if wait <= 0 || wait > max(longestPatience*s.Every, longestWait+firstBackoff) {
			t.Fatalf("due in %s", wait)
		}
		if !due.Equal(NextDue(s)) {
			t.Fatal("two answers")
		}
		if s.Until.Before(at.Add(longestWait)) && due.Before(s.Until) {
			t.Fatal("due before the platform allows")
		}
		if s.Failure != "" || !s.Until.IsZero() {
			return
		}
		if s.Doubtful && s.Every > 2*s.ConfirmGap && (wait <= s.ConfirmGap || wait > s.ConfirmGap+s.ConfirmGap/10+time.Second) {
			t.Fatalf("to be confirmed in %s with a gap of %s", wait, s.ConfirmGap)
		}
		if !s.Doubtful && (wait > s.Every || wait < s.Every-s.Every/10) {
			t.Fatalf("due in %s of %s", wait, s.Every)
		}
	})
}

// TestJitterSpreads: neighbouring ids fall into different parts of the window,
// so that a roster imported at once does not stay due at once.
func TestJitterSpreads(t *testing.T) {
	t.Parallel()
	var parts [10]int
	const accounts = 10000
	for id := range int64(accounts) {
		wait := NextDue(Schedule{AccountID: id + 1, Every: day, At: at}).Sub(at)
		parts[min(9, int((day-wait)*100/day))]++
	}
	for i, n := range parts {
		if n < accounts/10*9/10 || n > accounts/10*11/10 {
			t.Errorf("part %d of the window has %d of %d accounts", i, n, accounts)
		}
	}
}

// TestSettledAccountsComeDueTogether: a thousand accounts that are gone are looked
// at in a few calls, not in a thousand.
func TestSettledAccountsComeDueTogether(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 8, 17, 33, 0, time.UTC)
	times := map[time.Time]bool{}
	for id := range int64(1000) {
		due := NextDue(Schedule{AccountID: id, Every: day, At: at, Failure: Gone, Failures: 1})
		if due.After(at.Add(day)) || due.Before(at.Add(20*time.Hour)) {
			t.Fatalf("account %d is due at %v", id, due)
		}
		times[due] = true
	}
	if len(times) > 4 {
		t.Errorf("due at %d different times", len(times))
	}
}
