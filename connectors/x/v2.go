package x

import (
	"context"
	"regexp"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

const (
	batchSize = 100 // users in one call, of v2 and of v1.1
	sourceV2  = "x/v2"
)

// The forms of what may be asked (OpenAPI 2.167, UserId and Username). X refuses
// a whole call for one item of another form.
var (
	idForm   = regexp.MustCompile(`^[0-9]{1,19}$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9_]{1,15}$`)
)

// V2 reads X through API v2: GET /2/users?ids= and GET /2/users/by?usernames=.
// X bills every user it returns, once per UTC day (docs.x.com,
// getting-started/pricing); failed calls and unknown users are free.
type V2 struct {
	app    *app
	fields *spelling
}

// New returns a connector for API v2. It fails on options that cannot work; it
// calls nothing.
func New(o Options) (*V2, error) {
	a, err := o.app("https://api.x.com")
	if err != nil {
		return nil, err
	}
	return &V2{app: a, fields: newSpelling(o.Fields, o.FieldsLearned)}, nil
}

// Platform implements connectors.Connector.
func (c *V2) Platform() influencer.Platform { return influencer.X }

// Metric implements connectors.Connector.
func (c *V2) Metric() influencer.Metric { return influencer.Followers }

// BatchSize implements connectors.Connector.
func (c *V2) BatchSize() int { return batchSize }

// Asks implements connectors.Limited.
func (c *V2) Asks() []connectors.Ask {
	return []connectors.Ask{c.app.ask("users", influencer.PurposePlanned, batchSize), c.app.ask("users/by", influencer.PurposePlanned, batchSize)}
}

// Read implements connectors.Connector. A protected account is read like any
// other: its counts are public, only its posts are not. A request of pinned and
// unpinned targets costs two calls.
func (c *V2) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	return readGroups(req, func(g group) ([]influencer.Observation, error) {
		s := connectors.NewSheet(sourceV2, g.targets, g.key)
		if len(s.Keys()) == 0 {
			return s.Close(nil)
		}
		err := connectors.Divide(ctx, s.Keys(), func(ctx context.Context, keys []string) error {
			return c.ask(ctx, s, g.v2(req.Purpose), keys)
		}, func(key string, refusal error, proven bool) { s.Fail(key, aloneRefused(refusal, proven)) })
		return s.Close(err)
	})
}

// aloneRefused types an item that X refuses by itself. Only where the others of
// its batch did well is the item known to be the reason.
func aloneRefused(refusal error, proven bool) *influencer.Failure {
	f := *connectors.AsFailure(refusal)
	if proven {
		f.Kind, f.Detail = influencer.Unreadable, "X refuses to look this account up: "+f.Detail
	}
	return &f
}

// group is a part of a request that one call can carry: all by id, or all by name.
type group struct {
	byID    bool
	targets []influencer.Target
}

// key returns what a target is asked by, or why it must not be asked: one item of
// a bad form loses the whole call.
func (g group) key(t influencer.Target) (string, *influencer.Failure) {
	if g.byID {
		if !idForm.MatchString(t.ExternalID) {
			return "", connectors.Failf(influencer.Unreadable, "", "the external id is not an X user id")
		}
		return t.ExternalID, nil
	}
	if !nameForm.MatchString(t.Handle) {
		return "", connectors.Failf(influencer.Unreadable, "",
			"the handle is not an X username: 1 to 15 letters, digits and underscores; older, longer names can be read by external id only")
	}
	return t.Handle, nil
}

// readGroups reads the pinned and the unpinned targets in their own calls. When
// the second part fails as a whole after the first was read, the first is kept.
func readGroups(req influencer.Request, read func(group) ([]influencer.Observation, error)) ([]influencer.Observation, error) {
	var byID, byName []influencer.Target
	for _, t := range req.Targets {
		if t.ExternalID != "" {
			byID = append(byID, t)
		} else {
			byName = append(byName, t)
		}
	}
	var parts []connectors.Part
	for _, g := range []group{{true, byID}, {false, byName}} {
		if len(g.targets) == 0 {
			continue
		}
		obs, err := read(g)
		parts = append(parts, connectors.Part{Targets: g.targets, Observations: obs, Err: err})
		if err != nil {
			break
		}
	}
	return connectors.Join(req.Targets, parts)
}
