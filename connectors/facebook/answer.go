package facebook

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

type person struct {
	ID      connectors.Text            `json:"id"`
	Friends connectors.Record[friends] `json:"friends"`
	Posts   connectors.Record[struct {
		Data []connectors.Record[struct {
			Created connectors.Text `json:"created_time"`
		}] `json:"data"`
	}] `json:"posts"`
	Permissions connectors.Record[struct {
		Data []connectors.Record[struct {
			Name   connectors.Text `json:"permission"`
			Status connectors.Text `json:"status"`
		}] `json:"data"`
	}] `json:"permissions"`
}

// friends has no data here: the list holds only those friends who use the same
// app, so that its length is never the number of friends
// (react-native-fbsdk issue 129).
type friends struct {
	Summary connectors.Record[struct {
		Total connectors.Count `json:"total_count"`
	}] `json:"summary"`
}

// granted tells whether the token has a permission; known is false when the answer
// does not tell.
func (p *person) granted(name connectors.Text) (yes, known bool) {
	for _, d := range p.Permissions.V.Data {
		if d.V.Name == name {
			return d.V.Status == "granted", true
		}
	}
	return false, p.Permissions.OK && len(p.Permissions.V.Data) > 0
}

// file puts the answers of one batch on the sheet and returns the keys to ask
// again, and without what.
func (b *batch) file(used refused, keys []string, results []graph.Result) (again []string, without refused) {
	people := make([]*person, len(results))
	for i, r := range results {
		people[i] = found(r)
	}
	owners, inOrder := b.owners(keys, people)
	anyGood := slices.ContainsFunc(people, func(p *person) bool { return p != nil })
	for i, r := range results {
		bit, everyone := used.about(r.Error)
		switch {
		case people[i] != nil && owners[i] != "":
			b.sheet.Answer(owners[i], people[i].observe(b.c.o.Now()))
		case people[i] != nil || !inOrder: // whose it is cannot be known
		case bit != 0:
			again, without = append(again, keys[i]), without|bit
			if everyone {
				b.c.fields.add(bit)
			}
		default:
			b.sheet.Fail(keys[i], failure(r, anyGood))
		}
	}
	return again, without
}

// owners finds whose each answer is: the target's at its place, also when the id
// is another than the pinned one, which is reported as it is. Where the list is
// out of order, only an answer with a pinned id of the batch can be placed.
func (b *batch) owners(keys []string, people []*person) (owners []string, inOrder bool) {
	place := map[string]int{} // of pinned ids
	for i, k := range keys {
		if id := b.targets[k].ExternalID; id != "" {
			place[id] = i
		}
	}
	owners, inOrder = make([]string, len(people)), true
	for i, p := range people {
		if p == nil {
			continue
		}
		at, ok := place[string(p.ID)]
		if ok {
			owners[i] = keys[at]
		}
		inOrder = inOrder && !(ok && misplaced(b.targets[keys[i]], p, people[at]))
	}
	if inOrder {
		copy(owners, keys)
	}
	return owners, inOrder
}

// misplaced tells that an answer with another target's pinned id stands where it
// should not: that target's own place holds somebody else. Where it holds the same
// person, the list is in order and one person's token was filed under two.
func misplaced(here influencer.Target, p, there *person) bool {
	return here.ExternalID != string(p.ID) && (there == nil || there.ID != p.ID)
}

func found(r graph.Result) *person {
	p := new(person)
	if r.Failure != nil || json.Unmarshal(r.Body, p) != nil {
		return nil
	}
	return p
}

// failure types an item without a person. A permission that the app lacks and one
// that the person withdrew share their codes: only beside a person whose token was
// good is it known to be the latter.
func failure(r graph.Result, othersGood bool) *influencer.Failure {
	if r.Failure == nil {
		return connectors.Failf(influencer.Malformed, "", "the answer holds no person")
	}
	f := *r.Failure
	if f.Kind == influencer.Forbidden {
		f.Kind = influencer.Unavailable
		if othersGood && permission(r.Error.Code) {
			f.Kind = influencer.NeedsConsent
		}
	}
	return &f
}

func permission(code int) bool { return code == 10 || code >= 200 && code <= 299 }

// observe reads one person. Without a summary there is no total: an empty list is
// how Graph answers a token without user_friends, and no error comes with it
// (restfb issue 280).
func (p *person) observe(now time.Time) influencer.Observation {
	o := influencer.Observation{ExternalID: string(p.ID)}
	total, f := p.total()
	if o.ExternalID == "" {
		f = connectors.Failf(influencer.Malformed, "", "the person has no id")
	}
	if f != nil {
		o.Failure = f
		return o
	}
	o.Counts = influencer.Counts{Friends: total, LastActiveAt: p.lastPost(now)}
	return o
}

func (p *person) total() (*int64, *influencer.Failure) {
	if !p.Friends.V.Summary.OK {
		if yes, known := p.granted("user_friends"); yes && known {
			return nil, connectors.Failf(influencer.Malformed, "", "user_friends is granted, yet there is no total of friends")
		}
		return nil, connectors.Failf(influencer.NeedsConsent, "", "the token does not show the total of friends: user_friends is not granted")
	}
	return p.Friends.V.Summary.V.Total.Need("friends.summary.total_count")
}

// lastPost is zero where there is none or user_posts is withheld, which look alike.
func (p *person) lastPost(now time.Time) time.Time {
	var newest time.Time
	for _, d := range p.Posts.V.Data {
		if at := graph.Time(string(d.V.Created), now); at.After(newest) {
			newest = at
		}
	}
	return newest
}
