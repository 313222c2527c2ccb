package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// finding is one line of check.
type finding struct {
	What   string `json:"what"`
	State  string `json:"state"` // "ok", "off", "warning" or "failed"
	Detail string `json:"detail"`
}

const (
	fine    = "ok"
	isOff   = "off"
	warning = "warning"
	failed  = "failed"
)

func (a *app) checkCommand() *cobra.Command {
	var l listFlags
	var options bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, database, queue and platforms; exit 1 when something is wrong",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if options {
				return show(cmd.Context(), a, settingList(), l, all(c.Table()))
			}
			if c.Server.URL != "" { // what stands here says nothing of what is there
				return errLocal
			}
			return a.check(cmd.Context(), c, l)
		},
	}
	l.addOutput(c)
	c.Flags().BoolVar(&options, "options", false, "list every option with its value and source instead, secrets masked")
	return c
}

func settingList() list[config.Setting] {
	type s = config.Setting
	return list[s]{columns: []column[s]{
		{head: "Option", cell: func(s s) string { return s.Name }},
		{head: "Value", cell: func(s s) string { return s.Value }},
		{head: "From", cell: func(s s) string { return s.From }},
	}, view: func(s s) any { return map[string]string{"option": s.Name, "value": s.Value, "from": s.From} }}
}

func (a *app) check(ctx context.Context, c config.Config, l listFlags) error {
	findings := a.examine(ctx, c)
	type f = finding
	err := show(ctx, a, list[f]{columns: []column[f]{
		{head: "What", cell: func(f f) string { return f.What }},
		{head: "State", cell: func(f f) string { return f.State }, paint: func(f f) text.Color { return findingColour(f.State) }},
		{head: "Detail", cell: func(f f) string { return f.Detail }},
	}, view: func(f f) any { return f }}, l, all(findings))
	if err == nil && slices.ContainsFunc(findings, func(f finding) bool { return f.State == failed }) {
		err = errReported
	}
	return err
}

func findingColour(state string) text.Color {
	return map[string]text.Color{fine: text.FgGreen, isOff: text.Faint, warning: text.FgYellow, failed: text.FgRed}[state]
}

// examine looks at one thing after the other, and at what hangs on the database
// only when that answers.
func (a *app) examine(ctx context.Context, c config.Config) []finding {
	findings := []finding{{"config", fine, "all options can be read"}}
	for _, w := range c.Warnings() {
		findings = append(findings, finding{"config", warning, w})
	}
	h, database := a.checkDatabase(ctx, c)
	findings = append(findings, database, a.checkQueue(ctx, c))
	if h == nil {
		return append(findings, checkConfigured(c)...)
	}
	defer h.Close()
	findings = append(findings, h.checkBreaker(ctx))
	findings = append(findings, h.checkTokens(ctx)...)
	return append(findings, h.checkPlatforms(ctx)...)
}

func (a *app) checkDatabase(ctx context.Context, c config.Config) (*house, finding) {
	f := finding{What: "database", State: failed}
	clock, err := a.clockOf(c)
	if err != nil {
		f.Detail = plain(err)
		return nil, f
	}
	h, err := a.openHouse(ctx, c, clock, existing)
	if errors.Is(err, errNoData) {
		f.State = warning
	}
	if err != nil {
		f.Detail = plain(err)
		return nil, f
	}
	steps, err := store.MigrationStatus(ctx, c.DatabaseURL.Reveal())
	if err != nil {
		f.Detail = plain(err)
		return nil, f
	}
	f.State, f.Detail = fine, databaseKind(c)+" answers"
	if n := len(steps); n > 0 {
		f.Detail += fmt.Sprintf(", schema %d", steps[n-1].Version)
	}
	return h, f
}

// pingTimeout bounds the question whether Redis answers.
const pingTimeout = 5 * time.Second

func (a *app) checkQueue(ctx context.Context, c config.Config) finding {
	if c.EmbeddedQueue() {
		return finding{"queue", fine, "inside the process"}
	}
	h := &house{config: c, log: a.logger(levelSilent)}
	client, closer, err := h.redis()
	if err != nil {
		return finding{"queue", failed, plain(err)}
	}
	defer closer.Close()
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		return finding{"queue", failed, "Redis does not answer: " + err.Error()}
	}
	return finding{"queue", fine, "Redis answers"}
}

