package store

import (
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// dayTotal is what a count says of one agency on one platform. A sum is of the
// accounts that were read recently enough; nil where none of them has the number.
type dayTotal struct {
	agency             string
	platform           influencer.Platform
	expected, read     int
	followers, friends *int64
}

// days are the accounts of a count without their states.
func (t totals) days() []dayTotal {
	type key struct {
		agency   string
		platform influencer.Platform
	}
	at := map[key]int{}
	var out []dayTotal
	for _, a := range t.accounts {
		k := key{a.agency, a.platform}
		if _, found := at[k]; !found {
			at[k], out = len(out), append(out, dayTotal{agency: a.agency, platform: a.platform})
		}
		d := &out[at[k]]
		d.expected, d.read = d.expected+a.Expected, d.read+a.Read
		d.followers, d.friends = plus(d.followers, a.followers), plus(d.friends, a.friends)
	}
	return out
}

// plus adds two sums, of which an unknown one has no part.
func plus(a, b *int64) *int64 {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	n := *a + *b
	return &n
}

// keepDay writes a count over the one before of the same day in WIB, so that the
// last count of a day stays.
func (t totals) keepDay(tx *gorm.DB) error {
	day := (t.at.UnixMicro() + (7 * time.Hour).Microseconds()) / (24 * time.Hour).Microseconds()
	if err := tx.Exec("DELETE FROM totals_days WHERE day = ?", day).Error; err != nil {
		return err
	}
	rows := t.days()
	type dt = dayTotal
	c := changes{tx: tx}
	c.add("totals of the day", len(rows), `INSERT INTO totals_days (agency, platform, day, counted_at, expected, read, followers, friends)
		SELECT agency, platform, CAST(? AS int), CAST(? AS bigint), expected, read, followers, friends FROM ?`, day, t.at.UnixMicro(),
		new(rowSet).texts("agency", pick(rows, func(d *dt) string { return d.agency })).
			texts("platform", pick(rows, func(d *dt) string { return string(d.platform) })).
			ints("expected", pick(rows, func(d *dt) int64 { return int64(d.expected) })).
			ints("read", pick(rows, func(d *dt) int64 { return int64(d.read) })).
			nullInts("followers", pick(rows, func(d *dt) *int64 { return d.followers })).
			nullInts("friends", pick(rows, func(d *dt) *int64 { return d.friends })).as(tx, "t"))
	return c.run()
}
