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
