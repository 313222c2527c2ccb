package x

import (
	"strconv"
	"time"
)

// snowflakeEpoch is the zero of X's ids in Unix milliseconds, 2010-11-04; an id's
// upper bits count milliseconds from it (twitter-archive/snowflake).
const snowflakeEpoch = 1288834974657

// firstSnowflake guards against ids from before: they are small, and would seem
// to date from the first moments after the epoch.
const firstSnowflake = 24 * int64(time.Hour/time.Millisecond) << 22

// snowflakeTime returns when the object with this id was made, the zero time
// when the id does not tell.
func snowflakeTime(id string) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < firstSnowflake {
		return time.Time{}
	}
	return time.UnixMilli(n>>22 + snowflakeEpoch).UTC()
}
