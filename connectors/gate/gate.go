// Package gate keeps the platforms' limits in Redis, so that all replicas of
// the service together stay within them. It is a [connectors.Gate].
//
// What is kept may be lost at any moment: an empty gate asks the platform once
// and learns from its answer before it lets a second call through.
package gate

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

//go:embed take.lua
var takeSource string

//go:embed learn.lua
var learnSource string

//go:embed lost.lua
var lostSource string

//go:embed room.lua
var roomSource string

// Options sets up a [Redis] gate.
type Options struct {
	Client redis.UniversalClient
	Now    func() time.Time // nil means time.Now
	// Reserve is the share of a limit, in percent, that planned reads leave for
	// manual ones. Zero means 5; below zero keeps none.
	Reserve int
	// Margin is added to every reset, since no two clocks agree. Zero means 1s.
	Margin time.Duration
	// Prefix of the keys. Empty means "pengikut:gate".
	Prefix string
}

// Redis is a gate that replicas share. Safe for concurrent use.
type Redis struct {
	o                       Options
	take, learn, lost, room *redis.Script
}

// New returns a gate. It does not call Redis.
func New(o Options) *Redis {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Reserve == 0 {
		o.Reserve = 5
	}
	if o.Margin <= 0 {
		o.Margin = time.Second
	}
	if o.Prefix == "" {
		o.Prefix = "pengikut:gate"
	}
	return &Redis{o: o, take: redis.NewScript(takeSource), learn: redis.NewScript(learnSource),
		lost: redis.NewScript(lostSource), room: redis.NewScript(roomSource)}
}

// keys names the endpoint's hash and the one for limits that hold for every
// endpoint of the credential. The braces keep both in one cluster slot.
func (g *Redis) keys(k connectors.Key) []string {
	root := fmt.Sprintf("%s:{%s:%s}", g.o.Prefix, k.Platform, k.Credential)
	return []string{root + ":" + k.Endpoint, root + ":*"}
}

// floor is the percentage that a purpose must leave.
func (g *Redis) floor(p influencer.Purpose) int {
	if p == influencer.PurposeManual || g.o.Reserve < 0 {
		return 0
	}
	return g.o.Reserve
}

// Take implements [connectors.Gate].
func (g *Redis) Take(ctx context.Context, ask connectors.Ask) (time.Time, error) {
	return g.ask(ctx, ask.Key, max(ask.Cost, 1), ask.Purpose)
}

// Closed tells until when a call of this key would be refused; zero means that
// it would not. It counts nothing.
func (g *Redis) Closed(ctx context.Context, k connectors.Key, p influencer.Purpose) (time.Time, error) {
	return g.ask(ctx, k, 0, p)
}

func (g *Redis) ask(ctx context.Context, k connectors.Key, cost int, p influencer.Purpose) (time.Time, error) {
	until, err := g.take.Run(ctx, g.o.Client, g.keys(k),
		g.o.Now().UnixMilli(), cost, g.floor(p), g.o.Margin.Milliseconds()).Int64()
	if err != nil {
		return time.Time{}, fmt.Errorf("gate: take %s: %w", k.Platform, err)
	}
	if until == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(until).UTC(), nil
}

// Learn implements [connectors.Gate]. What cannot be stored is lost: the next
// answer says it again.
func (g *Redis) Learn(ctx context.Context, k connectors.Key, limits []connectors.Limit) {
	args := []any{g.o.Now().UnixMilli(), g.o.Margin.Milliseconds()}
	for _, l := range limits {
		args = append(args, l.Name, flag(l.Wide), flag(percent(l)), l.Limit, l.Remaining, l.Reset.UnixMilli())
	}
	g.note(ctx, g.learn, k, args...)
}

// Lost implements [connectors.Gate].
func (g *Redis) Lost(ctx context.Context, k connectors.Key) { g.note(ctx, g.lost, k) }

// note runs a script also for a call that ended because its caller gave up.
func (g *Redis) note(ctx context.Context, script *redis.Script, k connectors.Key, args ...any) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = script.Run(ctx, g.o.Client, g.keys(k), args...).Err()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// percent tells whether a limit counts percent of a quota, which our own calls
// cannot be subtracted from.
func percent(l connectors.Limit) bool { return strings.HasSuffix(l.Name, "-usage") }
