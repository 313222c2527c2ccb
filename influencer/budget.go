package influencer

import "time"

// Usage is a number of account reads that a platform bills, or would bill if they
// had a price.
type Usage struct {
	Platform Platform
	Day      time.Time // when the UTC day began
	Purpose  Purpose
	Reads    int64
}

// Budget is how a platform's reads of a month stand.
type Budget struct {
	Platform Platform
	Month    time.Time // when the month began, UTC
	Used     int64     // reads billed since
	Cap      *int64    // reads a month at most; nil is none
	Forecast int64     // reads until the month's end if nothing held them back, Used included
}

// MonthOf is when the UTC month of t began. Platforms bill by UTC: X says that its
// days end at 00:00 UTC (docs.x.com, getting-started/pricing).
func MonthOf(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// DayOf is when the UTC day of t began.
func DayOf(t time.Time) time.Time { return t.UTC().Truncate(day) }

// Spent tells whether the cap lets no more reads through.
func (b Budget) Spent() bool { return b.Cap != nil && b.Used >= *b.Cap }

// NextMonth is when the month ends.
func (b Budget) NextMonth() time.Time { return b.Month.AddDate(0, 1, 0) }

// Failure says that the cap holds reads back, and until when.
func (b Budget) Failure() *Failure {
	f := Failure{Kind: BudgetSpent, Until: b.NextMonth(), NotCalled: true}
	if b.Cap != nil {
		f.Detail = "the cap of " + English.Number(*b.Cap) + " account reads a month is used up"
	}
	return &f
}
