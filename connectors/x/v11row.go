package x

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// v11Row is one user twice: as go-twitter decoded it, where unknown is 0, and the
// parts that matter as they came.
type v11Row struct {
	user  twitter.User
	raw   v11Raw
	fault *influencer.Failure // why go-twitter's decoding cannot be believed
}

type v11Raw struct {
	ID        connectors.Text  `json:"id"`
	IDStr     connectors.Text  `json:"id_str"`
	Name      connectors.Text  `json:"screen_name"`
	Followers connectors.Count `json:"followers_count"`
	Friends   connectors.Count `json:"friends_count"`
	Statuses  connectors.Count `json:"statuses_count"`
}

// newV11Rows pairs users with their records in the body. After a decoding error
// go-twitter still returns every user, the odd ones with zeros: each record is
// then decoded by itself, and one that fails is not believed.
func newV11Rows(body []byte, users []twitter.User, decodeErr error) ([]v11Row, *influencer.Failure) {
	var records []json.RawMessage
	if json.Unmarshal(body, &records) != nil || records == nil {
		return nil, connectors.Failf(influencer.Malformed, "200", "the answer is not a list of users")
	}
	suspect := decodeErr != nil || len(users) != len(records)
	var out []v11Row
	for i, record := range records {
		var r v11Row
		if json.Unmarshal(record, &r.raw) != nil || r.id() == "" && r.raw.Name == "" {
			continue // no user, or nobody's
		}
		if !suspect {
			r.user = users[i]
		} else if json.Unmarshal(record, &r.user) != nil {
			r.fault = connectors.Failf(influencer.Malformed, "", "a field has the wrong type")
		}
		out = append(out, r)
	}
	return out, nil
}

func (r v11Row) id() string {
	if r.raw.IDStr != "" {
		return string(r.raw.IDStr)
	}
	return string(r.raw.ID)
}

func (r v11Row) key(byID bool) string {
	if byID {
		return r.id()
	}
	return string(r.raw.Name)
}

func (r v11Row) answers(key string, byID bool) bool { return strings.EqualFold(r.key(byID), key) }

// observe believes go-twitter's number of followers where the body holds it too.
func (r v11Row) observe(now time.Time) influencer.Observation {
	o := influencer.Observation{ExternalID: r.id(), Handle: string(r.raw.Name), Private: r.user.Protected}
	followers, f := r.raw.Followers.Need("followers_count")
	switch {
	case !idForm.MatchString(o.ExternalID):
		o.ExternalID, f = "", connectors.Failf(influencer.Malformed, "", "the user has no id")
	case f != nil:
	case r.fault != nil:
		f = r.fault
	case int64(r.user.FollowersCount) != *followers:
		f = connectors.Failf(influencer.Malformed, "", "followers_count was read in two ways")
	}
	if f != nil {
		o.Failure = f
		return o
	}
	o.Counts = influencer.Counts{Followers: followers, Following: r.raw.Friends.N, Posts: r.raw.Statuses.N}
	if r.user.Status != nil {
		at, err := r.user.Status.CreatedAtTime()
		if err == nil {
			o.Counts.LastActiveAt = connectors.Activity(at, now)
		}
	}
	return o
}
