package facebook

import (
	"context"
	"net/url"
	"slices"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

// ask makes one batch and files its answers; items refused for an optional field
// are asked again without it.
func (b *batch) ask(ctx context.Context, keys []string) error {
	used := b.c.fields.load()
	for len(keys) > 0 {
		asked, results, err := b.do(ctx, keys, used)
		if err != nil || len(asked) == 0 {
			return err
		}
		if f := whole(results, used); f != nil {
			return f
		}
		var more refused
		keys, more = b.file(used, asked, results)
		used |= more | b.c.fields.load()
	}
	return nil
}

// fallbackMost bounds how many people's tokens are tried as the token of the
// batch, which Graph demands even where every item has its own.
const fallbackMost = 3

// do makes the batch call. Where a person's token has to carry the batch and is
// dead, the batch is refused: that person's account has failed, and the next
// token is tried. It returns the keys that the results belong to.
func (b *batch) do(ctx context.Context, keys []string, used refused) ([]string, []graph.Result, error) {
	var err error
	for range fallbackMost {
		if len(keys) == 0 {
			return nil, nil, nil
		}
		token, persons := b.carrier(keys)
		var results []graph.Result
		results, err = b.c.api.Do(ctx, b.leave(), token, b.items(keys, used))
		f := connectors.AsFailure(err)
		if f == nil || !persons || f.Kind != influencer.CredentialDead {
			return keys, results, err
		}
		b.sheet.Fail(keys[0], f)
		keys = slices.Clone(keys[1:])
	}
	return nil, nil, connectors.Failf(influencer.Unavailable, connectors.AsFailure(err).Code,
		"no living token was found to carry the batch; an app id and secret would carry it")
}

func (b *batch) leave() connectors.Ask { return connectors.Ask{Key: b.c.gateKey(), Purpose: b.purpose} }

// carrier returns the token of the batch, and whether it is that of the first key.
func (b *batch) carrier(keys []string) (token influencer.Secret, persons bool) {
	if b.c.o.AppID != "" && b.c.o.AppSecret != "" {
		return influencer.Secret(b.c.o.AppID + "|" + b.c.o.AppSecret.Reveal()), false
	}
	return b.targets[keys[0]].Token, true
}

func (b *batch) items(keys []string, used refused) []graph.Item {
	out := make([]graph.Item, len(keys))
	for i, k := range keys {
		out[i] = graph.Item{Path: "me", Query: url.Values{"fields": {used.fields()}}, Token: b.targets[k].Token}
	}
	return out
}

// whole returns a failure that is the app's and met everyone: its rate limit, its
// secret, its permissions. One person alone may have been refused as a person.
func whole(results []graph.Result, used refused) *influencer.Failure {
	var first *influencer.Failure
	for _, r := range results {
		if r.Failure == nil || !ofTheApp(r, len(results)) {
			return nil
		}
		if bit, _ := used.about(r.Error); bit != 0 {
			return nil
		}
		if first == nil {
			first = r.Failure
		}
	}
	return first
}

func ofTheApp(r graph.Result, n int) bool {
	switch r.Failure.Kind {
	case influencer.RateLimited:
		return !r.Error.OfOneToken() || n > 1
	case influencer.Forbidden:
		return r.Error.Code == 100 || permission(r.Error.Code) && n > 1
	}
	return false
}
