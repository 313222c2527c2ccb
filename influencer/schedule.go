package influencer

import "time"

// Schedule is what [NextDue] must know of an account just attempted.
type Schedule struct {
	AccountID  int64         // seeds the jitter
	Every      time.Duration // longest time between two reads; 0 means 24 hours
	ConfirmGap time.Duration // the policy's
	At         time.Time     // when the attempt was made
	Failure    FailureKind   // "" when the attempt gave a reading
	Until      time.Time     // the failure's Until; zero when the platform named none
	Failures   int           // attempts failed in a row, this one counted
	Doubtful   bool          // the reading is suspect, or below the line and not yet confirmed
}

const (
	firstBackoff    = 5 * time.Minute
	longestPatience = 7 // times Every, between two looks at what the platform cannot read
	// longestWait bounds a platform's "not before": a monthly cap starts anew
	// within 31 days, and an account is never given up.
	longestWait = 32 * day
)

// NextDue says when an account wants to be read again. It always gives a time
// after At: no failure, however often repeated, makes an account "never".
func NextDue(s Schedule) time.Time {
	if s.Every <= 0 {
		s.Every = day
	}
	due := s.At.Add(s.wait())
	if _, settled := s.Failure.State(); settled {
		// Nothing is expected of these: they are looked at together, so that one
		// call asks for many of them instead of for each at a time of its own.
		if even := due.Truncate(s.Every / 24); even.After(s.At) {
			due = even
		}
	}
	if s.Until.After(due) {
		due = earliest(s.Until, s.At.Add(longestWait)).Add(s.jitter(firstBackoff))
	}
	return due
}

func (s Schedule) wait() time.Duration {
	_, settled := s.Failure.State()
	switch {
	case s.Failure == "":
		return s.afterReading()
	case s.Failure == Unreadable:
		n := min(max(s.Failures, 1), longestPatience)
		return s.early(time.Duration(n) * s.Every)
	case settled:
		return s.early(s.Every)
	default:
		return s.backoff()
	}
}

// afterReading is Every, or, when the reading must be confirmed, ConfirmGap and
// a little: a read before the gap is over would confirm nothing.
func (s Schedule) afterReading() time.Duration {
	again := s.ConfirmGap + s.jitter(min(s.ConfirmGap/10, firstBackoff)) + time.Second
	if s.Doubtful && again < s.Every {
		return again
	}
	return s.early(s.Every)
}

// backoff doubles from five minutes up to Every for passing failures.
func (s Schedule) backoff() time.Duration {
	wait := firstBackoff
	for n := 1; n < s.Failures && wait < s.Every; n++ {
		wait *= 2
	}
	return min(wait+s.jitter(wait/10), s.Every)
}

// early takes up to a tenth off, so that accounts imported together do not stay
// due together.
func (s Schedule) early(d time.Duration) time.Duration { return d - s.jitter(d/10) }

func (s Schedule) jitter(limit time.Duration) time.Duration { return spread(s.AccountID, limit) }

// spread is a part of limit that is always the same for one id and spreads evenly
// over ids: the id times the golden ratio in 64 bits, top 20 bits.
func spread(id int64, limit time.Duration) time.Duration {
	const golden, parts = 0x9E3779B97F4A7C15, 1 << 20
	part := time.Duration(uint64(id) * golden >> 44)
	return limit/parts*part + limit%parts*part/parts
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
