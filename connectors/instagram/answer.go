package instagram

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

type body struct {
	Found connectors.Record[account] `json:"business_discovery"`
}

type account struct {
	ID        connectors.Text          `json:"id"`
	Username  connectors.Text          `json:"username"`
	Followers connectors.Count         `json:"followers_count"`
	Posts     connectors.Count         `json:"media_count"`
	Media     connectors.Record[media] `json:"media"`
}

type media struct {
	Data []connectors.Record[struct {
		Timestamp connectors.Text `json:"timestamp"`
	}] `json:"data"`
}

// whole returns the failure that says something of the call and not of accounts:
// one token asks about all of them, so that its death is everyone's; what only
// some items met is theirs.
func whole(results []graph.Result) *influencer.Failure {
	var first *influencer.Failure
	good := 0
	for _, r := range results {
		switch {
		case r.Failure == nil:
			good++
		case r.Failure.Kind == influencer.CredentialDead:
			return r.Failure
		case first == nil && ofTheCall(r):
			f := *r.Failure
			if f.Kind != influencer.RateLimited {
				f.Kind = influencer.Forbidden
			}
			first = &f
		}
	}
	if good > 0 {
		return nil
	}
	return first
}

// ofTheCall tells refusals that no username can cause: throttles, permissions of
// the app, and our own account missing (100/33) or not being a professional one.
func ofTheCall(r graph.Result) bool {
	return r.Failure.Kind == influencer.RateLimited ||
		r.Failure.Kind == influencer.Forbidden && dropped(0).refused(r.Error) == 0 ||
		r.Error.Code == 100 && r.Error.Subcode == 33 ||
		r.Error.MissingField() == "business_discovery"
}

// file puts the answers of one batch on the sheet, and returns the keys to ask
// again without an optional field. The answers are joined by the username they
// hold; one without, an error, is joined by its place in the list, unless the
// others show that the list is out of order.
func (c *Connector) file(s *connectors.Sheet, used dropped, keys []string, results []graph.Result) (again []string) {
	accounts := make([]*account, len(results))
	inOrder, good := true, 0
	for i, r := range results {
		accounts[i] = found(r)
		if a := accounts[i]; a != nil {
			good++
			inOrder = inOrder && (a.Username == "" || strings.EqualFold(string(a.Username), keys[i]))
		}
	}
	for i, r := range results {
		a := accounts[i]
		switch {
		case a != nil && a.Username != "":
			s.Answer(string(a.Username), a.observe(c.o.Now()))
		case !inOrder: // whose it is cannot be known
		case a != nil:
			s.Answer(keys[i], a.observe(c.o.Now()))
		case used.refused(r.Error) != 0:
			c.fields.drop(used.refused(r.Error))
			again = append(again, keys[i])
		default:
			s.Fail(keys[i], failure(r, good > 0))
		}
	}
	return again
}

func found(r graph.Result) *account {
	var b body
	if r.Failure != nil || json.Unmarshal(r.Body, &b) != nil || !b.Found.OK {
		return nil
	}
	return &b.Found.V
}

// failure types an item without an account.
func failure(r graph.Result, othersGood bool) *influencer.Failure {
	if r.Failure == nil {
		return connectors.Failf(influencer.Malformed, "", "the answer holds no account")
	}
	f := *r.Failure
	switch {
	case r.Error.Code == 110:
		f.Detail = "Instagram shows no professional account of this name: it is personal, age-gated, renamed or gone, which Instagram does not tell apart"
	case f.Kind == influencer.Malformed && r.Error.Code == 100 && r.Error.MissingField() == "" && othersGood:
		f.Kind, f.Detail = influencer.Unreadable, "Instagram refuses to look this account up: "+f.Detail
	case f.Kind == influencer.Forbidden:
		f.Kind = influencer.Unavailable
	}
	return &f
}

func (a *account) observe(now time.Time) influencer.Observation {
	o := influencer.Observation{ExternalID: string(a.ID), Handle: string(a.Username)}
	followers, f := a.Followers.Need("followers_count")
	if !userIDForm.MatchString(o.ExternalID) {
		o.ExternalID, f = "", connectors.Failf(influencer.Malformed, "", "the account has no id")
	}
	if f != nil {
		o.Failure = f
		return o
	}
	o.Counts = influencer.Counts{Followers: followers, Posts: a.Posts.N}
	for _, m := range a.Media.V.Data {
		if at := graph.Time(string(m.V.Timestamp), now); at.After(o.Counts.LastActiveAt) {
			o.Counts.LastActiveAt = at
		}
	}
	return o
}
