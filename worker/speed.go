package worker

import "time"

// speed is how many times faster than the wall's an injected clock runs, as in a
// demo that shows a day in a minute. Times in the database are the clock's; what
// a process waits for is the wall's.
type speed float64

// data is how far the clock gets while the wall advances by d.
func (s speed) data(d time.Duration) time.Duration { return time.Duration(float64(d) * s.factor()) }

// wall is how long the clock takes to advance by d.
func (s speed) wall(d time.Duration) time.Duration { return time.Duration(float64(d) / s.factor()) }

func (s speed) factor() float64 {
	if s <= 0 {
		return 1
	}
	return float64(s)
}
