package connectors

import "github.com/pengikut/pengikut/influencer"

// Part is what became of some targets of a request.
type Part struct {
	Targets      []influencer.Target
	Observations []influencer.Observation
	Err          error // a failure of this part as a whole
}

// Join puts the parts of a request together. A first part that failed as a whole
// fails the request. A later one, or one that was not reached, leaves a passing
// failure on its targets, because what the others read was paid for.
func Join(targets []influencer.Target, parts []Part) ([]influencer.Observation, error) {
	said := make(map[int64]influencer.Observation, len(targets))
	var whole *influencer.Failure
	for _, p := range parts {
		if p.Err != nil {
			whole = AsFailure(p.Err)
		}
		for _, o := range p.Observations {
			said[o.AccountID] = o
		}
	}
	if len(said) == 0 && whole != nil {
		return nil, whole
	}
	out := make([]influencer.Observation, len(targets))
	for i, t := range targets {
		o, ok := said[t.AccountID]
		if !ok {
			f := *perAccount(whole)
			o = influencer.Observation{AccountID: t.AccountID, Failure: &f}
		}
		out[i] = o
	}
	return out, nil
}
