package influencer

import "time"

// activity answers whether the person has posted within the window, over all
// accounts, on platforms with a requirement or without.
//
// One account that shows a post within the window is enough, whatever its state.
// Inactive is proven only when every account in state ok tells of its newest
// post, or has none, and at least one account is in that state: of one that is
// private or gone nobody can say that it is silent. And it is proven for the
// moment of the oldest of those readings, which know nothing of posts made since:
// at that moment no account may have had a post within the window. So platforms
// out of reach for longer than the window make nobody inactive.
func (j *judge) activity() Answer {
	var newestPost, oldestRead time.Time
	open, telling := 0, 0
	for i := range j.e.Accounts {
		r := j.shown(i)
		if r != nil {
			newestPost = latest(newestPost, r.LastActiveAt)
		}
		fresh := r != nil && !j.stale(r) && !j.future(r.LastSeenAt)
		if fresh && j.active(r) {
			return Yes
		}
		if j.e.Accounts[i].State != StateOK {
			continue
		}
		open++
		if fresh && r.tellsPosts() {
			telling++
			if oldestRead.IsZero() || r.LastSeenAt.Before(oldestRead) {
				oldestRead = r.LastSeenAt
			}
		}
	}
	switch {
	case open > 0 && telling == open && oldestRead.Sub(newestPost) > j.p.Activity.Within:
		return No
	case j.p.Activity.Unknown == Accept:
		return Yes
	default:
		return Unknown
	}
}

// shown is the newest good reading of account i, nil when there is none.
func (j *judge) shown(i int) *Reading {
	readings := j.e.Accounts[i].Readings
	for n := range readings {
		if !readings[n].Suspect {
			j.use(i, n+1)
			return &readings[n]
		}
	}
	return nil
}

func (j *judge) active(r *Reading) bool {
	return !r.LastActiveAt.IsZero() && !j.future(r.LastActiveAt) && j.now.Sub(r.LastActiveAt) <= j.p.Activity.Within
}

// tellsPosts tells whether the newest post's time is known, or that there is no
// post at all.
func (r *Reading) tellsPosts() bool {
	return !r.LastActiveAt.IsZero() || r.Posts != nil && *r.Posts == 0
}
