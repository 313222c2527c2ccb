package simulator

// Mix says which share of the accounts, each from 0 to 1, is out of the
// ordinary. The zero value makes everybody ordinary and posting. The shares
// of one platform's states are drawn together, so their sum must stay below 1.
type Mix struct {
	// Protected is the share of X accounts that hide their posts: the counts
	// stay visible, the newest post does not.
	Protected float64
	// Suspended, Deleted, Renamed and TakenOver happen on every platform. Half
	// of them have happened at Start, the rest within the first 60 simulated
	// days. Half of the suspended come back after 5 to 40 simulated days. A
	// renamed account keeps its id and answers to a new handle; one taken
	// over was renamed too, and its old handle now answers with a stranger's id.
	Suspended, Deleted, Renamed, TakenOver float64
	// Personal is the share of Instagram accounts that are not professional,
	// which business discovery cannot read.
	Personal float64
	// NoFriendsPermission and NoPostsPermission are the shares of Facebook
	// tokens without user_friends and user_posts.
	NoFriendsPermission, NoPostsPermission float64
	// DeadToken is the share of people whose Facebook token is refused with
	// code 190: half from Start on, the rest later.
	DeadToken float64
	// NeverPosted accounts have no post. Dormant ones posted last between 31
	// and 400 days before Start, and half of those post again within 60
	// simulated days. Fading ones posted last 30 days ago, give or take a
	// little, and pass the 30-day mark within 60 simulated days. All others
	// post every few hours or days.
	NeverPosted, Dormant, Fading float64
}

// DefaultMix returns the mix of the rehearsal, in which most things go well.
func DefaultMix() Mix {
	return Mix{
		Protected: 0.03, Suspended: 0.015, Deleted: 0.015, Renamed: 0.01, TakenOver: 0.004,
		Personal: 0.06, NoFriendsPermission: 0.05, NoPostsPermission: 0.05, DeadToken: 0.02,
		NeverPosted: 0.02, Dormant: 0.08, Fading: 0.02,
	}
}

// State is what has become of an account at one time.
type State string

// The states of an account.
const (
	Ordinary  State = "ordinary"
	Protected State = "protected"
	Suspended State = "suspended"
	Deleted   State = "deleted"
	Renamed   State = "renamed"
	TakenOver State = "taken_over"
	Personal  State = "personal"
)

// onsetSpan is the number of simulated days before and after Start over which
// what befalls an account is spread.
const onsetSpan = 60

// onset returns the simulated day on which an account's fate arrives.
func (p *Population) onset(pf Platform, index int) float64 {
	return (fine(p.on(pf, saltOnset, index))*2 - 1) * onsetSpan
}

// state returns what has become of an account on a simulated day.
func (p *Population) state(pf Platform, index int, day float64) State {
	s := p.fate(pf, fine(p.on(pf, saltState, index)))
	if s == Ordinary || s == Protected || s == Personal {
		return s
	}
	since := day - p.onset(pf, index)
	if since < 0 {
		return Ordinary
	}
	h := p.on(pf, saltOnset, index)
	if s == Suspended && h&1 == 0 && since > 5+35*unit(h, 1) {
		return Ordinary
	}
	return s
}

// fate picks the state that an account is in for, by its draw u from [0,1).
func (p *Population) fate(pf Platform, u float64) State {
	m := &p.mix
	shares := [...]struct {
		state State
		share float64
	}{
		{Suspended, m.Suspended}, {Deleted, m.Deleted}, {Renamed, m.Renamed}, {TakenOver, m.TakenOver},
		{Protected, onlyOn(pf, X, m.Protected)}, {Personal, onlyOn(pf, Instagram, m.Personal)},
	}
	for _, s := range shares {
		if u < s.share {
			return s.state
		}
		u -= s.share
	}
	return Ordinary
}

func onlyOn(pf, want Platform, share float64) float64 {
	if pf == want {
		return share
	}
	return 0
}