// checkTokens looks for stored tokens that cannot be used, and why.
func (h *house) checkTokens(ctx context.Context) []finding {
	f := finding{What: "tokens", State: fine}
	known, err := h.keyIDs()
	var stored, foreign, unusable int
	causes := map[string]int{}
	for page, err2 := range walk(ctx, listFlags{}, func(ctx context.Context, p influencer.Paging) (influencer.Page[store.Credential], error) {
		return h.store.Credentials(ctx, store.CredentialFilter{}, p)
	}) {
		err = errors.Join(err, err2)
		for _, c := range page.Items {
			stored++
			if !slices.Contains(known, c.KeyID) {
				foreign++
			}
			if c.State != store.CredentialOK {
				unusable++
			}
			if c.State != store.CredentialOK || c.Detail != "" {
				causes[strings.TrimSuffix(fmt.Sprintf("%s %s: %s", c.Platform, c.State, c.Detail), ": ")]++
			}
		}
	}
	if err != nil {
		return []finding{{"tokens", failed, plain(err)}}
	}
	f.Detail = plural(stored, "token", "tokens") + " stored"
	if unusable > 0 {
		f.State, f.Detail = warning, f.Detail+fmt.Sprintf(", %s dead or broken: see pengikut credential list", number(unusable))
	}
	if foreign > 0 {
		f.State, f.Detail = failed, f.Detail+fmt.Sprintf(", %s under a key that PENGIKUT_SECRET_KEY does not hold", number(foreign))
	}
	return append([]finding{f}, tokenCauses(causes)...)
}

// shownCauses bounds the lines on why tokens cannot be used.
const shownCauses = 10

// tokenCauses is a line for each cause, the most frequent first.
func tokenCauses(causes map[string]int) []finding {
	order := slices.SortedFunc(maps.Keys(causes), func(a, b string) int {
		return cmp.Or(causes[b]-causes[a], strings.Compare(a, b))
	})
	var out []finding
	for _, why := range order[:min(len(order), shownCauses)] {
		out = append(out, finding{"tokens", warning, number(causes[why]) + " " + why})
	}
	return out
}

// keyIDs are the ids of all keys configured.
func (h *house) keyIDs() ([]string, error) {
	key, err := h.config.Key(store.NewSecretKey)
	if err != nil {
		return nil, err
	}
	var ids []string
	for part := range strings.FieldsFuncSeq(key.Reveal(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		ring, err := store.ParseKeyRing(part)
		if err != nil {
			return nil, err
		}
		ids = append(ids, ring.Newest())
	}
	return ids, nil
}

// checkConfigured tells of each platform what the configuration alone can say.
func checkConfigured(c config.Config) []finding {
	var out []finding
	for _, l := range platforms() {
		f := finding{string(l.name), fine, "has credentials"}
		if why := l.off(c); why != "" {
			f.State, f.Detail = isOff, why
		}
		out = append(out, f)
	}
	return out
}

// checkPlatforms tells of each platform whether it has credentials and how it
// fared last. It calls none: calls cost money.
func (h *house) checkPlatforms(ctx context.Context) []finding {
	health, err := h.store.PlatformHealth(ctx)
	if err != nil {
		return []finding{{"platforms", failed, plain(err)}}
	}
	var out []finding
	for _, l := range platforms() {
		f := h.checkPlatform(ctx, l, health)
		if out = append(out, f); f.State != isOff {
			out = append(out, h.checkReads(ctx, l.name))
		}
	}
	return out
}

func (h *house) checkPlatform(ctx context.Context, l platform, health []influencer.PlatformHealth) finding {
	f := finding{What: string(l.name), State: fine, Detail: "has credentials, never called"}
	_, why, err := equip(ctx, l, h.config, h.store)
	if err != nil {
		return finding{f.What, failed, plain(err)}
	}
	if why != "" {
		return finding{f.What, isOff, why}
	}
	i := slices.IndexFunc(health, func(p influencer.PlatformHealth) bool { return p.Platform == l.name })
	if i < 0 {
		return f
	}
	p := health[i]
	if p.Kind == "" {
		f.Detail = "well, last answer " + age(p.UpdatedAt, h.now())
		return f
	}
	f.Detail = troubleWords(p, h.now())
	if p.Until.After(h.now()) {
		f.Detail += ", not before " + influencer.English.DateTime(p.Until)
	}
	if f.State = failed; p.Kind == influencer.RateLimited {
		f.State = warning
	}
	return f
}

// troubleWords tells what a platform has and for how long: "rate limited for 7s
// (429)". What it said begins with the kind of trouble as well.
func troubleWords(p influencer.PlatformHealth, now time.Time) string {
	words := strings.ReplaceAll(string(p.Kind), "_", " ") + " for " + span(max(now.Sub(p.Since), 0))
	said := strings.TrimPrefix(strings.TrimPrefix(p.Detail, string(p.Kind)), ": ")
	if said == "" || strings.HasPrefix(said, " ") {
		return words + said
	}
	return words + ": " + said
}
