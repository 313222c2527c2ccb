package influencer

// activity answers whether the person has posted within the window, over all
// accounts, on platforms with a requirement or without.
//
// One account that shows a post within the window is enough, whatever its state.
// Inactive is proven only when every account in state ok proves it, and at least
// one account is in that state: of one that is private or gone nobody can say
// that it is silent.
func (j *judge) activity() Answer {
	answer := Unknown
	silent, open := 0, 0
	for i := range j.e.Accounts {
		r := j.shown(i)
		if r != nil && j.active(r) {
			return Yes
		}
		if j.e.Accounts[i].State == StateOK {
			open++
			if r != nil && j.silent(r) {
				silent++
			}
		}
	}
	if open > 0 && silent == open {
		answer = No
	}
	if answer == Unknown && j.p.Activity.Unknown == Accept {
		return Yes
	}
	return answer
}

// shown is the newest good reading of account i, nil when that proves nothing.
func (j *judge) shown(i int) *Reading {
	readings := j.e.Accounts[i].Readings
	for n := range readings {
		r := &readings[n]
		if r.Suspect {
			continue
		}
		j.use(i, n+1)
		if j.stale(r) || j.future(r.LastSeenAt) {
			return nil
		}
		return r
	}
	return nil
}

func (j *judge) active(r *Reading) bool {
	return !r.LastActiveAt.IsZero() && !j.future(r.LastActiveAt) && j.now.Sub(r.LastActiveAt) <= j.p.Activity.Within
}

// silent tells whether the reading proves that the account was out of the window
// when it was read: it knows nothing of posts made since. So a platform that is
// out of reach for longer than the window makes nobody inactive. An account
// without any post is silent.
func (j *judge) silent(r *Reading) bool {
	if r.LastActiveAt.IsZero() {
		return r.Posts != nil && *r.Posts == 0
	}
	return r.LastSeenAt.Sub(r.LastActiveAt) > j.p.Activity.Within
}
