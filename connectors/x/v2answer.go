package x

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// v2Body is an answer with status 200. Beside data there may be errors, or
// errors alone (HunterLarco/twitter-v2 issue 26): both are normal.
type v2Body struct {
	Data     json.RawMessage                                 `json:"data"`
	Errors   connectors.Record[[]connectors.Record[v2Error]] `json:"errors"`
	Includes connectors.Record[v2Includes]                   `json:"includes"`
}

// v2User is a user in both generations of names, up to OpenAPI 2.166 and since.
type v2User struct {
	ID        connectors.Text              `json:"id"`
	Username  connectors.Text              `json:"username"`
	Protected connectors.Flag              `json:"protected"`
	Metrics   connectors.Record[v2Metrics] `json:"public_metrics"`
	LastTweet connectors.Text              `json:"most_recent_tweet_id"`
	LastPost  connectors.Text              `json:"most_recent_post_id"`
}

type v2Metrics struct {
	Followers connectors.Count `json:"followers_count"`
	Following connectors.Count `json:"following_count"`
	Tweets    connectors.Count `json:"tweet_count"`
	Posts     connectors.Count `json:"post_count"`
}

// v2Includes holds expanded posts under either name.
type v2Includes struct {
	Tweets []v2Post `json:"tweets"`
	Posts  []v2Post `json:"posts"`
}

type v2Post struct {
	ID        connectors.Text              `json:"id"`
	CreatedAt connectors.Record[time.Time] `json:"created_at"`
}

// file puts one answer on the sheet.
func (c *V2) file(s *connectors.Sheet, v v2Call, ans *connectors.Answer) error {
	var body v2Body
	if json.Unmarshal(ans.Body, &body) != nil || body.Data == nil && !body.Errors.OK {
		return connectors.Failf(influencer.Malformed, "200", "neither users nor errors in the answer")
	}
	var rows []connectors.Record[v2User]
	if body.Data != nil && json.Unmarshal(body.Data, &rows) != nil {
		return connectors.Failf(influencer.Malformed, "200", "data is not a list of users")
	}
	problems := newV2Problems(body.Errors.V, v)
	posted := body.posted()
	for _, r := range rows {
		if r.OK {
			s.Answer(v.keyOf(r.V), c.observe(r.V, problems, posted))
		}
	}
	for _, key := range s.Silent() {
		if f := problems.absent(key); f != nil {
			s.Fail(key, f)
		}
	}
	return nil
}

func (v v2Call) keyOf(u v2User) string {
	if v.byID {
		return string(u.ID)
	}
	return string(u.Username)
}

// observe reads one user. Without the number of followers there is no reading,
// and why is sought among the errors about the user's fields.
func (c *V2) observe(u v2User, problems v2Problems, posted map[connectors.Text]time.Time) influencer.Observation {
	o := influencer.Observation{ExternalID: string(u.ID), Handle: string(u.Username), Private: bool(u.Protected)}
	followers, f := u.Metrics.V.Followers.Need("public_metrics.followers_count")
	switch {
	case !idForm.MatchString(o.ExternalID):
		o.ExternalID, f = "", connectors.Failf(influencer.Malformed, "", "the user has no id")
	case f != nil && followers == nil && !u.Metrics.V.Followers.Bad:
		f = problems.field(u, f)
	}
	if f != nil {
		o.Failure = f
		return o
	}
	o.Counts = influencer.Counts{Followers: followers, Following: u.Metrics.V.Following.N, Posts: u.Metrics.V.Tweets.N,
		LastActiveAt: u.lastActive(posted, c.app.now())}
	if o.Counts.Posts == nil {
		o.Counts.Posts = u.Metrics.V.Posts.N
	}
	return o
}

// lastActive is when the newest post was made: as an expanded post says, or from
// its id. No id means protected, never posted or not told, so that the time is
// unknown.
func (u v2User) lastActive(posted map[connectors.Text]time.Time, now time.Time) time.Time {
	id := u.LastPost
	if id == "" {
		id = u.LastTweet
	}
	if at, ok := posted[id]; ok {
		return connectors.Activity(at, now)
	}
	return connectors.Activity(snowflakeTime(string(id)), now)
}

// posted maps expanded posts to their times, where the answer tells them.
func (b v2Body) posted() map[connectors.Text]time.Time {
	out := map[connectors.Text]time.Time{}
	for _, list := range [][]v2Post{b.Includes.V.Tweets, b.Includes.V.Posts} {
		for _, p := range list {
			if p.CreatedAt.OK {
				out[p.ID] = p.CreatedAt.V
			}
		}
	}
	return out
}

// v2Error is one partial error.
type v2Error struct {
	Value      connectors.Text `json:"value"`
	ResourceID connectors.Text `json:"resource_id"`
	Parameter  connectors.Text `json:"parameter"`
	Title      connectors.Text `json:"title"`
	Detail     connectors.Text `json:"detail"`
	Type       connectors.Text `json:"type"`
	Field      connectors.Text `json:"field"`
}

// v2Problems finds the partial errors of one answer by what they are about.
type v2Problems struct {
	items  map[string]v2Error // by asked item, in small letters
	fields map[string]v2Error // by user id or item, in small letters
}

// newV2Problems files errors. One about an item echoes it as value and, for names
// too, as resource_id; one about a field has the user's id in resource_id.
func newV2Problems(list []connectors.Record[v2Error], v v2Call) v2Problems {
	out := v2Problems{items: map[string]v2Error{}, fields: map[string]v2Error{}}
	for _, r := range list {
		e := r.V
		for _, about := range []connectors.Text{e.Value, e.ResourceID} {
			if about == "" {
				continue
			}
			key := strings.ToLower(string(about))
			if e.aboutField() {
				out.fields[key] = e
			} else if e.Parameter == "" || string(e.Parameter) == v.list {
				out.items[key] = e
			}
		}
	}
	return out
}

func (e v2Error) aboutField() bool {
	switch kind(e.Type) {
	case "field-hydration-failure", "field-unauthorized", "not-authorized-for-field":
		return true
	}
	return e.Field != ""
}

// absent says why an item has no user, nil when X passed over it in silence.
// Missing and suspended share one type: only title and detail tell them apart.
func (p v2Problems) absent(key string) *influencer.Failure {
	low := strings.ToLower(key)
	e, ok := p.items[low]
	if !ok {
		if e, ok = p.fields[low]; !ok {
			return nil
		}
	}
	f := connectors.Failf(e.kind(), kind(e.Type), "%s", connectors.Scrub(string(e.Title+": "+e.Detail)))
	return f
}

func (e v2Error) kind() influencer.FailureKind {
	switch k := kind(e.Type); {
	case k == "resource-not-found" && e.Title == "Not Found Error":
		return influencer.Gone
	case strings.HasPrefix(string(e.Detail), "User has been suspended"):
		return influencer.Suspended
	case k == "not-authorized-for-resource":
		return influencer.Private
	case k == "disallowed-resource", k == "invalid-request":
		return influencer.Unreadable
	}
	return influencer.Unavailable
}

// field says why a user came without counts.
func (p v2Problems) field(u v2User, missing *influencer.Failure) *influencer.Failure {
	for _, about := range []connectors.Text{u.ID, u.Username} {
		e, ok := p.fields[strings.ToLower(string(about))]
		if !ok {
			continue
		}
		k := influencer.Unavailable
		if bool(u.Protected) && strings.Contains(kind(e.Type), "authorized") {
			k = influencer.Private
		}
		return connectors.Failf(k, kind(e.Type), "%s", connectors.Scrub(string(e.Title+": "+e.Detail)))
	}
	return missing
}
