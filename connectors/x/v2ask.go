package x

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// v2Call is where one group's calls go.
type v2Call struct {
	endpoint string // the path below /2/
	list     string // the parameter that holds the items
	byID     bool
	purpose  influencer.Purpose
}

func (g group) v2(p influencer.Purpose) v2Call {
	if g.byID {
		return v2Call{endpoint: "users", list: "ids", byID: true, purpose: p}
	}
	return v2Call{endpoint: "users/by", list: "usernames", purpose: p}
}

// renamesMost bounds how often one call is repeated because X named what it
// refuses: two spellings, and a few items named one by one.
const renamesMost = 6

// ask makes one call and files its answers. A 400 that names the optional field
// is asked again in another spelling; one that names items is asked again without
// them; any other is left to [connectors.Divide].
func (c *V2) ask(ctx context.Context, s *connectors.Sheet, v v2Call, keys []string) error {
	var refusalErr error
	for range renamesMost {
		used := c.fields.load()
		ans, err := c.call(ctx, v, used.fields, keys)
		if err == nil {
			c.fields.works(used)
			return c.file(s, v, ans)
		}
		if ans == nil || ans.Status != http.StatusBadRequest || !isKind(err, influencer.Malformed) {
			return err
		}
		refusalErr = errors.Join(err, connectors.ErrPoison)
		rest, again := c.after400(s, v, used, readProblem(ans.Body), keys)
		if len(rest) == 0 {
			return nil
		}
		if !again {
			return refusalErr
		}
		keys = rest
	}
	return refusalErr
}

func (c *V2) call(ctx context.Context, v v2Call, f Fields, keys []string) (*connectors.Answer, error) {
	q := f.query()
	q.Set(v.list, strings.Join(keys, ","))
	return c.app.do(ctx, connectors.Call{
		Ask: c.app.ask(v.endpoint, v.purpose, len(keys)), URL: c.app.base + "/2/" + v.endpoint, Query: q,
	})
}

// after400 decides what to ask after a 400, and whether to ask it at once. A
// refusal that names nothing may still mean the spelling while no call with it
// has succeeded.
func (c *V2) after400(s *connectors.Sheet, v v2Call, used *spelt, p problem, keys []string) (rest []string, again bool) {
	switch used.fields.refused(p, v.list) {
	case refusedFields:
		return keys, c.fields.refused(used)
	case refusedItems:
		rest = slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return p.blames(k) })
		if len(rest) == 0 || len(rest) == len(keys) {
			return keys, false // everything or nothing was named: no help
		}
		c.failBlamed(s, keys, rest)
		return rest, true
	}
	return keys, !used.proven && c.fields.refused(used)
}

func (c *V2) failBlamed(s *connectors.Sheet, keys, rest []string) {
	for _, k := range keys {
		if !slices.Contains(rest, k) {
			s.Fail(k, connectors.Failf(influencer.Unreadable, "400", "X refuses to look this account up: not valid"))
		}
	}
}

// blames tells whether a 400 names the item.
func (p problem) blames(item string) bool {
	for _, n := range p.named() {
		for v := range strings.SplitSeq(n.value, ",") {
			if strings.EqualFold(v, item) {
				return true
			}
		}
	}
	return false
}
