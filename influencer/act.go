package influencer

import "time"

// Action is an admin's act on one person. Who, why and on what legal basis is
// kept with the decision.
type Action struct {
	Kind  Condition // OnSuspend, OnReinstate, OnBlock, OnUnblock or OnApprove
	Until time.Time // end of a suspension; zero means open
}
